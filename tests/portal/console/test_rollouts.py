"""The pages of rollouts: the list, the form with its preview, and a rollout that can be watched and steered."""

from __future__ import annotations

import re
from html import unescape
from uuid import uuid4

import pytest
from django.test import Client

from provisioning.models import Rollout, Run
from provisioning.rollouts.service import RolloutRequest, create_rollout
from provisioning.rollouts.ticking import tick
from provisioning.runs.requests import request_run
from provisioning.states.rollouts import RolloutState
from provisioning.states.runs import RunKind, RunState
from registry.accounts.roles import Role
from registry.districts.models import District
from tests.builders import a_person, a_run, moved
from tests.markup import squeezed

pytestmark = pytest.mark.django_db

IMAGE = "public.ecr.aws/homeroom/processor@sha256:" + "b" * 64
INLINE = re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)|<style|\sstyle=|\son[a-z]+=", re.IGNORECASE)


def signed_in(role: Role) -> Client:
    client = Client()
    client.force_login(a_person(role))
    return client


def ended(run: Run, state: RunState = RunState.SUCCEEDED, **fields: str) -> District:
    for step in (RunState.SYNTHESIZING, RunState.PLANNING, RunState.VERIFYING):
        moved(run, step)
    moved(run, state, **fields)
    return District.objects.get(pk=run.district_id)


def live_districts(number: int, **changes: str) -> list[District]:
    return [ended(a_run(**changes)) for _ in range(number)]


def a_rollout(waves: str = "1, 100%", halt_failures: int = 1) -> Rollout:
    request = RolloutRequest(
        reason="New image <b>", change={"image": IMAGE}, waves=waves, halt_failures=halt_failures, halt_percent=None
    )
    rollout = create_rollout(request=request, actor=None)
    tick()
    return rollout


def typed(**changes: object) -> dict[str, object]:
    return {
        "what": "image",
        "value": IMAGE,
        "waves": "1, 100%",
        "at_once": "5",
        "halt_failures": "2",
        "halt_percent": "",
        "reason": "New image",
        "key": str(uuid4()),
        **changes,
    }


def page_of(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return unescape(squeezed(answer.content.decode()))


def polled_address(page: str) -> str:
    match = re.search(r'hx-get="([^"]+/live[^"]*)"', page)
    assert match is not None, "the page asks for no updates"
    return match[1]


def test_every_page_has_one_main_one_h1_unique_ids_and_nothing_inline():
    live_districts(3)
    rollout, client = a_rollout(), signed_in(Role.ADMINISTRATOR)
    admin = ["/admin/provisioning/rollout/", f"/admin/provisioning/rollout/{rollout.pk}/change/"]
    for address in ["/rollouts", "/rollouts/new", f"/rollouts/{rollout.number}", *admin]:
        answer = client.get(address)
        page = answer.content.decode()
        assert answer.status_code == 200, address
        assert not INLINE.findall(page), (address, INLINE.findall(page))
        if address not in admin:
            assert len(re.findall(r"<main\b", page)) == len(re.findall(r"<h1\b", page)) == 1, address
            ids = re.findall(r'\sid="([^"]+)"', page)
            assert len(ids) == len(set(ids)), (address, [element_id for element_id in ids if ids.count(element_id) > 1])
            assert "New image <b>" not in page


def test_without_any_rollout_the_list_says_what_one_is():
    page = page_of(signed_in(Role.OPERATOR), "/rollouts")
    assert "No rollout yet" in page
    assert "Start the first rollout" in page
    assert "your role is Viewer" in page_of(signed_in(Role.VIEWER), "/rollouts")


def test_the_list_counts_what_came_through_and_what_failed():
    live_districts(3)
    rollout = a_rollout(waves="100%", halt_failures=9)
    first, second, _ = Run.objects.filter(rollout_members__rollout=rollout).order_by("id")
    ended(first)
    ended(second, RunState.FAILED)
    row = re.sub(r"<[^>]+>|\s+", " ", page_of(signed_in(Role.VIEWER), "/rollouts"))
    assert "1 of 3" in row


def test_the_form_sent_twice_starts_one_rollout():
    live_districts(2)
    client, form = signed_in(Role.OPERATOR), typed()
    first, second = client.post("/rollouts/new", form), client.post("/rollouts/new", form)
    assert first.status_code == second.status_code == 302
    assert first["Location"] == second["Location"]
    rollout = Rollout.objects.get()
    assert rollout.change == {"image": IMAGE}
    assert rollout.members.count() == 2


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"value": ""}, "Give the new value."),
        ({"what": "stack"}, "The stack takes no value."),
        ({"what": "backup_days", "value": "many"}, "Give a whole number."),
        ({"value": "no-digest"}, "New value: "),
        ({"what": "postgres_version", "value": "3"}, "New value: "),
        ({"waves": "2, 50%"}, "Let the last wave be 100%"),
        ({"reason": ""}, "Reason: "),
        ({"halt_failures": ""}, "Give a number of failures or a percentage"),
        ({"suffixes": "nowhere-sbx"}, "No district has the suffix nowhere-sbx."),
        ({"regions": ["us-west-1"]}, "No district with an environment matches."),
    ],
)
def test_what_is_wrong_is_told_beside_its_field_and_nothing_starts(changes, told):
    live_districts(1)
    answer = signed_in(Role.OPERATOR).post("/rollouts/new", typed(**changes))
    page = unescape(answer.content.decode())
    assert answer.status_code == 422
    assert told in page
    assert "<title>Error: " in squeezed(page)
    assert Rollout.objects.count() == 0


