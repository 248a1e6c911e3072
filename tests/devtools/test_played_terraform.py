"""The stand-in of Terraform in the simulation of a fleet: it says what was recorded, and keeps lock and state."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.played.processes import write_program
from benchmarks.played.record import TAGS
from engine.aws.clients import client
from engine.errors import TerraformFailedError
from engine.settings import EngineSettings
from engine.state.contents import contents
from engine.state.lock import read_lock
from engine.state.store import ensure_state_bucket, read_state, state_identity, state_key
from engine.terraform.command import Terraform
from engine.terraform.events import ApplyComplete, TerraformEvent
from sandbox.launch import running_sandbox


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineSettings]:
    folder = tmp_path_factory.mktemp("played")
    program = write_program(folder / "played")
    with running_sandbox() as sandbox:
        settings = EngineSettings(
            folder / "work", "states", terraform=str(program), aws_endpoint_url=sandbox.url, python=Path(sys.executable)
        )
        ensure_state_bucket(settings)
        yield settings


@pytest.fixture(autouse=True)
def _quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYED_PACE", "0")


def terraform(settings: EngineSettings, folder: Path, suffix: str, seen: list[TerraformEvent]) -> Terraform:
    """Return it in a workspace of a district whose tags are the recorded ones."""
    (folder / "spec.json").write_text(json.dumps({"suffix": suffix, "tags": TAGS}))
    return Terraform(settings, folder, state_key(suffix), on_event=seen.append)


def test_a_district_is_planned_applied_and_then_as_it_should_be(settings: EngineSettings, tmp_path: Path) -> None:
    seen: list[TerraformEvent] = []
    played = terraform(settings, tmp_path, "maple-sbx", seen)
    played.init()
    plan = played.plan()
    assert plan.add > 100
    assert "maple-sbx" in json.dumps(plan.shown)
    assert "recorded-sbx" not in json.dumps(plan.shown)
    played.apply(plan)
    assert sum(isinstance(event, ApplyComplete) for event in seen) >= plan.add
    assert state_identity(settings, played.state_key) == ("lineage-of-maple-sbx", 1)
    assert len(contents(settings, played).resources) > 50
    again = played.plan()
    assert again.is_empty
    assert again.drifted, "what AWS has filled in"
    played.store_refreshed(again)
    assert state_identity(settings, played.state_key)[1] == 2
    assert not played.plan().drifted
    assert read_lock(settings, played.state_key) is None


def test_a_state_that_is_held_is_not_planned(settings: EngineSettings, tmp_path: Path) -> None:
    played = terraform(settings, tmp_path, "oak-sbx", [])
    played.init()
    body = {"ID": "b1", "Operation": "OperationTypeApply", "Who": "root@x", "Created": "2026-11-24T12:00:00Z"}
    key = f"{played.state_key}.tflock"
    client(settings, "s3", "us-east-1").put_object(Bucket="states", Key=key, Body=json.dumps(body).encode())
    with pytest.raises(TerraformFailedError) as refused:
        played.plan()
    assert "lock" in f"{refused.value} {refused.value.detail}"
    played.unlock("b1")
    assert played.plan().add > 100


def test_an_old_plan_is_refused(settings: EngineSettings, tmp_path: Path) -> None:
    played = terraform(settings, tmp_path, "elm-sbx", [])
    played.init()
    plan = played.plan()
    played.apply(plan)
    with pytest.raises(TerraformFailedError) as refused:
        played.apply(plan)
    assert "stale" in f"{refused.value} {refused.value.detail}"
    assert (read_state(settings, played.state_key) or {})["serial"] == 1
