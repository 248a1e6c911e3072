"""A state's lock, as people see it, and its release: only while provably no Terraform of ours may hold it."""

from __future__ import annotations

import io
import json
import os
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from engine.aws.clients import client
from engine.processes.host import reference, this_host
from engine.state.lock import StateLock, delete_lock, read_lock
from engine.state.store import ensure_state_bucket, state_key
from provisioning.engine_settings import engine_settings
from provisioning.errors import ServiceRefusedError
from provisioning.models import DistrictLock, Run
from provisioning.states.runs import RunState
from provisioning.tasks import look_at_state_lock, release_state_lock
from provisioning.terraform_state.locks import look_at_lock, note_lock, release
from provisioning.terraform_state.service import request_release
from registry.accounts.roles import NotAllowedError, Role
from registry.audit.actions import AuditAction
from registry.audit.models import AuditEvent
from registry.districts.models import District
from tests.builders import a_person, a_run, moved

pytestmark = pytest.mark.django_db

ID = "b1946ac9-0000"


@pytest.fixture
def run(settings, url: str) -> Run:
    """A run that failed, of a district whose state somebody holds."""
    settings.AWS_ENDPOINT_URL = url
    ensure_state_bucket(engine_settings())
    run = a_run()
    moved(run, RunState.SYNTHESIZING)
    moved(run, RunState.FAILED)
    take_lock(run.district)
    return run


def take_lock(district: District, lock_id: str = ID) -> None:
    lock = {"ID": lock_id, "Operation": "OperationTypeApply", "Who": "root@worker-7", "Created": "2026-11-24T12:00:00Z"}
    s3 = client(engine_settings(), "s3", "us-east-1")
    key = f"{state_key(district.suffix)}.tflock"
    s3.put_object(Bucket=engine_settings().state_bucket, Key=key, Body=json.dumps(lock).encode())


def lock_there(run: Run) -> StateLock | None:
    return read_lock(engine_settings(), state_key(run.district.suffix))


def at_work(run: Run, **more: Any) -> None:
    """Have a Terraform of the run be suspected: on another host, and not seen to end."""
    process = {
        "folder": "/nowhere",
        "host": "worker-7/boot/1",
        "supervisor": {"host": "worker-7/boot/1", "pid": 7, "started": 1.0},
        "terraform": None,
        "command": "apply",
        "orphan_seconds": 600.0,
        "grace_seconds": 300.0,
        "started_at": timezone.now().isoformat(),
    }
    now = timezone.now()
    Run.objects.filter(pk=run.pk).update(process=process | more, heartbeat_at=now, lease_until=now)


def test_what_a_worker_sees_of_a_lock_is_shown_until_another_look(run: Run):
    look_at_state_lock(run.district_id)
    row = DistrictLock.objects.get(district=run.district)
    assert (row.is_held, row.lock["who"], row.since and row.since.year) == (True, "root@worker-7", 2026)
    lock = lock_there(run)
    assert lock is not None
    delete_lock(engine_settings(), state_key(run.district.suffix), lock)
    assert look_at_lock(run.district) is None
    row.refresh_from_db()
    assert not row.is_held


def test_a_lock_that_nothing_of_ours_can_hold_is_released_with_the_reason_in_the_record(run: Run):
    ada = a_person(Role.ADMINISTRATOR, "ada")
    look_at_lock(run.district)
    release_state_lock(run.district_id, ID, "The laptop is broken", ada.pk)
    assert lock_there(run) is None
    assert not DistrictLock.objects.get(district=run.district).is_held
    act = AuditEvent.objects.get(action=AuditAction.LOCK_RELEASED)
    assert (act.actor, act.outcome, "The laptop is broken" in act.message) == (ada, "success", True)
    assert act.after is not None
    assert "root@worker-7 holds it" in act.after["holder"]


