"""Every page of the console answers for each role, keeps to the policy, and shows people's text as text."""

import re
from datetime import timedelta
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.console.badges import badge_of
from provisioning.models import Run, RunEvent, StackOutput, StackResource
from provisioning.onboarding.service import onboard
from provisioning.runs.cancellation import request_cancel
from provisioning.states.runs import RunKind, RunState
from provisioning.teardown.service import request_teardown
from registry.accounts.models import User
from registry.accounts.roles import Role
from registry.audit.actions import AuditAction
from registry.audit.models import AuditEvent
from registry.districts.models import District
from registry.districts.registration import Registration
from registry.districts.services import set_status
from registry.districts.statuses import DistrictStatus
from registry.state_table import By
from tests.builders import a_person, an_account, moved
from tests.markup import squeezed

pytestmark = pytest.mark.django_db

ACCOUNT = "123456789012"
HOSTILE_NAMES = ["<script>alert(1)</script>", "${aws_kms_key.x}", "مدارس القدس", "A"]
INLINE = re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)|<style|\sstyle=|\son[a-z]+=", re.IGNORECASE)


@pytest.fixture(autouse=True)
def account():
    return an_account()


def signed_in(role: Role | None) -> Client:
    user = User.objects.create_user(f"{role or 'nobody'}-{uuid4().hex[:8]}", password="a long pass phrase")
    if role:
        user.groups.add(Group.objects.get(name=role))
        user.is_staff = role is not Role.VIEWER
        user.is_superuser = role is Role.ADMINISTRATOR
        user.save()
    client = Client()
    client.force_login(user)
    return client


def a_run(name: str = "Lakeside Schools", slug: str = "lakeside") -> Run:
    return onboard(registration=Registration(name=name, slug=slug, account_id=ACCOUNT), actor=None)


def ended(run: Run, state: RunState = RunState.SUCCEEDED, **fields: Any) -> Run:
    for step in (RunState.SYNTHESIZING, RunState.PLANNING, RunState.APPLYING, RunState.VERIFYING):
        moved(run, step, started_at=run.started_at or timezone.now())
    moved(run, state, **fields)
    run.refresh_from_db()
    return run


def polled_address(page: str) -> str:
    match = re.search(r'hx-get="([^"]+)"', page)
    assert match is not None, "the page asks for no updates"
    return unescape(match[1])


def a_live_district() -> District:
    run = ended(a_run())
    StackOutput.objects.create(district=run.district, run=run, name="service_url", value="https://lakeside.test")
    StackOutput.objects.create(district=run.district, run=run, name="token", value=None, sensitive=True)
    StackResource.objects.create(
        district=run.district,
        run=run,
        address="aws_rds_cluster.main",
        type="aws_rds_cluster",
        name="main",
        provider_id="aurora-lakeside-sbx",
        service="RDS",
    )
    StackResource.objects.create(
        district=run.district, run=run, address="aws_vpc.main", type="aws_vpc", name="main", service="VPC"
    )
    district = District.objects.get(pk=run.district_id)
    assert district.status_badge is DistrictStatus.LIVE
    return district


def add_event(run: Run, sequence: int, message: str, level: str = "info", **fields: object) -> None:
    values = {"kind": "run", **fields}
    RunEvent.objects.create(run=run, sequence=sequence, at=timezone.now(), level=level, message=message, **values)


def every_page(run: Run) -> list[str]:
    at = f"/districts/{run.district.suffix}"
    return [
        "/",
        "/?show=live",
        "/?q=nothing-like-it",
        "/districts/new",
        at,
        f"{at}/resources",
        f"{at}/runs",
        f"{at}/drift",
        f"{at}/settings",
        f"{at}/audit",
        f"{at}/danger",
        f"{at}/teardown",
        f"/runs/{run.number}",
        f"/runs/{run.number}?level=error&q=x",
        "/districts/bulk",
        "/search",
        "/search?q=lake",
        "/audit",
        "/audit?act=run:create&since=2020-01-01&until=2099-01-01&district=lake&actor=h&outcome=success&run=1",
    ]


