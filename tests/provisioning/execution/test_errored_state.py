"""A state that Terraform could not write, with real Terraform: kept at the end of its run, pushed by the next one."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest
from django.utils import timezone

from engine.aws.clients import client
from engine.processes.host import ProcessRef
from engine.processes.supervised import Supervised, Terms
from engine.processes.supervisor import STARTED
from engine.state.errored_state import saved_states
from engine.state.sealed_states import sealed_folder
from engine.state.store import ERRORED, ensure_state_bucket, state_identity, state_key
from engine.terraform.workspace import COMMANDS, STATE_SAVED_HERE, new_workspace
from processes.process import free_port
from provisioning.engine_settings import engine_settings
from provisioning.models import ErroredPlace, ErroredState, Run
from provisioning.runs.claim import claim
from provisioning.runs.requests import request_run
from provisioning.runs.retry import retry_run
from provisioning.states.runs import RunKind, RunState
from provisioning.tasks import execute_run, keep_states_here, sweep_workspaces
from provisioning.terraform_state.service import discard_kept, request_push
from registry.audit.actions import AuditAction
from registry.audit.models import AuditEvent
from registry.districts.statuses import DistrictStatus
from sandbox.launch import running_sandbox
from tests.builders import a_run, moved
from tests.faults.proxy import Mode, Proxy

pytestmark = [
    pytest.mark.terraform,
    pytest.mark.long,
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]

LINEAGE = "5a1e0c5e-0000-0000-0000-000000000001"
RESOURCES = 7
"""How many the small stack has."""


@pytest.fixture
def proxy(settings) -> Iterator[Proxy]:
    settings.STACK_MODULE = "tests.faults.small_stack"
    settings.AWS_PATIENCE_SECONDS = 2
    with running_sandbox() as running:
        between = Proxy(running.url, free_port())
        between.start()
        settings.AWS_ENDPOINT_URL = between.url
        yield between
        between.stop()


def executed(run: Run) -> Run:
    execute_run(run.number)
    run.refresh_from_db()
    run.district.refresh_from_db()
    return run


def kept_objects(suffix: str) -> list[dict[str, Any]]:
    """Every version of every kept state in the bucket, deletions among them."""
    s3 = client(engine_settings(), "s3", "us-east-1")
    listing = s3.list_object_versions(Bucket=engine_settings().state_bucket, Prefix=f"districts/{suffix}{ERRORED}")
    return [*listing.get("Versions", []), *listing.get("DeleteMarkers", [])]


def a_state(serial: int, **outputs: str) -> bytes:
    """A state without resources as Terraform writes it."""
    state = {"version": 4, "terraform_version": "1.11.4", "serial": serial, "lineage": LINEAGE}
    output_values = {name: {"value": value, "type": "string"} for name, value in outputs.items()}
    return json.dumps(state | {"outputs": output_values, "resources": [], "check_results": None}).encode()


def stored(suffix: str, body: bytes) -> None:
    """Have the bucket hold this state of a district."""
    engine = engine_settings()
    ensure_state_bucket(engine)
    client(engine, "s3", "us-east-1").put_object(Bucket=engine.state_bucket, Key=state_key(suffix), Body=body)


def left_unwritten(run: Run, body: bytes) -> Path:
    """Leave a state in the folder of the run's attempt as Terraform does, and have its worker be lost."""
    path = new_workspace(engine_settings(), run.number, run.attempt) / STATE_SAVED_HERE
    path.write_bytes(body)
    Run.objects.filter(pk=run.pk).update(lease_until=timezone.now() - timedelta(minutes=1))
    return path


def test_what_an_apply_made_and_could_not_write_is_kept_and_pushed_by_the_next_run(proxy: Proxy):
    run = a_run(slug="maple")
    proxy.mode = Mode.NO_STATE
    run = executed(run)
    assert (run.state, run.error_code) == (RunState.FAILED, "state_not_saved")
    row = ErroredState.objects.get(run=run)
    assert (row.place, row.attempt, row.serial is not None) == (ErroredPlace.HOST, 1, True)
    [sealed] = sealed_folder(engine_settings()).iterdir()
    assert sealed.stat().st_mode & 0o777 == 0o600
    assert b"vpc-" not in sealed.read_bytes(), "it is encrypted"
    assert list(saved_states(engine_settings())) == [], "what Terraform left in the clear is gone"

    sweep_workspaces()
    assert sealed.exists()
    proxy.mode = Mode.PASS
    keep_states_here()
    row.refresh_from_db()
    assert (row.place, sealed.exists()) == (ErroredPlace.BUCKET, False)
    [stored] = kept_objects("maple-sbx")
    s3 = client(engine_settings(), "s3", "us-east-1")
    answer = s3.get_object(Bucket=engine_settings().state_bucket, Key=stored["Key"])
    assert answer["ServerSideEncryption"] == "aws:kms"
    assert b"vpc-" in answer["Body"].read()

    again = executed(retry_run(run=run, actor=None))
    assert (again.state, again.district.status) == (RunState.NO_CHANGES, DistrictStatus.LIVE)
    assert again.recovered == [f"The state that run #{run.number} could not write was pushed."], "nothing was adopted"
    assert again.district.resources.count() == RESOURCES
    row.refresh_from_db()
    assert row.place == ErroredPlace.PUSHED
    assert row.deleted_at is not None
    assert kept_objects("maple-sbx") == []
    acts = AuditEvent.objects.filter(action__startswith="run:errored-state:").order_by("pk")
    assert list(acts.values_list("action", flat=True)) == [
        AuditAction.ERRORED_STATE_KEPT,
        AuditAction.ERRORED_STATE_MOVED,
        AuditAction.ERRORED_STATE_PUSHED,
        AuditAction.ERRORED_STATE_DELETED,
    ]