def test_the_preview_names_the_districts_of_each_wave_and_writes_nothing():
    small, other = live_districts(2)
    (large,) = live_districts(1, size="L")
    client = signed_in(Role.OPERATOR)
    page = unescape(client.post("/rollouts/new", typed(act="preview")).content.decode())
    text = re.sub(r"<[^>]+>|\s+", " ", page)
    assert "3 districts in 2 waves" in text
    assert page.index(small.suffix) < page.index(other.suffix) < page.index(large.suffix)
    only_large = unescape(client.post("/rollouts/new/check", typed(sizes=["L"], reason="")).content.decode())
    assert "1 district in 1 wave" in only_large
    assert large.suffix in only_large
    assert small.suffix not in only_large
    assert "This field is required" not in only_large
    assert Rollout.objects.count() == 0


def test_the_preview_says_what_fewer_days_delete_where_some_district_keeps_more():
    live_districts(1)
    client = signed_in(Role.OPERATOR)

    def preview(days: str) -> str:
        values = typed(what="retention_days", value=days)
        return unescape(squeezed(client.post("/rollouts/new/check", values).content.decode()))

    assert "Logs older than 30 days are deleted." in preview("30")
    assert "are deleted" not in preview("400")


def test_the_page_says_where_each_district_stands_and_why_it_waits(settings):
    districts = live_districts(3)
    busy = request_run(district=districts[1], kind=RunKind.PLAN, actor=None)
    rollout, client = a_rollout(), signed_in(Role.VIEWER)
    page = page_of(client, f"/rollouts/{rollout.number}")
    assert "Its wave begins when wave 1 has ended." in page
    assert "in the queue" in page
    (canary,) = Run.objects.filter(rollout_members__rollout=rollout)
    assert f"/runs/{canary.number}" in page
    ended(canary)
    tick()
    page = page_of(client, f"/rollouts/{rollout.number}")
    assert f"Waiting on run #{busy.number} (plan only)" in page
    assert f'part of <a href="/rollouts/{rollout.number}">' in page_of(client, f"/runs/{canary.number}")


def test_a_plan_that_waits_for_approval_is_said_to_keep_the_wave_open():
    live_districts(2)
    rollout = a_rollout()
    (canary,) = Run.objects.filter(rollout_members__rollout=rollout)
    moved(canary, RunState.SYNTHESIZING)
    moved(canary, RunState.PLANNING)
    Run.objects.filter(pk=canary.pk).update(approval_reasons=["Production"])
    moved(canary, RunState.AWAITING_APPROVAL)
    page = page_of(signed_in(Role.VIEWER), f"/rollouts/{rollout.number}")
    assert "1 waits for approval, and the wave does not end before" in page
    assert "A second person decides on its plan" in page