class TestEveryPage:
    def test_answers_an_administrator_with_one_main_one_h1_and_nothing_inline(self):
        run = ended(a_run(), RunState.FAILED, error_summary="It broke.", error_code="x", error_detail="AccessDenied")
        client = signed_in(Role.ADMINISTRATOR)
        admin = [
            "/admin/",
            "/admin/districts/district/",
            "/admin/districts/district/add/",
            f"/admin/districts/district/{run.district_id}/change/",
            f"/admin/provisioning/run/{run.pk}/change/",
            "/admin/provisioning/run/",
            "/admin/audit/auditevent/",
            "/admin/accounts/user/",
            "/admin/accounts/user/add/",
            "/admin/districts/awsaccount/add/",
        ]
        for address in every_page(run) + admin:
            answer = client.get(address)
            page = answer.content.decode()
            assert answer.status_code == 200, address
            assert (
                "script-src" in answer["Content-Security-Policy"]
                or "default-src 'self'" in answer["Content-Security-Policy"]
            )
            assert not INLINE.findall(page), (address, INLINE.findall(page))
            if address not in admin:
                assert len(re.findall(r"<main\b", page)) == 1, address
                assert len(re.findall(r"<h1\b", page)) == 1, address
                ids = re.findall(r'\sid="([^"]+)"', page)
                assert len(ids) == len(set(ids)), (
                    address,
                    [element_id for element_id in ids if ids.count(element_id) > 1],
                )

    def test_leads_those_who_are_not_signed_in_to_the_sign_in_page(self):
        run = a_run()
        for address in every_page(run):
            answer = Client().get(address)
            assert answer.status_code == 302, address
            assert answer["Location"].startswith("/sign-in?next="), address

    def test_shows_any_name_as_text(self):
        client = signed_in(Role.OPERATOR)
        runs = [a_run(name, f"district{number}") for number, name in enumerate(HOSTILE_NAMES)]
        for address in every_page(runs[0]):
            page = squeezed(client.get(address).content.decode())
            assert "<script>alert" not in page
        for name, run in zip(HOSTILE_NAMES, runs, strict=True):
            assert name in unescape(squeezed(client.get(f"/districts/{run.district.suffix}").content.decode()))

    def test_a_missing_district_or_run_is_a_404_with_a_search(self):
        client = signed_in(Role.VIEWER)
        for address in ("/districts/none-sbx", "/runs/999999", f"/runs/{'9' * 40}", "/nowhere"):
            answer = client.get(address)
            assert answer.status_code == 404, address
            assert 'type="search"' in answer.content.decode()


class TestRoles:
    def test_a_viewer_reads_but_everything_that_changes_answers_403_and_names_the_role(self):
        run, client = a_run(), signed_in(Role.VIEWER)
        at = f"/districts/{run.district.suffix}"
        done = AuditEvent.objects.exclude(action=AuditAction.ACCESS_REFUSED)
        before = done.count()
        for address in ("/", at, f"/runs/{run.number}", "/audit"):
            assert client.get(address).status_code == 200
        posts = [
            f"{at}/teardown",
            f"{at}/plan",
            f"{at}/deploy",
            f"/runs/{run.number}/cancel",
            f"/runs/{run.number}/retry",
            f"/runs/{run.number}/apply",
            "/districts/new",
            "/districts/new/check",
        ]
        for address in posts:
            answer = client.post(address, {"full_name": "lakeside", "reason": "none"})
            assert answer.status_code == 403, address
            assert "role Operator" in answer.content.decode()
        assert done.count() == before

    def test_somebody_without_a_role_sees_nothing(self):
        assert signed_in(None).get("/").status_code == 403

    def test_whoever_may_not_is_told_whom_to_ask_and_has_a_way_that_leads_elsewhere(self):
        a_person(Role.ADMINISTRATOR, "ada")
        page = squeezed(signed_in(None).get("/").content.decode())
        main = page[page.index("<main") : page.index("</main>")]
        assert "on the page People. Whom to ask: <bdi>ada</bdi>" in main
        assert f'action="{reverse("console:sign-out")}"' in main
        assert f'href="{reverse("console:fleet")}"' not in main, "it would be refused again"
        viewers = squeezed(signed_in(Role.VIEWER).get("/districts/new").content.decode())
        assert f'href="{reverse("console:fleet")}"' in viewers[viewers.index("<main") : viewers.index("</main>")]

    def test_what_changes_something_is_not_to_be_had_by_get(self):
        run, client = a_run(), signed_in(Role.OPERATOR)
        at = f"/districts/{run.district.suffix}"
        of_run = [f"/runs/{run.number}/{act}" for act in ("cancel", "retry", "apply")]
        for address in (f"{at}/plan", f"{at}/deploy", *of_run):
            assert client.get(address).status_code == 405
        assert client.get("/sign-out").status_code == 405

    def test_the_admin_offers_no_delete_to_anybody(self):
        run, client = a_run(), signed_in(Role.ADMINISTRATOR)
        for address in (
            f"/admin/districts/district/{run.district_id}",
            f"/admin/provisioning/run/{run.pk}",
            f"/admin/audit/auditevent/{AuditEvent.objects.latest('pk').pk}",
        ):
            assert client.post(f"{address}/delete/", {"post": "yes"}).status_code == 403
            assert client.post(f"{address}/change/", {"name": "x"}).status_code == 403


