"""A stored plan is there as long as somebody may apply it, and no longer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.aws.clients import client
from engine.state.plan_store import fetch_plan, packed_plan, plan_key, plan_keys, plan_sha256, store_plan
from engine.state.store import ensure_state_bucket
from provisioning.engine_settings import engine_settings
from provisioning.execution.context import RunContext
from provisioning.execution.plan import store_while_held
from provisioning.models import Run, new_claim
from provisioning.runs.approval import approve, discard
from provisioning.runs.fence import RunMovedError
from provisioning.runs.stored_plans import forget_ended_plans, forget_plan
from provisioning.states.runs import RunState
from provisioning.tasks import execute_run, forget_plans
from tests.builders import a_person, a_run, moved

pytestmark = pytest.mark.django_db


@pytest.fixture
def planned(settings, url, tmp_path: Path) -> Run:
    """A run that waits for approval with its plan in the bucket, in two versions."""
    settings.AWS_ENDPOINT_URL = url
    ensure_state_bucket(engine_settings())
    run = a_run()
    (tmp_path / "run.tfplan").write_bytes(b"a password in the clear")
    packed = packed_plan(tmp_path)
    for _ in range(2):
        store_plan(engine_settings(), plan_key(run.spec["suffix"], run.number, plan_sha256(packed)), packed)
    fields = {"plan_stored": True, "plan_sha256": plan_sha256(packed)}
    moved(run, RunState.SYNTHESIZING, approval_reasons=["A change of production"], **fields)
    moved(run, RunState.PLANNING)
    moved(run, RunState.AWAITING_APPROVAL)
    return run


def versions(run: Run) -> list[Any]:
    s3 = client(engine_settings(), "s3", "us-east-1")
    prefix = plan_keys(run.spec["suffix"], run.number)
    listing = s3.list_object_versions(Bucket=engine_settings().state_bucket, Prefix=prefix)
    return [*listing.get("Versions", []), *listing.get("DeleteMarkers", [])]


def test_a_plan_that_waits_for_approval_stays_and_a_discarded_one_goes_with_all_its_versions(planned: Run):
    forget_plans()
    assert len(versions(planned)) == 2
    discard(run=planned, actor=a_person())
    forget_plans()
    assert versions(planned) == []
    planned.refresh_from_db()
    assert not planned.plan_stored
    assert forget_plan(planned), "twice does no harm"


def test_a_plan_that_aws_could_not_delete_is_deleted_later(planned: Run, settings, url):
    discard(run=planned, actor=a_person())
    settings.AWS_ENDPOINT_URL = "http://127.0.0.1:9"
    assert forget_ended_plans() == []
    planned.refresh_from_db()
    assert planned.plan_stored
    settings.AWS_ENDPOINT_URL = url
    assert forget_ended_plans() == [planned.number]
    assert versions(planned) == []


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_plan_that_somebody_exchanges_after_its_approval_is_not_applied(planned: Run, tmp_path: Path):
    approve(run=planned, actor=a_person())
    (tmp_path / "run.tfplan").write_bytes(b"a plan that nobody has seen")
    key = plan_key(planned.spec["suffix"], planned.number, planned.plan_sha256)
    store_plan(engine_settings(), key, packed_plan(tmp_path))
    execute_run(planned.number)
    planned.refresh_from_db()
    assert (planned.state, planned.error_code) == (RunState.FAILED, "plan_exchanged")
    assert "CloudTrail" in planned.error_remedy
    assert not planned.apply_open
    assert not planned.events.filter(kind="apply_start").exists()


def test_a_worker_that_wakes_when_another_has_the_run_leaves_the_plan_that_waits_as_it_is(planned: Run, tmp_path: Path):
    (tmp_path / "run.tfplan").write_bytes(b"what was planned before the pause")
    packed = packed_plan(tmp_path)
    paused = RunContext(planned, new_claim(), engine_settings())
    key = plan_key(planned.spec["suffix"], planned.number, plan_sha256(packed))
    with pytest.raises(RunMovedError):
        store_while_held(paused, key, packed)
    assert len(versions(planned)) == 2, "the late one is taken back: nobody would delete it"
    waits = plan_key(planned.spec["suffix"], planned.number, planned.plan_sha256)
    (tmp_path / "fetched").mkdir()
    fetch_plan(engine_settings(), waits, tmp_path / "fetched", sha256=planned.plan_sha256)
    assert (tmp_path / "fetched" / "run.tfplan").read_bytes() == b"a password in the clear"
