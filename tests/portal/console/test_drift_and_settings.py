"""The drift and the settings tab: what they show to whom, and what their buttons ask for."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from engine.aws.quotas import VPCS
from portal.sign_in.reauthentication import SIGNED_IN_AT
from provisioning.capacity.quotas import set_limit
from provisioning.drift import removal
from provisioning.models import DriftItem, Run
from provisioning.states.runs import RunKind
from registry.accounts.roles import Role
from registry.districts.changes import EDITABLE, apply_settings
from registry.districts.models import District
from registry.districts.services import set_drift
from registry.districts.statuses import DriftStatus
from tests.builders import a_district
from tests.markup import squeezed
from tests.portal.console.test_pages import INLINE, a_live_district, account, ended, signed_in  # noqa: F401 - a fixture

pytestmark = pytest.mark.django_db


def with_drift(district: District, *items: dict[str, Any]) -> District:
    run = district.runs.latest("id")
    for item in items:
        DriftItem.objects.create(district=district, run=run, **item)
    status = DriftStatus.DRIFTED if items else DriftStatus.IN_SYNC
    set_drift(
        district=district, drift=status, addresses=[str(item["address"]) for item in items], run_number=run.number
    )
    return district


RETENTION = {
    "address": "aws_cloudwatch_log_group.compute_api_group",
    "type": "aws_cloudwatch_log_group",
    "path": "retention_in_days",
    "before": 365,
    "after": 30,
    "repairable": True,
}
SECRET = {
    "address": "aws_elasticache_user.cache_user",
    "type": "aws_elasticache_user",
    "path": "authentication_mode",
    "sensitive": True,
    "repairable": True,
}
OPENED = {
    "address": "aws_security_group.security_database",
    "type": "aws_security_group",
    "path": "ingress[]",
    "after": {"protocol": "tcp", "from_port": 5432, "to_port": 5432, "source": "<b>0.0.0.0/0</b>"},
    "foreign": True,
}
DELETED = {"address": "aws_sns_topic.topic_topic", "type": "aws_sns_topic", "gone": True, "repairable": True}


def shown(client: Client, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status
    page = answer.content.decode()
    assert not INLINE.findall(page)
    return unescape(page)


class TestDriftTab:
    def test_shows_each_attribute_with_both_values_and_withholds_sensitive_ones(self):
        district = with_drift(a_live_district(), RETENTION, SECRET, OPENED, DELETED)
        client = signed_in(Role.OPERATOR)
        raw = client.get(f"/districts/{district.suffix}/drift").content.decode()
        page = shown(client, f"/districts/{district.suffix}/drift")
        assert "<b>0.0.0.0" not in raw
        for text in ("Drifted", "retention_in_days", "365", "30", "Withheld: sensitive", "no longer in AWS"):
            assert text in page
        assert "Someone added 1 rule" in page
        for button in ("Check now", "Plan the repair", "Repair", "Accept into settings"):
            assert button in page
        assert "Log retention, days" in page
        assert "Logs older than 30 days are deleted." in page
        assert "A run plans these settings; it is applied once somebody has looked." in squeezed(page)

    def test_says_when_it_was_checked_and_when_it_will_be(self):
        district = with_drift(a_live_district())
        page = shown(signed_in(Role.VIEWER), f"/districts/{district.suffix}/drift")
        assert "No drift detected." in page
        assert "just now" in page
        assert "UTC" in page
        assert "Check now" not in page

    def test_before_the_first_check_it_says_so(self):
        page = shown(signed_in(Role.OPERATOR), f"/districts/{a_live_district().suffix}/drift")
        assert "Not checked yet" in page
        assert "Check now" in page
        assert "Plan the repair" not in page

    @pytest.mark.parametrize(
        ("button", "kind"),
        [("check", RunKind.DRIFT), ("plan", RunKind.PLAN), ("repair", RunKind.APPLY), ("accept", RunKind.APPLY)],
    )
    def test_each_button_asks_for_its_run_and_leads_there(self, button, kind):
        district = with_drift(a_live_district(), RETENTION)
        client = signed_in(Role.OPERATOR)
        address = f"/districts/{district.suffix}/drift/{button}"
        assert client.get(address).status_code == 405
        answer = client.post(address)
        run = Run.objects.latest("id")
        assert (answer.status_code, answer["Location"], run.kind) == (302, f"/runs/{run.number}", kind)
        assert run.change == ({"retention_days": 30} if button == "accept" else {})
        page = shown(client, f"/runs/{run.number}")
        assert ("Change of settings" in page) is (button == "accept")

    def test_an_exposure_is_an_incident_everywhere_and_says_who_made_it_and_what_removes_it(self):
        origin = {"by": "arn:aws:iam::1:user/eve", "event": "AuthorizeSecurityGroupIngress", "event_id": "e",
                "at": "2026-11-29T20:00:00+00:00"}  # fmt: skip
        incident = {**OPENED, "exposure": "open_port", "control": "Security Hub EC2.18", "resource": "sg-1"}
        district = with_drift(a_live_district(), {**incident, "changed_by": origin})
        client = signed_in(Role.OPERATOR)
        at = f"/districts/{district.suffix}"
        fleet = shown(client, "/")
        assert "Incident: drift widens who can reach it in 1 place." in fleet
        assert f'href="{at}/drift#incident"' in fleet, "two clicks from the fleet"
        assert district.name in shown(client, "/?show=attention")
        assert "Incident: drift widens" in shown(client, at)
        page = shown(client, f"{at}/drift")
        for text in (
            *("Incident: 1 exposure", "Network opened", "arn:aws:iam::1:user/eve", "29 Nov 2026, 20:00 UTC"),
            *("AuthorizeSecurityGroupIngress", "#SecurityGroup:groupId=sg-1", "Security Hub EC2.18"),
            *("its removal in AWS", "Remove it from AWS", "A repair is not offered"),
        ):
            assert text in page, text
        assert f'action="{at}/drift/repair"' not in page, "a repair that repairs nothing is not offered"
        run = district.runs.latest("id")
        Run.objects.filter(pk=run.pk).update(kind=RunKind.DRIFT)
        assert "Handle the incident" in shown(client, f"/runs/{run.number}")
        viewer = shown(signed_in(Role.VIEWER), f"{at}/drift")
        assert "An operator removes it." in viewer
        assert "Remove it from AWS" not in viewer

    def test_that_cloudtrail_does_not_know_yet_is_said_with_the_time_of_asking(self):
        incident = {**OPENED, "exposure": "open_port", "control": "x", "resource": "sg-1"}
        district = with_drift(a_live_district(), {**incident, "history_read_at": timezone.now()})
        page = shown(signed_in(Role.VIEWER), f"/districts/{district.suffix}/drift")
        assert "CloudTrail's event history did not know it yet at" in page
        DriftItem.objects.update(changed_by={"problem": "AWS did not let us read CloudTrail's event history of sg-1."})
        page = shown(signed_in(Role.VIEWER), f"/districts/{district.suffix}/drift")
        assert "CloudTrail could not be asked: AWS did not let us" in page

    def test_a_removal_is_asked_for_with_consent_a_reason_and_a_fresh_sign_in(self, monkeypatch):
        requests: list[tuple[Any, ...]] = []
        monkeypatch.setattr(removal, "ask_workers", lambda *args: requests.append(args))
        district = with_drift(a_live_district(), {**OPENED, "resource": "sg-1"})
        item = district.drift_items.get()
        at = f"/districts/{district.suffix}/drift/{item.pk}/remove"
        client = signed_in(Role.OPERATOR)
        refused = client.post(at, {"reason": "Nobody knows it"}, follow=True).content.decode()
        assert "Nothing is removed without your consent." in refused
        form = {"reason": "Nobody knows it", "consent": "yes"}
        assert signed_in(Role.VIEWER).post(at, form).status_code == 403
        session = client.session
        session[SIGNED_IN_AT] = (timezone.now() - timedelta(hours=2)).isoformat()
        session.save()
        assert client.post(at, form)["Location"].startswith("/sign-in/again")
        assert 'value="Nobody knows it"' in client.get(f"/districts/{district.suffix}/drift").content.decode()
        assert requests == []
        page = signed_in(Role.OPERATOR).post(at, form, follow=True).content.decode()
        assert "Removal requested" in page
        assert len(requests) == 1

    def test_a_refusal_is_a_message_on_the_tab(self):
        district = with_drift(a_live_district(), OPENED)
        client = signed_in(Role.OPERATOR)
        answer = client.post(f"/districts/{district.suffix}/drift/accept", follow=True)
        page = unescape(answer.content.decode())
        assert "None of this can become a setting of the district." in page
        assert "Added in AWS outside the stack" in page

    def test_viewers_are_refused_by_name_of_the_role(self):
        district = with_drift(a_live_district(), RETENTION)
        client, runs = signed_in(Role.VIEWER), Run.objects.count()
        for button in ("check", "plan", "repair", "accept"):
            assert client.post(f"/districts/{district.suffix}/drift/{button}").status_code == 403
        assert Run.objects.count() == runs

    def test_the_fleet_shows_the_drifted_ones_by_themselves(self):
        district = with_drift(a_live_district(), RETENTION)
        page = shown(signed_in(Role.VIEWER), "/?show=drifted")
        assert district.name in page
        assert "#not-equal" in page, "the row has the badge of its drift as well"


def typed(district: District, **changes: Any) -> dict[str, Any]:
    """What the form sends: the district's own settings, but for the changes."""
    current = {name: getattr(district, name) for name in EDITABLE}
    values: dict[str, Any] = {name: "" if value is None else value for name, value in current.items()}
    for name in ("allowed_client_cidrs", "alarm_emails"):
        values[name] = "\n".join(values[name])
    values["tags"] = "\n".join(f"{key}={text}" for key, text in values["tags"].items())
    if not values.pop("final_snapshot"):
        changes = {name: value for name, value in changes.items() if value is not False}
    return values | changes