class TestSignIn:
    def test_a_right_password_leads_to_the_fleet_and_sign_out_back(self):
        User.objects.create_user("ada", password="a long pass phrase").groups.add(Group.objects.get(name=Role.VIEWER))
        client = Client()
        assert "Error: " in client.post("/sign-in", {"username": "ada", "password": "wrong"}).content.decode()
        assert client.post("/sign-in", {"username": "ada", "password": "a long pass phrase"})["Location"] == "/"
        assert client.post("/sign-out")["Location"] == "/sign-in"
        assert client.get("/").status_code == 302

    def test_a_form_without_its_token_is_refused_on_a_page_that_says_so(self):
        answer = Client(enforce_csrf_checks=True).post("/sign-in", {"username": "ada", "password": "x"})
        assert answer.status_code == 403
        assert "expired" in answer.content.decode()


def typed(**changes: str) -> dict[str, str]:
    return {
        "name": "Maple Valley",
        "slug": "maple",
        "environment": "sandbox",
        "region": "us-east-1",
        "size": "S",
        "zones": "2",
        "egress": "nat",
        "time_zone": "America/New_York",
        "account_id": ACCOUNT,
        "monthly_budget_usd": "500",
        "allowed_client_cidrs": "203.0.113.0/24\n198.51.100.0/24",
        "alarm_emails": "oncall@lakeside.example, office@lakeside.example",
        "registration_key": str(uuid4()),
        **changes,
    }


class TestRegister:
    @pytest.mark.parametrize("address", ["/districts/new", "/admin/districts/district/add/"])
    def test_the_form_sent_twice_makes_one_district_and_one_run(self, address):
        client, form = signed_in(Role.ADMINISTRATOR), typed()
        first, second = client.post(address, form), client.post(address, form)
        assert first.status_code == second.status_code == 302
        assert first["Location"] == second["Location"]
        assert District.objects.count() == Run.objects.count() == 1
        assert client.get(first["Location"]).status_code == 200

    def test_an_overlapping_network_is_refused_with_the_next_free_one_and_the_values_are_kept(self):
        run, client = a_run(), signed_in(Role.OPERATOR)
        answer = client.post("/districts/new", typed(cidr=str(run.district.cidr)))
        page = unescape(answer.content.decode())
        assert answer.status_code == 422
        assert "overlaps Lakeside Schools" in page
        assert "Next free: 10." in page
        assert "<title>Error: " in squeezed(page)
        assert 'value="Maple Valley"' in page
        assert District.objects.count() == 1

    def test_the_check_speaks_of_filled_fields_only_and_writes_nothing(self):
        client = signed_in(Role.OPERATOR)
        answer = client.post("/districts/new/check", {"slug": "Not A Slug", "environment": "sandbox", "nces_id": "12"})
        page = unescape(answer.content.decode())
        assert answer.status_code == 200
        assert "7 digits" in page
        assert "This field is required" not in page
        assert District.objects.count() == 0

    def test_the_sizes_are_offered_in_words(self):
        page = squeezed(signed_in(Role.OPERATOR).get("/districts/new").content.decode())
        assert "Small: up to 5,000 students" in page
        assert "Sizing(" not in page

    def test_the_check_shows_suffix_and_network_of_a_good_form(self):
        page = signed_in(Role.OPERATOR).post("/districts/new/check", typed()).content.decode()
        assert "maple-sbx" in page
        assert "10.0.0.0/22" in page
        assert 'class="wrong"' not in page


