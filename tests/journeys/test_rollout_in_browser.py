"""An operator rolls an image out in a real browser: preview, canary, halt, retry, resume, the end.

The test takes the worker's part, so that every state is held until the page has shown it.
"""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from provisioning.models import Run
from provisioning.runs.claim import TakeOver, claim
from provisioning.runs.retry import retry_run
from provisioning.states.runs import Decision, RunState
from tests.builders import a_run, moved
from tests.journeys.test_console_in_browser import badge_of
from tests.pages.fixtures import planned

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, serialized_rollback=True)]

IMAGE = "public.ecr.aws/homeroom/processor@sha256:" + "c" * 64


def ended(run: Run, state: RunState = RunState.SUCCEEDED, **fields: str) -> Run:
    if run.decision:
        assert claim(run.pk, "worker", TakeOver(run.attempt, RunState.APPLYING)) is not None
        run.refresh_from_db()
    else:
        moved(moved(run, RunState.SYNTHESIZING), RunState.PLANNING)
    moved(run, RunState.VERIFYING)
    return moved(run, state, **fields)


def newest() -> Run:
    return Run.objects.latest("id")


def looked_at(page: Page, run: Run) -> None:
    """Have the run's plan wait until the operator has looked at it, and has it applied."""
    planned(run, 12, waits=True)
    moved(run, RunState.AWAITING_APPROVAL, requester_may_confirm=True)
    panel = page.locator("section", has=page.locator("#look-title"))
    expect(panel).to_contain_text("1 plan waits")
    expect(panel.get_by_role("row", name=re.compile(r"topic_2\b"))).to_contain_text("1")
    panel.get_by_role("button", name="Apply these plans").click()
    expect(panel).to_have_count(0)
    run.refresh_from_db()
    assert (run.state, run.decision) == (RunState.QUEUED, Decision.APPROVED)


def test_an_operator_rolls_an_image_out_through_a_halt(page: Page):
    for _ in range(3):
        ended(a_run())
    page.get_by_role("link", name="Rollouts", exact=True).click()
    page.get_by_role("link", name="Start the first rollout").click()
    page.get_by_label("New value").fill("no-digest")
    page.get_by_label("New value").press("Tab")
    expect(page.locator("#id_value_error")).to_contain_text("digest")
    page.get_by_label("New value").fill(IMAGE)
    page.get_by_label("Waves").fill("1, 100%")
    page.get_by_label("Waves").press("Tab")
    expect(page.locator("#preview")).to_contain_text("3 districts in 2 waves")
    expect(page.locator("#id_value_error")).to_be_empty()
    page.get_by_label("Halt at failures").fill("1")
    page.get_by_label("Reason").fill("Faster ingest")
    page.get_by_role("button", name="Start the rollout").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Rollout #")
    badge_of(page, "Running")

    canary = ended(newest(), RunState.FAILED, error_code="image_missing", error_summary="The image is not there.")
    badge_of(page, "Halted")
    expect(page.locator("#run-live")).to_contain_text("The image is not there.")
    ended(retry_run(run=canary, actor=None))
    page.get_by_role("button", name="Resume").click()
    badge_of(page, "Running")
    expect(page.locator("#run-live")).to_contain_text("1 of 3 districts ended")
    looked_at(page, newest())
    for run in Run.objects.filter(state="queued"):
        ended(run)
    badge_of(page, "Completed")
    expect(page.locator("#run-live")).to_contain_text("3 of 3 districts ended, 0 failed")
    expect(page.locator("#run-live[hx-get]")).to_have_count(0)
