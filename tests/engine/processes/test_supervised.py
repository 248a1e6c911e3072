"""A command under its supervisor: followed, left, followed again, stopped, orphaned, killed; with real processes."""

from __future__ import annotations

import os
import re
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from engine.processes import supervised
from engine.processes.child import Ended
from engine.processes.host import ProcessRef, lives, reference
from engine.processes.supervised import Stop, Supervised, Terms, end_all, follow_process, start

PATIENT = Terms(orphan_seconds=60, grace_seconds=60)
COUNTING = "import sys\nfor line in range(3): print('line', line, flush=True)\nprint('told', file=sys.stderr)\n"
WORKING = """
import signal, sys, time
def finish(number, frame):
    print('interrupted', flush=True)
    sys.exit(3)
signal.signal(signal.SIGINT, finish)
print('working', flush=True)
while True: time.sleep(0.05)
"""
COUNTS = """
import signal, time
told = 0
def count(number, frame):
    global told
    told += 1
    print('interrupted', told, flush=True)
signal.signal(signal.SIGINT, count)
print('working', flush=True)
while True: time.sleep(0.05)
"""
DEAF = """
import signal, time
signal.signal(signal.SIGINT, signal.SIG_IGN)
print('deaf', flush=True)
while True: time.sleep(0.05)
"""


class LeftError(Exception):
    """The follower went away, as a worker that lost its claim does."""


@pytest.fixture
def begin(tmp_path):
    started: list[Supervised] = []

    def run(program: str, terms: Terms = PATIENT) -> Supervised:
        folder = tmp_path / f"{len(started)}"
        command = [sys.executable, "-c", program]
        started.append(
            start(command, name="apply", folder=folder, cwd=tmp_path, environment=dict(os.environ), terms=terms)
        )
        return started[-1]

    yield run
    for running in started:
        end_all(running)