class TestFleet:
    def test_chips_count_and_filter(self):
        a_live_district()
        a_run("Maple Valley", "maple")
        client = signed_in(Role.VIEWER)
        page = squeezed(client.get("/?show=live").content.decode())
        assert "Lakeside" in page
        assert "Maple" not in page
        fleet = client.get("/").context["fleet"]
        assert {chip.key: chip.count for chip in fleet.chips} == {
            "": 2,
            "attention": 0,
            "running": 0,
            "approval": 0,
            "live": 1,
            "draft": 1,
            "drifted": 0,
            "removed": 0,
        }
        assert "No district matches" in squeezed(client.get("/?q=zzz").content.decode())

    def test_what_needs_attention_names_its_cause_and_the_way_to_its_run(self):
        run = ended(a_run(), RunState.FAILED, error_summary="AWS refused the role.", error_code="access_denied")
        page = squeezed(signed_in(Role.VIEWER).get("/").content.decode())
        assert "AWS refused the role." in page
        assert "See and retry run</a>" in page or f"/runs/{run.number}" in page

    def test_only_rows_with_an_active_run_are_polled(self):
        a_live_district()
        run = a_run("Maple Valley", "maple")
        page = squeezed(signed_in(Role.VIEWER).get("/").content.decode())
        assert page.count("hx-get") == 1
        row = squeezed(signed_in(Role.VIEWER).get(f"/districts/{run.district.suffix}/row").content.decode())
        assert "hx-trigger" in row

    def test_a_page_takes_the_same_queries_however_many_districts(self, django_assert_max_num_queries):
        client = signed_in(Role.VIEWER)
        for number in range(12):
            a_run(f"District {number}", f"d-{number}")
        with django_assert_max_num_queries(16):
            client.get("/")


class TestDistrict:
    def test_tabs_show_outputs_resources_runs_and_events(self):
        district, client = a_live_district(), signed_in(Role.VIEWER)
        at = f"/districts/{district.suffix}"
        overview = squeezed(client.get(at).content.decode())
        assert "https://lakeside.test" in overview
        assert "Sensitive: never stored here" in overview
        assert "aurora-lakeside-sbx" in squeezed(client.get(f"{at}/resources").content.decode())
        assert "First deployment" in squeezed(client.get(f"{at}/runs").content.decode())
        assert "district:create" in squeezed(client.get(f"{at}/audit").content.decode())


class TestTeardown:
    def test_shows_data_first_and_starts_only_with_the_slug_and_a_reason(self):
        district, client = a_live_district(), signed_in(Role.OPERATOR)
        at = f"/districts/{district.suffix}/teardown"
        page = squeezed(client.get(at).content.decode())
        assert page.index("RDS") < page.index("VPC</th>")
        refused = client.post(at, {"full_name": "lakeside", "reason": "Contract ended"})
        assert refused.status_code == 422
        assert "Contract ended" in refused.content.decode()
        assert client.post(at, {"full_name": "lakeside-sbx", "reason": ""}).status_code == 422
        assert Run.objects.filter(kind=RunKind.DESTROY).count() == 0
        good = client.post(at, {"full_name": "lakeside-sbx", "reason": "Contract ended"})
        again = client.post(at, {"full_name": "lakeside-sbx", "reason": "Contract ended"})
        assert good.status_code == 302
        assert good["Location"] == again["Location"]
        assert Run.objects.filter(kind=RunKind.DESTROY).count() == 1

    def test_the_admins_action_leads_to_the_confirmation_of_one_district(self):
        district, client = a_live_district(), signed_in(Role.ADMINISTRATOR)
        answer = client.post("/admin/districts/district/", {"action": "tear_down", "_selected_action": [district.pk]})
        assert answer["Location"] == f"/districts/{district.suffix}/teardown"

    def test_a_suffix_that_was_given_anew_leads_to_the_district_in_use(self):
        old = a_live_district()
        run = request_teardown(district=old, typed_name=old.suffix, reason="Contract ended", actor=None)
        ended(run)
        old.refresh_from_db()
        assert old.status_badge is DistrictStatus.REMOVED
        client = signed_in(Role.VIEWER)
        assert "Removed" in squeezed(client.get(f"/districts/{old.suffix}").content.decode())
        a_run("Lakeside Again")
        assert "Lakeside Again" in squeezed(client.get(f"/districts/{old.suffix}").content.decode())


