"""What becomes of a run when something fails in the middle: real Terraform, a real embedded AWS, the real stack."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator

import pytest
from django.db import connection

from portal.districts.statuses import DistrictStatus
from provisioning.models import Run, RunEvent
from provisioning.services.cancellation import request_cancel
from provisioning.services.retry import retry_run
from provisioning.states import RunState
from provisioning.tasks import execute_run
from sandbox.launch import Sandbox, running_sandbox
from tests.builders import a_run

pytestmark = [pytest.mark.terraform, pytest.mark.django_db(transaction=True, serialized_rollback=True)]


@pytest.fixture
def sandbox(settings) -> Iterator[Sandbox]:
    with running_sandbox() as running:
        settings.AWS_ENDPOINT_URL = running.url
        yield running


@contextlib.contextmanager
def once_resources_exist(run: Run, act: Callable[[], object]) -> Iterator[None]:
    """Do something, in a thread of its own, as soon as the run has made its first resources."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.1):
            if RunEvent.objects.filter(run=run, kind="apply_complete").count() >= 5:
                act()
                break
        connection.close()

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def executed(run: Run) -> Run:
    execute_run(run.number)
    run.refresh_from_db()
    run.district.refresh_from_db()
    return run


def test_without_aws_the_run_fails_in_words(settings):
    run = executed(a_run())
    assert (run.state, run.error_code) == (RunState.FAILED, "aws_unavailable")
    assert "retry" in run.error_remedy
    assert run.district.status == DistrictStatus.NEEDS_ATTENTION


def test_without_terraform_the_run_fails_with_the_remedy(sandbox, settings):
    settings.TERRAFORM = "/nowhere/terraform"
    run = executed(a_run())
    assert (run.state, run.error_code) == (RunState.FAILED, "terraform_missing")
    assert "HOMEROOM_TERRAFORM" in run.error_remedy


def test_an_apply_that_loses_aws_fails_and_says_what_exists(sandbox):
    run = a_run()
    with once_resources_exist(run, sandbox.process.kill):
        executed(run)
    assert (run.state, run.error_code) == (RunState.FAILED, "aws_unreachable")
    assert run.district.status == DistrictStatus.NEEDS_ATTENTION
    assert run.resources_done >= 5


def test_a_canceled_apply_ends_what_is_in_hand_and_a_retry_is_queued(sandbox):
    run = a_run()
    with once_resources_exist(run, lambda: request_cancel(run=Run.objects.get(pk=run.pk), actor=None)):
        executed(run)
    assert run.state == RunState.CANCELED
    assert run.district.status == DistrictStatus.NEEDS_ATTENTION
    known = run.district.resources.count()
    assert known >= 5
    assert run.resources_done <= known
    assert retry_run(run=run, actor=None).state == RunState.QUEUED