def until(condition: Callable[[], object], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def has_said(running: Supervised, word: str) -> bool:
    return word in (running.folder / "events.ndjson").read_text()


def followed(
    running: Supervised, stop: Callable[[], Stop] = lambda: Stop.NO, requested: Stop = Stop.NO
) -> tuple[Ended, list[str]]:
    lines: list[str] = []
    report = follow_process(running, on_line=lambda line, position: lines.append(line), poll=stop, requested=requested)
    return report, lines


def test_every_line_comes_with_its_position_and_the_end_is_known(begin):
    running = begin(COUNTING)
    lines: list[tuple[str, int]] = []
    report = follow_process(
        running, on_line=lambda line, position: lines.append((line, position)), poll=lambda: Stop.NO
    )
    assert lines == [("line 0", 7), ("line 1", 14), ("line 2", 21)]
    assert (report.status, report.interrupted, report.stderr) == (0, False, "told")
    assert running.is_alive is False
    assert running.has_finished


def test_who_leaves_leaves_it_running_and_another_reads_all_of_it(begin):
    running = begin(WORKING)

    def leave() -> Stop:
        raise LeftError

    with pytest.raises(LeftError):
        follow_process(running, on_line=lambda line, position: None, poll=leave)
    assert running.is_alive
    again = Supervised.from_data(running.as_data())
    assert again == running
    until(lambda: has_said(running, "working"))
    report, lines = followed(again, lambda: Stop.INTERRUPT)
    assert lines == ["working", "interrupted"]
    assert (report.status, report.interrupted) == (3, True)


def test_a_signal_is_never_sent_twice(begin):
    running = begin(DEAF)
    until(lambda: has_said(running, "deaf"))
    polls: list[Stop] = []

    def stop() -> Stop:
        polls.append(Stop.NO)
        return Stop.INTERRUPT if len(polls) < 3 else Stop.KILL

    report = follow_process(
        running,
        on_line=lambda line, position: None,
        poll=stop,
        on_stop=lambda request: None,
    )
    assert report.status == -signal.SIGKILL
    second = begin(COUNTS)
    until(lambda: has_said(second, "working"))

    def leave_once_told() -> Stop:
        if has_said(second, "interrupted 1"):
            raise LeftError
        return Stop.INTERRUPT

    with pytest.raises(LeftError):
        followed(second, leave_once_told)
    looked = time.monotonic() + 1.0

    def look() -> Stop:
        if time.monotonic() > looked:
            raise LeftError
        return Stop.INTERRUPT

    with pytest.raises(LeftError):
        followed(second, look, requested=Stop.INTERRUPT)
    assert not has_said(second, "interrupted 2"), "it was told before; a second one makes Terraform drop everything"


def test_what_a_worker_that_died_was_about_to_tell_it_is_told_by_the_next(begin):
    running = begin(WORKING)
    until(lambda: has_said(running, "working"))
    written: list[Stop] = []

    def die(stop: Stop) -> None:
        written.append(stop)
        raise LeftError

    with pytest.raises(LeftError):
        follow_process(running, on_line=lambda line, position: None, poll=lambda: Stop.INTERRUPT, on_stop=die)
    assert running.is_alive
    report, lines = followed(running, lambda: Stop.INTERRUPT, requested=written[0])
    assert lines == ["working", "interrupted"]
    assert (report.status, report.interrupted) == (3, True)


def test_worker_and_supervisor_together_interrupt_it_once(begin):
    running = begin(COUNTS, Terms(orphan_seconds=0.5, grace_seconds=60))
    until(lambda: has_said(running, "working"))

    def leave_once_told() -> Stop:
        if has_said(running, "interrupted 1"):
            raise LeftError
        return Stop.INTERRUPT

    with pytest.raises(LeftError):
        follow_process(running, on_line=lambda line, position: None, poll=leave_once_told)
    # Nobody follows any more: the supervisor comes to it as well, and so do those who end the supervisor.
    os.kill(running.supervisor.pid, signal.SIGTERM)
    looked = time.monotonic() + 3.0
    until(lambda: time.monotonic() > looked or has_said(running, "interrupted 2"))
    assert not has_said(running, "interrupted 2"), "Terraform takes a second one for the order to drop everything"


def test_what_nobody_follows_is_asked_to_stop_and_then_made_to(begin):
    running = begin(DEAF, Terms(orphan_seconds=0.5, grace_seconds=0.5))
    until(lambda: not running.is_alive, 30.0)
    assert not running.has_finished, "it did not end by itself"
    polite = begin(WORKING, Terms(orphan_seconds=0.5, grace_seconds=30))
    until(lambda: not polite.is_alive)
    assert has_said(polite, "interrupted")


def test_while_the_claim_holds_it_is_no_orphan(begin):
    running = begin(WORKING, Terms(orphan_seconds=1.5, grace_seconds=1))
    began = time.monotonic()
    report, _ = followed(running, lambda: Stop.INTERRUPT if time.monotonic() - began > 4 else Stop.NO)
    assert (report.status, report.interrupted) == (3, True)
    assert time.monotonic() - began >= 4


def test_a_killed_supervisor_takes_its_command_with_it_politely(begin):
    running = begin(WORKING)
    until(lambda: has_said(running, "working"))
    os.kill(running.supervisor.pid, signal.SIGKILL)
    report, lines = followed(running)
    assert lines == ["working", "interrupted"]
    assert report.status == -9
    assert not running.has_finished


def test_a_force_stop_ends_a_supervisor_that_was_stopped_along_with_its_command(begin):
    running = begin(DEAF)
    until(lambda: has_said(running, "deaf"))
    os.kill(running.supervisor.pid, signal.SIGSTOP)
    report, lines = followed(running, lambda: Stop.KILL)
    assert lines == ["deaf"]
    assert (report.status, report.interrupted) == (-signal.SIGKILL, True)
    assert running.is_alive is False
    assert not running.has_finished


@pytest.mark.parametrize("is_ours", [True, False], ids=["its worker", "who took the run over"])
def test_how_a_command_ended_under_a_supervisor_that_was_stopped_is_known(begin, monkeypatch, is_ours):
    running = begin("import pathlib, time\nwhile not pathlib.Path('go').exists(): time.sleep(0.02)\n")
    os.kill(running.supervisor.pid, signal.SIGSTOP)
    (running.folder.parent / "go").touch()
    until(lambda: lives(running.terraform) is False)
    if not is_ours:
        monkeypatch.setattr(supervised, "_ours", {})
    report, _ = followed(running)
    assert (report.status, report.interrupted) == (0, False)
    assert running.has_finished


def test_a_killed_command_is_told_by_its_signal(begin):
    running = begin(WORKING)
    until(lambda: has_said(running, "working"))
    assert running.terraform is not None
    os.kill(running.terraform.pid, signal.SIGKILL)
    report, _ = followed(running)
    assert (report.status, report.interrupted) == (-9, False)


def test_half_a_line_waits_for_its_other_half(begin):
    report, lines = followed(begin("import time\nprint('a', end='', flush=True)\ntime.sleep(0.4)\nprint('b')"))
    assert (report.status, lines) == (0, ["ab"])


def test_a_program_that_is_missing_is_an_error_of_its_own(tmp_path: Path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        start(["/nowhere/terraform"], name="plan", folder=tmp_path / "c", cwd=tmp_path, environment={}, terms=PATIENT)


def test_a_process_is_told_from_another_of_the_same_id_and_of_another_host():
    own = reference(os.getpid())
    assert own is not None
    assert own.ticks is not None
    assert lives(own) is True
    assert lives(replace(own, ticks=own.ticks - 100)) is False
    assert lives(replace(own, host="elsewhere/1234/5678")) is None
    assert lives(replace(own, pid=2**22 - 3)) is False


def test_a_reference_that_was_noted_without_ticks_still_tells_its_process():
    own = reference(os.getpid())
    assert own is not None
    noted = {name: value for name, value in own.as_data().items() if name != "ticks"}
    assert lives(ProcessRef.from_data(noted)) is True
    assert lives(replace(ProcessRef.from_data(noted), started=own.started - 100)) is False
    assert ProcessRef.from_data(own.as_data()) == own


@pytest.mark.parametrize("step", [-7200, -3, 3, 7200])
def test_a_step_of_the_clock_makes_nobody_dead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int):
    own = reference(os.getpid())
    assert own is not None
    # After a step the kernel tells another time of boot (proc(5), /proc/stat, btime), which start times rest on.
    (tmp_path / str(own.pid)).symlink_to(f"/proc/{own.pid}")
    kernel = Path("/proc/stat").read_text()
    (tmp_path / "stat").write_text(re.sub(r"btime (\d+)", lambda match: f"btime {int(match[1]) + step}", kernel))
    monkeypatch.setattr(psutil, "PROCFS_PATH", str(tmp_path))
    assert abs(psutil.Process(own.pid).create_time() - own.started) >= abs(step) - 1
    assert lives(own) is True


@pytest.mark.parametrize("hours", [-2, 2])
def test_a_step_of_the_clock_ends_no_command(begin, hours: int):
    running = begin(WORKING, Terms(orphan_seconds=30, grace_seconds=60))
    until(lambda: has_said(running, "working"))
    # What a lease looks like after a step: written at another time than it is now.
    then = time.time() + hours * 3600
    os.utime(running.folder / "lease", (then, then))
    # The supervisor looks at it every second.
    looked = time.monotonic() + 2.5
    until(lambda: time.monotonic() > looked or has_said(running, "interrupted"))
    assert not has_said(running, "interrupted")


def test_a_clock_that_was_put_back_still_lets_an_orphan_end(begin):
    running = begin(WORKING, Terms(orphan_seconds=1, grace_seconds=60))
    then = time.time() + 7200
    os.utime(running.folder / "lease", (then, then))
    until(lambda: has_said(running, "interrupted"))