def begun_before_the_boot(run: Run, workspace: Path) -> None:
    """Have the run's apply have begun before the container was started anew on the same volume, and long be over."""
    folder = workspace / COMMANDS / "3-apply"
    folder.mkdir(parents=True)
    gone = ProcessRef("this-one/before/1", 1, 1.0)
    (folder / STARTED).write_text(json.dumps({"supervisor": gone.as_data(), "terraform": gone.as_data()}))
    apply = Supervised(folder, gone.host, "apply", Terms(60, 60), gone, gone).as_data()
    Run.objects.filter(pk=run.pk).update(
        process=apply | {"workspace": str(workspace), "started_at": timezone.now().isoformat()},
        lease_until=timezone.now() - timedelta(hours=1),
    )


@pytest.mark.parametrize("started_anew", [False, True], ids=["on the same host", "on a host that was started anew"])
def test_who_takes_over_a_lost_run_pushes_what_its_dead_terraform_could_not_write(proxy: Proxy, started_anew: bool):
    stored("oak-sbx", a_state(3))
    claimed = claim(a_run(slug="oak").number, "a worker that dies")
    assert claimed is not None
    unwritten = left_unwritten(claimed[0], a_state(7, vpc_id="vpc-1"))
    if started_anew:
        begun_before_the_boot(claimed[0], unwritten.parent)
    run = executed(moved(claimed[0], RunState.LOST))
    assert not unwritten.exists()
    assert run.state == RunState.SUCCEEDED
    assert run.recovered == [f"The state that run #{run.number} could not write was pushed."]
    lineage, serial = state_identity(engine_settings(), state_key("oak-sbx"))
    assert (lineage, serial > 7) == (LINEAGE, True)


def test_a_push_that_is_killed_is_done_again_its_lock_released(proxy: Proxy):
    stored("yew-sbx", a_state(3))
    claimed = claim(a_run(slug="yew").number, "a worker that dies")
    assert claimed is not None
    left_unwritten(claimed[0], a_state(7, vpc_id="vpc-1"))
    held = proxy.hold(lambda request: request.writes_state and ERRORED not in request.path, forward_first=False)

    def kill() -> None:
        assert held.arrived.wait(60)
        for process in psutil.process_iter(["cmdline"]):
            if (process.info["cmdline"] or [])[1:3] == ["state", "push"]:
                process.kill()

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        run = executed(moved(claimed[0], RunState.LOST))
    finally:
        held.release()
        killer.join()
    assert run.state == RunState.SUCCEEDED, run.error_summary
    released, pushed = run.recovered
    assert released.startswith("The lock that a Terraform left was released:")
    assert pushed == f"The state that run #{run.number} could not write was pushed."


def test_what_cannot_be_pushed_stops_the_run_in_words_until_a_person_has_decided(proxy: Proxy):
    engine, key = engine_settings(), state_key("elm-sbx")
    stored("elm-sbx", a_state(9))
    claimed = claim(a_run(slug="elm").number, "a worker that dies")
    assert claimed is not None
    left_unwritten(claimed[0], a_state(8, vpc_id="vpc-1"))
    run = executed(moved(claimed[0], RunState.LOST))
    assert (run.state, run.error_code) == (RunState.FAILED, "errored_state_refused")
    assert run.error_summary == (
        f"The state that run #{run.number} could not write cannot be pushed. The district's state was written since: "
        "it has serial 9, and this one 8. All of its resources are in the district's state."
    )
    row = ErroredState.objects.get(run=run)
    assert (row.place, row.refusal.startswith("The district's state was written since")) == (ErroredPlace.BUCKET, True)
    assert state_identity(engine, key) == (LINEAGE, 9), "nothing was forced"

    pushing = executed(request_push(district=run.district, reason="Look again", actor=None))
    assert (pushing.state, pushing.error_code) == (RunState.FAILED, "errored_state_refused")
    row.refresh_from_db()
    discard_kept(errored=row, reason="The bucket's is newer", actor=None)
    planned = executed(request_run(district=run.district, kind=RunKind.PLAN, actor=None))
    assert planned.state == RunState.SUCCEEDED
