"""The calendar in the console: what it shows, what may be set there, and what a held run's page says."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from provisioning.calendar.service import Scope, create_freeze, create_window
from provisioning.models import DistrictEnd, Freeze, MaintenanceWindow, Rollout, Run
from provisioning.rollouts.service import RolloutRefusedError, RolloutRequest, create_rollout
from provisioning.rollouts.ticking import tick
from provisioning.states.runs import RunState
from registry.accounts.roles import Role
from registry.accounts.tokens.service import Reach
from registry.districts.models import District
from tests.builders import a_district, a_person, a_run, moved
from tests.portal.api.callers import a_caller, code

pytestmark = pytest.mark.django_db
FREEZE = {"reason": "State testing", "starts_at": "2099-03-08T02:30", "ends_at": "2099-03-13T17:00"}


def signed_in(role: Role) -> Client:
    client = Client()
    client.force_login(a_person(role))
    return client


@pytest.fixture
def operator() -> Client:
    return signed_in(Role.OPERATOR)


def fleet_freeze(hours: int = 8) -> Freeze:
    now = timezone.now()
    return create_freeze(
        scope=Scope(), reason="State testing", starts_at=now, ends_at=now + timedelta(hours=hours), actor=None
    )


def test_an_operator_sets_a_freeze_by_the_districts_clock_and_ends_it(operator: Client):
    district = a_district(state_code="TX")
    address = f"/calendar/freezes/new?district={district.suffix}"
    assert 'value="America/Chicago" selected' in operator.get(address).content.decode()
    near = timezone.now() + timedelta(days=3)
    form = {
        "reason": "State testing",
        "starts_at": near.strftime("%Y-%m-%dT08:00"),
        "ends_at": near.strftime("%Y-%m-%dT17:00"),
        "time_zone": "America/Phoenix",
    }
    assert operator.post(address, form)["Location"] == f"/districts/{district.suffix}/settings"
    freeze = Freeze.objects.get()
    assert (freeze.starts_at.hour, freeze.ends_at.hour) == (15, 0), "Phoenix is seven hours behind UTC all year"
    page = operator.get(f"/districts/{district.suffix}/settings").content.decode()
    assert "State testing" in page
    operator.post(f"/calendar/freezes/{freeze.pk}/end")
    freeze.refresh_from_db()
    assert freeze.ended_at is not None
    assert "State testing" not in operator.get(f"/districts/{district.suffix}/settings").content.decode()


def test_an_account_and_the_fleet_are_administrators_and_the_form_keeps_what_was_typed(operator: Client):
    account = a_district().account.account_id
    for address in ("/calendar/freezes/new", f"/calendar/windows/new?account={account}"):
        assert operator.get(address).status_code == 403
    freeze = fleet_freeze()
    assert operator.post(f"/calendar/freezes/{freeze.pk}/end").status_code == 403
    ada = signed_in(Role.ADMINISTRATOR)
    answer = ada.post("/calendar/freezes/new", FREEZE | {"time_zone": "UTC", "ends_at": "2099-03-01T08:00"})
    assert answer.status_code == 422
    assert "The end has to come after the beginning." in answer.content.decode()
    assert 'value="2099-03-08T02:30"' in answer.content.decode()
    window = {"weekdays": ["5", "6"], "starts": "22:00", "minutes": "240", "time_zone": "America/Denver"}
    assert ada.post(f"/calendar/windows/new?account={account}", window)["Location"] == f"/accounts/{account}"
    row = MaintenanceWindow.objects.get()
    assert (row.days, row.account and row.account.account_id) == ([5, 6], account)
    assert "America/Denver" in ada.get(f"/accounts/{account}").content.decode()
    ada.post(f"/calendar/windows/{row.pk}/end")
    assert "America/Denver" not in ada.get("/calendar").content.decode()


@pytest.mark.parametrize("address", ["?district=nowhere-sbx", "?account=12", "?account=" + "1" * 65])
def test_whom_nobody_knows_is_not_found(address: str):
    assert signed_in(Role.ADMINISTRATOR).get(f"/calendar/freezes/new{address}").status_code == 404


def test_a_held_run_says_so_on_its_page_and_an_administrator_overrides_it(operator: Client):
    run = a_run()
    Run.objects.filter(pk=run.pk).update(sent_at=None)
    fleet_freeze()
    page = operator.get(f"/runs/{run.pk}").content.decode()
    assert "Held: freeze &#x27;State testing&#x27; until " in page
    assert "Override and start" not in page
    assert operator.post(f"/runs/{run.pk}/override", {"reason": "Now"}).status_code == 403
    assert "1 queued run is held now." in operator.get("/calendar").content.decode()
    ada = signed_in(Role.ADMINISTRATOR)
    assert "Override and start" in ada.get(f"/runs/{run.pk}").content.decode()
    assert "needs a reason" in ada.post(f"/runs/{run.pk}/override", {"reason": ""}, follow=True).content.decode()
    ada.post(f"/runs/{run.pk}/override", {"reason": "The port is open"})
    run.refresh_from_db()
    assert run.hold_override_reason == "The port is open"
    assert "Held:" not in ada.get(f"/runs/{run.pk}").content.decode()


def test_a_lifetime_is_set_with_the_full_name_and_taken_away(operator: Client):
    district = a_district()
    address = f"/districts/{district.suffix}/lifetime"
    form = {"last_day": "2099-06-30", "notice_days": "30", "typed_name": district.slug}
    assert f"Type {district.suffix} to have it torn down" in operator.post(address, form).content.decode()
    operator.post(address, form | {"typed_name": district.suffix})
    end = DistrictEnd.objects.get()
    assert (end.confirmed_name, end.notice_days) == (district.suffix, 30)
    assert "2099-06-30" in operator.get(f"/districts/{district.suffix}/settings").content.decode()
    operator.post(address, {"act": "remove"})
    assert not DistrictEnd.objects.exists()
    operator.post(f"/districts/{district.suffix}/contract", {"last_day": "2099-06-30", "notice_days": "30"})
    assert DistrictEnd.objects.get().kind == "contract"


def live() -> District:
    run = a_run()
    for state in (RunState.SYNTHESIZING, RunState.PLANNING, RunState.APPLYING, RunState.VERIFYING, RunState.SUCCEEDED):
        moved(run, state)
    return District.objects.get(pk=run.district_id)


def test_a_rollout_waits_for_its_time_and_says_so(operator: Client):
    district = live()
    starts = timezone.now() + timedelta(hours=5)
    rollout = create_rollout(
        request=RolloutRequest(reason="Later", waves="100%", starts_at=starts), actor=a_person(Role.OPERATOR)
    )
    tick()
    assert not rollout.members.exclude(run=None).exists()
    page = operator.get(f"/rollouts/{rollout.number}").content.decode()
    assert "Scheduled" in page
    assert "The rollout waits for its time." in page
    assert f"Rollout #{rollout.number}" in operator.get("/calendar").content.decode()
    Rollout.objects.filter(pk=rollout.pk).update(starts_at=timezone.now() - timedelta(seconds=1))
    tick()
    assert rollout.members.get(district=district).run is not None
    Run.objects.filter(rollout_members__rollout=rollout).update(sent_at=None)
    fleet_freeze()
    assert "Held by a freeze" in operator.get(f"/rollouts/{rollout.number}").content.decode()
    assert "Scheduled" not in operator.get(f"/rollouts/{rollout.number}").content.decode()


def test_the_form_of_a_rollout_takes_a_time_by_a_zones_clock(operator: Client):
    live()
    near = timezone.now() + timedelta(days=3)
    form = {
        "what": "stack",
        "waves": "100%",
        "at_once": "5",
        "halt_failures": "3",
        "reason": "Later",
        "key": "0b7e0e4e-6f0d-4f4b-9f5e-0a4f0d3f7a11",
        "starts_at": near.strftime("%Y-%m-%dT22:00"),
        "time_zone": "America/Phoenix",
    }
    assert operator.post("/rollouts/new", form | {"starts_at": "2020-01-01T00:00"}).status_code == 422
    operator.post("/rollouts/new", form)
    starts = Rollout.objects.get().starts_at
    assert starts is not None
    assert starts == datetime(near.year, near.month, near.day, 5, tzinfo=UTC) + timedelta(days=1)


@pytest.mark.parametrize("away", [timedelta(seconds=-1), timedelta(days=181)])
def test_a_rollouts_time_is_ahead_and_not_far(away: timedelta):
    live()
    with pytest.raises(RolloutRefusedError) as refusal:
        create_rollout(request=RolloutRequest(reason="x", starts_at=timezone.now() + away), actor=None)
    assert set(refusal.value.problems) == {"starts_at"}


def test_programs_list_set_and_end_what_is_on_the_calendar():
    run = a_run()
    Run.objects.filter(pk=run.pk).update(sent_at=None)
    suffix, caller = run.district.suffix, a_caller(Role.OPERATOR)
    now = timezone.now()
    body = {"reason": "State testing", "starts_at": now.isoformat(), "ends_at": (now + timedelta(days=1)).isoformat()}
    assert caller.post("/freezes", body).status_code == 403, "the fleet's takes an administrator"
    created = caller.post("/freezes", body | {"district": suffix})
    assert created.status_code == 201, created.content
    answer = caller.get(f"/runs/{run.pk}").json()
    assert answer["held"].startswith("Held: freeze 'State testing' until ")
    assert datetime.fromisoformat(answer["held_until"]) == now + timedelta(days=1)
    refused = caller.post("/freezes", body | {"district": suffix, "ends_at": now.isoformat()})
    assert code(refused) == "calendar_refused"
    assert [error["field"] for error in refused.json()["errors"]] == ["body.ends_at"]
    number = caller.get("/freezes").json()["items"][0]["number"]
    assert caller.post(f"/freezes/{number}/end").json()["ended_at"] is not None
    answer = caller.get(f"/runs/{run.pk}").json()
    assert (answer["held"], answer["held_until"]) == ("", None)
    window = {"weekdays": [5], "starts": "22:00", "minutes": 60, "time_zone": "America/Chicago", "district": suffix}
    assert caller.post("/windows", window).json()["starts"] == "22:00"
    (listed,) = caller.get("/windows").json()["items"]
    assert caller.post(f"/windows/{listed['number']}/end").status_code == 200
    end = {"kind": "lifetime", "last_day": "2099-06-30", "typed_name": suffix}
    assert caller.post(f"/districts/{suffix}/ends", end).json()["tears_down"] is True
    assert [item["kind"] for item in caller.get(f"/districts/{suffix}/ends").json()["items"]] == ["lifetime"]
    assert caller.post(f"/districts/{suffix}/ends/remove", {"kind": "lifetime"}).json()["items"] == []


def test_a_program_changes_a_districts_time_zone_and_its_windows_follow():
    district = a_district(time_zone="America/New_York")
    scope, zone = Scope(district=district), "America/New_York"
    create_window(scope=scope, weekdays=[5], starts=time(22), minutes=60, time_zone=zone, actor=None)
    caller, where = a_caller(Role.OPERATOR), f"/districts/{district.suffix}/time-zone"
    refused = caller.post(where, {"time_zone": "Mars/Olympus"})
    assert code(refused) == "calendar_refused"
    assert [error["field"] for error in refused.json()["errors"]] == ["body.time_zone"]
    assert caller.post(where, {"time_zone": "America/Denver"}).json() == {"time_zone": "America/Denver", "windows": 1}
    assert caller.get(f"/districts/{district.suffix}").json()["time_zone"] == "America/Denver"
    assert [item["time_zone"] for item in caller.get("/windows").json()["items"]] == ["America/Denver"]


def test_a_narrow_token_sees_what_reaches_its_districts_and_writes_those_alone():
    mine, other = a_district(), a_district()
    now = timezone.now()
    for scope in (Scope(), Scope(district=mine), Scope(district=other)):
        create_freeze(scope=scope, reason="x", starts_at=now, ends_at=now + timedelta(hours=1), actor=None)
    caller = a_caller(Role.ADMINISTRATOR, reach=Reach(suffixes=(mine.suffix,)))
    assert [item["district"] for item in caller.get("/freezes").json()["items"]] == [mine.suffix, None]
    for freeze in Freeze.objects.exclude(district=mine):
        assert caller.post(f"/freezes/{freeze.pk}/end").status_code == 404
    body = {"reason": "x", "starts_at": now.isoformat(), "ends_at": (now + timedelta(hours=1)).isoformat()}
    assert caller.post("/freezes", body).status_code == 403
    assert caller.post("/freezes", body | {"district": other.suffix}).status_code == 404


def test_a_districts_time_zone_is_changed_on_its_settings_and_its_windows_follow(operator: Client):
    district = a_district(time_zone="America/New_York")
    scope, zone = Scope(district=district), "America/New_York"
    create_window(scope=scope, weekdays=[5], starts=time(22), minutes=60, time_zone=zone, actor=None)
    where = f"/districts/{district.suffix}/time-zone"
    assert where in operator.get(f"/districts/{district.suffix}/settings").content.decode()
    refused = operator.post(where, {"time_zone": "Mars/Olympus"})
    assert refused.status_code == 422
    answer = operator.post(where, {"time_zone": "America/Denver"}, follow=True).content.decode()
    assert "The time zone is set." in answer
    assert answer.count("America/Denver") >= 2, "the district's and its window's"
    assert "America/New_York" not in answer