class TestRun:
    def test_nothing_new_is_a_204(self):
        run, client = a_run(), signed_in(Role.VIEWER)
        address = polled_address(squeezed(client.get(f"/runs/{run.number}").content.decode()))
        assert client.get(address).status_code == 204

    def test_a_new_line_arrives_with_the_next_address_and_old_lines_do_not(self):
        run, client = a_run(), signed_in(Role.VIEWER)
        add_event(run, 1, "Old line")
        address = polled_address(squeezed(client.get(f"/runs/{run.number}/lines").content.decode()))
        add_event(run, 2, "New line <b>")
        answer = squeezed(client.get(address).content.decode())
        assert "New line &lt;b&gt;" in answer
        assert "Old line" not in answer
        assert "after=2&amp;" in answer
        assert 'hx-swap-oob="beforeend:#log-rows"' in answer

    def test_a_change_of_state_arrives_without_any_line(self):
        run, client = a_run(), signed_in(Role.VIEWER)
        address = polled_address(squeezed(client.get(f"/runs/{run.number}").content.decode()))
        moved(run, RunState.SYNTHESIZING, started_at=timezone.now())
        answer = client.get(address)
        assert answer.status_code == 200
        assert "Synthesizing" in answer.content.decode()

    def test_the_fragment_of_an_ended_run_carries_no_trigger(self):
        run = ended(a_run())
        answer = squeezed(signed_in(Role.VIEWER).get(f"/runs/{run.number}/live?after=0").content.decode())
        assert "Succeeded" in answer
        assert "hx-get" not in answer
        assert "hx-trigger" not in answer

    def test_only_the_step_that_is_being_taken_turns(self):
        run = a_run()
        for step in (RunState.SYNTHESIZING, RunState.PLANNING):
            moved(run, step)
        page = squeezed(signed_in(Role.VIEWER).get(f"/runs/{run.number}").content.decode())
        icons = re.findall(r'<li class="(\w+)"><span class="name"><svg class="icon icon-([\w-]+)"', page)
        assert icons == [
            *[("done", "check")] * 2,
            ("now", badge_of(RunState.PLANNING).icon),
            *[("next", "circle")] * 2,
        ]

    def test_progress_is_told_as_counts_and_waits_are_named(self):
        run = a_run()
        for step in (RunState.SYNTHESIZING, RunState.PLANNING, RunState.APPLYING):
            moved(run, step)
        Run.objects.filter(pk=run.pk).update(
            resources_total=91,
            resources_done=18,
            add_count=91,
            change_count=0,
            remove_count=0,
            plan_resources=[{"address": "aws_rds_cluster.this", "type": "aws_rds_cluster", "action": "create"}],
        )
        RunEvent.objects.create(
            run=run,
            sequence=1,
            at=timezone.now() - timedelta(seconds=370),
            level="info",
            kind="apply_start",
            address="aws_rds_cluster.this",
            message="Creating",
        )
        page = squeezed(signed_in(Role.VIEWER).get(f"/runs/{run.number}").content.decode())
        assert "18 of 91" in page
        assert '<progress class="meter" id="run-progress" value="18" max="91">' in page
        assert "aws_rds_cluster.this" in squeezed(
            signed_in(Role.VIEWER).get(f"/runs/{run.number}/resources").content.decode()
        )
        assert re.search(r"6 min 1\d s", page), "it ticks while the page is made"

    def test_a_failed_run_shows_cause_remedy_and_retry(self):
        run = ended(
            a_run(), RunState.FAILED, error_summary="AWS refused.", error_remedy="Allow it.", error_code="access_denied"
        )
        client = signed_in(Role.OPERATOR)
        page = squeezed(client.get(f"/runs/{run.number}").content.decode())
        assert "AWS refused." in page
        assert "Allow it." in page
        again = client.post(f"/runs/{run.number}/retry")
        assert again.status_code == 302
        assert Run.objects.get(retry_of=run).number == int(again["Location"].rpartition("/")[2])
        refused = client.post(f"/runs/{run.number}/retry", follow=True).content.decode()
        assert "came after run" in refused

    def test_a_queued_run_is_canceled_at_once_and_twice_does_no_harm(self):
        run, client = a_run(), signed_in(Role.OPERATOR)
        assert client.post(f"/runs/{run.number}/cancel").status_code == 302
        assert "Canceled" in squeezed(client.get(f"/runs/{run.number}").content.decode())
        assert "has ended" in client.post(f"/runs/{run.number}/cancel", follow=True).content.decode()

    def test_what_a_cancel_cut_short_is_told_once_and_nothing_of_it_is_ticked(self):
        run = a_run()
        for step in (RunState.SYNTHESIZING, RunState.PLANNING, RunState.APPLYING):
            moved(run, step)
        addresses = [f"aws_x.r{number}" for number in range(6)]
        Run.objects.filter(pk=run.pk).update(
            resources_total=6,
            resources_done=2,
            add_count=6,
            change_count=0,
            remove_count=0,
            apply_begun_at=timezone.now(),
            plan_resources=[{"address": address, "type": "aws_x", "action": "create"} for address in addresses],
        )
        for place, address in enumerate(addresses[:4]):
            add_event(run, place + 1, "Creating", kind="apply_start", address=address)
        add_event(run, 5, "Created", kind="apply_complete", address=addresses[0])
        add_event(run, 6, "Created", kind="apply_complete", address=addresses[1])
        run.refresh_from_db()
        request_cancel(run=run, actor=a_person(Role.OPERATOR))
        add_event(run, 7, "Context canceled", level="error", kind="apply_errored", address=addresses[2])
        run.refresh_from_db()
        moved(run, RunState.CANCELED, error_code="canceled", error_summary="Terraform was interrupted.")
        page = squeezed(signed_in(Role.VIEWER).get(f"/runs/{run.number}").content.decode())
        assert "Canceled; 2 resources incomplete" in page
        assert re.search(r">2 of 6</label> changes, 2 incomplete, 2 not begun", page)
        assert "failed" not in page.lower().replace("failed_", "")
        looks = dict(re.findall(r'<li class="(\w+)"><span class="name"><svg[^>]*>.*?</svg>(\w+)', page))
        assert looks["cut"] == "Applying"
        resources = squeezed(signed_in(Role.VIEWER).get(f"/runs/{run.number}/resources").content.decode())
        states = re.findall(r'data-label="State">([^<]+)<', resources)
        assert sorted(states) == ["Done", "Done", "Incomplete", "Incomplete", "Pending", "Pending"]

    def test_the_log_folds_by_resource_and_dates_each_line(self):
        run, client = a_run(), signed_in(Role.VIEWER)
        moved(run, RunState.SYNTHESIZING, started_at=timezone.now() - timedelta(seconds=370))
        add_event(run, 1, "Creating the bucket", address="aws_s3_bucket.a")
        add_event(run, 2, "The run goes on")
        add_event(run, 3, "Refused", level="error", address="aws_s3_bucket.a")
        plain = squeezed(client.get(f"/runs/{run.number}/lines").content.decode())
        assert re.search(r'<time datetime="[^"]+" title="[-\d]+ [:\d]+ UTC"\s+data-clock\s*>[:\d]+</time>', plain)
        assert "+6 min 1" in plain
        assert 'href="?line=3#line-3"' in plain
        folded = squeezed(client.get(f"/runs/{run.number}/lines?fold=resource").content.decode())
        summaries = re.findall(r"<summary>(.+?)</summary>", folded[folded.index('id="log-title"') :])
        assert ["aws_s3_bucket.a" in summary for summary in summaries] == [True, False], "errors first"
        assert "2 lines" in summaries[0]

    def test_the_log_filters_by_level_and_text_and_downloads_whole(self):
        run, client = a_run(), signed_in(Role.VIEWER)
        add_event(run, 1, "Creating the bucket")
        add_event(run, 2, "Quota reached", level="error", data={"detail": "VPCs: 5"})
        errors = squeezed(client.get(f"/runs/{run.number}/lines?level=error").content.decode())
        assert "Quota reached" in errors
        assert "Creating the bucket" not in errors
        assert "Quota reached" not in squeezed(client.get(f"/runs/{run.number}/lines?q=bucket").content.decode())
        raw = client.get(f"/runs/{run.number}/log").getvalue().decode()
        assert "Creating the bucket" in raw
        assert "VPCs: 5" in raw


class TestAudit:
    def test_filters_by_act_and_pages_by_key(self):
        for number in range(20):
            a_run(f"District {number}", f"d-{number}")
        client = signed_in(Role.VIEWER)
        first = client.get("/audit")
        older = first.context["pager"].older
        second = client.get(f"/audit?{older}")
        assert {event.pk for event in first.context["events"]}.isdisjoint(
            event.pk for event in second.context["events"]
        )
        back = client.get(f"/audit?{second.context['pager'].newer}")
        assert [event.pk for event in back.context["events"]] == [event.pk for event in first.context["events"]]
        only = client.get("/audit?act=run:create").context["events"]
        assert {event.action for event in only} == {"run:create"}


def test_a_moved_status_is_seen_on_the_next_look():
    run = a_run()
    set_status(district=run.district, status=DistrictStatus.NEEDS_ATTENTION, by=By.RUN)
    assert "Needs attention" in squeezed(
        signed_in(Role.VIEWER).get(f"/districts/{run.district.suffix}").content.decode()
    )