def test_nothing_new_is_a_204_and_news_come_until_the_end():
    live_districts(1)
    rollout, client = a_rollout(waves="100%"), signed_in(Role.VIEWER)
    address = polled_address(page_of(client, f"/rollouts/{rollout.number}"))
    assert client.get(address).status_code == 204
    (run,) = Run.objects.filter(rollout_members__rollout=rollout)
    moved(run, RunState.SYNTHESIZING)
    news = page_of(client, address)
    assert "Synthesizing" in news
    address = polled_address(news)
    for step in (RunState.PLANNING, RunState.VERIFYING, RunState.SUCCEEDED):
        moved(run, step)
    tick()
    news = page_of(client, address)
    assert "Completed" in news
    assert "hx-get" not in news


def test_a_halt_says_its_reason_and_offers_to_resume_or_abort():
    live_districts(2)
    rollout, client = a_rollout(), signed_in(Role.OPERATOR)
    at = f"/rollouts/{rollout.number}"
    assert "pause-rollout" in page_of(client, at)
    (canary,) = Run.objects.filter(rollout_members__rollout=rollout)
    ended(canary, RunState.FAILED, error_summary="AWS refused the role.", error_code="access_denied")
    tick()
    page = page_of(client, at)
    assert "Halted: 1 run failed; it halts at 1." in page
    assert "AWS refused the role." in page
    assert "resume-rollout" in page
    assert "abort-rollout" in page
    assert "pause-rollout" not in page
    assert "resume-rollout" not in page_of(signed_in(Role.VIEWER), at)


def test_the_buttons_steer_it_and_a_double_click_does_no_harm():
    live_districts(2)
    rollout, client = a_rollout(), signed_in(Role.OPERATOR)
    at = f"/rollouts/{rollout.number}"
    for act, state in (
        ("pause", RolloutState.PAUSED),
        ("resume", RolloutState.RUNNING),
        ("abort", RolloutState.ABORTED),
    ):
        for _ in range(2):
            assert client.post(f"{at}/{act}")["Location"] == at
            rollout.refresh_from_db()
            assert rollout.state == state
    client.post(f"{at}/resume")
    assert "is aborted and cannot be resumed" in page_of(client, at)
    (canary,) = Run.objects.filter(rollout_members__rollout=rollout)
    assert canary.state == RunState.CANCELED


def test_a_viewer_reads_and_changes_nothing():
    live_districts(1)
    rollout, client = a_rollout(), signed_in(Role.VIEWER)
    at = f"/rollouts/{rollout.number}"
    page_of(client, "/rollouts")
    page_of(client, at)
    assert client.get("/rollouts/new").status_code == 403
    for address in ("/rollouts/new", "/rollouts/new/check", f"{at}/pause", f"{at}/resume", f"{at}/abort"):
        answer = client.post(address, typed())
        assert answer.status_code == 403, address
        assert "role Operator" in answer.content.decode()
    for address in (f"{at}/pause", f"{at}/resume", f"{at}/abort"):
        assert signed_in(Role.OPERATOR).get(address).status_code == 405


def test_a_missing_rollout_is_a_404():
    client = signed_in(Role.VIEWER)
    for address in ("/rollouts/999999", f"/rollouts/{'9' * 40}", "/rollouts/999999/live"):
        assert client.get(address).status_code == 404, address


def test_a_page_takes_the_same_queries_however_many_districts(django_assert_max_num_queries):
    live_districts(8)
    rollout, client = a_rollout(waves="4, 100%"), signed_in(Role.VIEWER)
    with django_assert_max_num_queries(17):
        client.get(f"/rollouts/{rollout.number}")
    with django_assert_max_num_queries(6):
        client.get("/rollouts")