def test_while_a_terraform_of_ours_may_live_it_is_refused_and_said_until_when(run: Run):
    at_work(run)
    why = release(run.district, ID, "Impatient", None)
    assert why.startswith((f"Run #{run.number} is failed", "A Terraform of ours may still be at work, until"))
    assert lock_there(run) is not None
    assert DistrictLock.objects.get(district=run.district).problem == why
    assert AuditEvent.objects.get(action=AuditAction.LOCK_RELEASED).outcome == "failure"
    long_ago = timezone.now() - timedelta(hours=2)
    Run.objects.filter(pk=run.pk).update(heartbeat_at=long_ago, lease_until=long_ago)
    assert release(run.district, ID, "It is over by its time", None) == ""
    assert lock_there(run) is None


def test_what_was_seen_to_end_holds_nothing(run: Run):
    at_work(run, ended=1)
    assert release(run.district, ID, "It has ended", None) == ""


@pytest.mark.parametrize("state", [RunState.SYNTHESIZING, RunState.LOST])
def test_beside_a_run_that_a_worker_holds_or_has_lost_it_is_refused(run: Run, state: RunState):
    other_run = a_run()
    moved(other_run, RunState.SYNTHESIZING)
    if state is RunState.LOST:
        Run.objects.filter(pk=other_run.pk).update(lease_until=timezone.now() - timedelta(minutes=1))
        moved(other_run, RunState.LOST)
    take_lock(other_run.district)
    assert f"Run #{other_run.number} is {state.word.lower()}" in release(other_run.district, ID, "Impatient", None)
    assert lock_there(other_run) is not None


def test_a_living_process_of_this_host_is_no_matter_of_time(run: Run):
    ours = reference(os.getpid())
    assert ours is not None
    long_ago = timezone.now() - timedelta(hours=9)
    at_work(run, host=this_host(), supervisor=ours.as_data())
    Run.objects.filter(pk=run.pk).update(heartbeat_at=long_ago, lease_until=long_ago)
    assert "may still be at work" in release(run.district, ID, "Impatient", None)
    assert lock_there(run) is not None


def test_a_lock_that_another_has_taken_since_it_was_read_stays(run: Run):
    seen = lock_there(run)
    assert seen is not None
    key = state_key(run.district.suffix)
    client(engine_settings(), "s3", "us-east-1").delete_object(
        Bucket=engine_settings().state_bucket, Key=f"{key}.tflock"
    )
    take_lock(run.district, "another")
    delete_lock(engine_settings(), key, seen)
    now = lock_there(run)
    assert now is not None
    assert now.id == "another"
    assert "Another lock is there now" in release(run.district, ID, "Late", None)


def test_a_release_wants_an_administrator_a_reason_and_a_lock_that_was_seen(run: Run):
    ada = a_person(Role.ADMINISTRATOR, "ada")
    with pytest.raises(NotAllowedError):
        request_release(district=run.district, lock_id=ID, reason="Because", actor=a_person(Role.OPERATOR))
    with pytest.raises(ServiceRefusedError, match="needs a reason"):
        request_release(district=run.district, lock_id=ID, reason="", actor=ada)
    with pytest.raises(ServiceRefusedError, match="was not seen"):
        request_release(district=run.district, lock_id=ID, reason="Because", actor=ada)
    assert not AuditEvent.objects.filter(action=AuditAction.LOCK_RELEASE_REQUESTED).exists()


def test_without_aws_the_look_says_so(run: Run, settings):
    note_lock(run.district, lock_there(run))
    settings.AWS_ENDPOINT_URL = "http://127.0.0.1:9"
    with pytest.raises(CommandError, match="AWS did not let us read the state's lock"):
        call_command("state", "show", run.district.suffix)
    row = DistrictLock.objects.get(district=run.district)
    assert "AWS did not let us read the state's lock" in row.problem


def test_the_command_shows_who_holds_it_and_releases_it(run: Run):
    output, suffix = io.StringIO(), run.district.suffix
    call_command("state", "show", suffix, stdout=output)
    assert (
        f"lock {ID}: root@worker-7 holds it for OperationTypeApply since 2026-11-24 12:00:00 UTC." in output.getvalue()
    )
    at_work(run)
    with pytest.raises(CommandError, match="The lock is not released"):
        call_command("state", "release", suffix, "--lock", ID, "--reason", "Impatient")
    Run.objects.filter(pk=run.pk).update(process={})
    call_command("state", "release", suffix, "--lock", ID, "--reason", "The laptop is broken", stdout=output)
    assert lock_there(run) is None