class TestSettingsTab:
    def test_has_a_field_for_every_setting_that_may_change(self):
        district = a_live_district()
        page = shown(signed_in(Role.OPERATOR), f"/districts/{district.suffix}/settings")
        for name, label in EDITABLE.items():
            assert f'name="{name}"' in page
            assert label in page

    def test_a_change_is_planned_and_its_run_shows_old_and_new(self):
        district = a_live_district()
        client = signed_in(Role.OPERATOR)
        changes = {"retention_days": 30, "tags": "Team=Assessment\nCost=7", "final_snapshot": "on"}
        answer = client.post(f"/districts/{district.suffix}/settings", typed(district, **changes))
        run = Run.objects.latest("id")
        assert (answer.status_code, answer["Location"]) == (302, f"/runs/{run.number}")
        expected = {"retention_days": 30, "tags": {"Team": "Assessment", "Cost": "7"}, "final_snapshot": True}
        assert (run.kind, run.change) == (RunKind.APPLY, expected)
        assert run.stops_for_look, "nothing is live before somebody has seen what it does"
        page = shown(client, f"/runs/{run.number}")
        for text in ("Change of settings", "Log retention, days", "365", "30", "not set", "Cost=7, Team=Assessment"):
            assert text in page
        assert page.count("Logs older than 30 days are deleted.") == 1, "beside the setting, before there is a plan"
        apply_settings(district=district, change=run.change, actor=None, run_number=run.number)
        assert "365" in shown(client, f"/runs/{run.number}"), "the old value is known from the audit record"

    def test_a_second_database_instance_is_planned_and_left_to_the_environment_again(self):
        district = a_live_district()
        client = signed_in(Role.OPERATOR)
        client.post(f"/districts/{district.suffix}/settings", typed(district, database_instances="2"))
        run = Run.objects.latest("id")
        assert (run.change, run.spec["database_instances"]) == ({"database_instances": 2}, 2)
        assert "Database instances" in shown(client, f"/runs/{run.number}")
        apply_settings(district=district, change=run.change, actor=None, run_number=run.number)
        ended(run)
        client.post(f"/districts/{district.suffix}/settings", typed(district, database_instances=""))
        assert Run.objects.latest("id").change == {"database_instances": None}

    def test_nothing_changed_says_so_and_starts_nothing(self):
        district = a_live_district()
        client, runs = signed_in(Role.OPERATOR), Run.objects.count()
        answer = client.post(f"/districts/{district.suffix}/settings", typed(district), follow=True)
        assert "Nothing was changed" in answer.content.decode()
        assert Run.objects.count() == runs

    @pytest.mark.parametrize(
        ("field", "value", "sentence"),
        [
            ("allowed_client_cidrs", "10.0.0.0/8 10.1.0.0/16", "overlaps"),
            ("postgres_version", "15.2", "Use Aurora PostgreSQL 16"),
            ("cache_version", "6.2", "For redis use 7.1"),
            ("image", "repository:latest", "by its digest"),
            ("backup_days", "99", "less than or equal to 35"),
            ("tags", "Suffix=x", "is set by Homeroom or AWS"),
            ("tags", "no sign", "as key=value"),
            ("domain_name", "lakeside.example.org", "Give the hosted zone and the domain name together"),
        ],
    )
    def test_an_error_stands_beside_its_field_and_keeps_what_was_typed(self, field, value, sentence):
        district = a_live_district()
        client, runs = signed_in(Role.OPERATOR), Run.objects.count()
        answer = client.post(f"/districts/{district.suffix}/settings", typed(district, **{field: value}))
        page = unescape(answer.content.decode())
        assert answer.status_code == 422
        assert sentence in page
        assert value.split()[0] in page
        assert "<title>Error: " in squeezed(page)
        assert Run.objects.count() == runs

    @pytest.mark.parametrize(
        ("changes", "beside"),
        [({"size": "M"}, "size"), ({"egress": "none"}, "egress"), ({"backup_days": 8}, "size")],
    )
    def test_a_full_account_is_told_beside_the_setting_that_takes_room(self, changes, beside):
        district = a_district()
        set_limit(account=district.account, region=district.region, code=VPCS.code, limit=1, actor=None)
        client = signed_in(Role.OPERATOR)
        answer = client.post(f"/districts/{district.suffix}/settings", typed(district, **changes))
        page = squeezed(answer.content.decode())
        assert answer.status_code == 422
        assert re.search(rf'id="id_{beside}_error" class="errors"><p class="wrong">[^<]* 1 of 1 VPCs', page)
        assert len(re.findall(r'class="wrong">', page)) == 1
        assert f'<a href="#id_{beside}">' in page, "the summary leads to it"
        assert not Run.objects.exists()

    def test_a_run_in_the_way_is_named(self):
        district = a_live_district()
        client = signed_in(Role.OPERATOR)
        address = f"/districts/{district.suffix}/settings"
        client.post(address, typed(district, backup_days=8))
        answer = client.post(address, typed(district, backup_days=9))
        assert answer.status_code == 422
        assert f"Run #{Run.objects.latest('id').number}" in answer.content.decode()

    def test_a_viewer_reads_the_settings_and_changes_none(self):
        district = a_live_district()
        client = signed_in(Role.VIEWER)
        address = f"/districts/{district.suffix}/settings"
        page = shown(client, address)
        assert "Review plan" not in page
        for typed_days in (8, 99, district.backup_days):
            assert client.post(address, typed(district, backup_days=typed_days)).status_code == 403
