"""A child process hands on its lines, stops when asked, and never outlives the call."""

from __future__ import annotations

import os
import sys

import pytest

from engine.errors import TerraformMissingError
from engine.processes import child
from engine.settings import EngineSettings
from engine.terraform.command import Terraform


def run(code: str, tmp_path, on_line=lambda line: None, poll=lambda: False):
    return child.run(
        [sys.executable, "-c", code], cwd=tmp_path, environment=dict(os.environ), on_line=on_line, poll=poll
    )


def test_lines_come_in_order_and_errors_are_kept(tmp_path):
    lines: list[str] = []
    result = run(
        "import sys\nfor n in range(500): print(n)\nprint('bad', file=sys.stderr); sys.exit(3)", tmp_path, lines.append
    )
    assert lines == [str(n) for n in range(500)]
    assert (result.status, result.stderr, result.interrupted) == (3, "bad", False)


def test_a_child_that_is_asked_to_stop_ends_its_work_first(tmp_path):
    code = """
import signal, sys
def stop(*_): print("finishing", flush=True); sys.exit(1)
signal.signal(signal.SIGINT, stop)
print("ready", flush=True)
signal.pause()
"""
    lines: list[str] = []
    result = run(code, tmp_path, lines.append, poll=lambda: "ready" in lines)
    assert lines == ["ready", "finishing"]
    assert result.interrupted


def test_a_fault_of_ours_leaves_no_child_behind(tmp_path):
    pids: list[int] = []

    def explode(line: str) -> None:
        pids.append(int(line))
        raise RuntimeError("ours")

    with pytest.raises(RuntimeError, match="ours"):
        run("import os, time; print(os.getpid(), flush=True); time.sleep(60)", tmp_path, explode)
    with pytest.raises(ProcessLookupError):
        os.kill(pids[0], 0)


def test_a_missing_terraform_says_what_to_do(tmp_path):
    settings = EngineSettings(work_dir=tmp_path, state_bucket="b", terraform=str(tmp_path / "nowhere"))
    with pytest.raises(TerraformMissingError) as missing:
        Terraform(settings, tmp_path, "key").version()
    assert "HOMEROOM_TERRAFORM" in missing.value.remedy


def test_children_get_none_of_the_portals_secrets(tmp_path, monkeypatch):
    monkeypatch.setenv("HOMEROOM_DATABASE_URL", "postgresql://u:hush@h/d")
    environment = EngineSettings(work_dir=tmp_path, state_bucket="b").child_environment()
    assert not any("hush" in value for value in environment.values())


def test_a_worker_says_how_much_memory_terraform_may_take_for_speed(tmp_path, monkeypatch):
    settings = EngineSettings(work_dir=tmp_path, state_bucket="b")
    monkeypatch.delenv("GOGC", raising=False)
    assert settings.child_environment()["GOGC"] == "200"
    monkeypatch.setenv("GOGC", "50")
    assert settings.child_environment()["GOGC"] == "50"
