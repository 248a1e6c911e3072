"""What a test cost is counted with all that its processes spend."""

from __future__ import annotations

import subprocess
import sys
import time

from tests.costs import processor_seconds

SPENDS = """
import time
print("begun", flush=True)
while time.process_time() < 0.3:
    pass
print("spent", flush=True)
input()
"""
STARTS_IN_A_THREAD = f"""
import subprocess, sys, threading
thread = threading.Thread(target=subprocess.run, args=([sys.executable, "-I", "-S", "-c", {SPENDS!r}],))
thread.start()
thread.join()
"""
WAITS = f"""
import subprocess, sys
subprocess.run([sys.executable, "-I", "-S", "-c", {SPENDS!r}])
print("ended", flush=True)
input()
"""


def test_what_a_living_grandchild_spends_is_counted_whichever_thread_started_it() -> None:
    command = [sys.executable, "-I", "-S", "-c", STARTS_IN_A_THREAD]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as started:
        assert started.stdout is not None
        assert [started.stdout.readline(), started.stdout.readline()] == ["begun\n", "spent\n"]
        own = processor_seconds(started.pid)
        started.communicate("\n")
    assert own >= 0.3


def test_what_has_ended_is_still_counted_with_who_waited_for_it() -> None:
    began = time.perf_counter()
    command = [sys.executable, "-I", "-S", "-c", WAITS]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as started:
        assert started.stdin is not None
        assert started.stdout is not None
        started.stdin.write("\n")
        started.stdin.flush()
        assert [started.stdout.readline() for _ in range(3)] == ["begun\n", "spent\n", "ended\n"]
        spent = processor_seconds(started.pid)
        started.communicate("\n")
    assert 0.3 <= spent <= time.perf_counter() - began + 1


def test_a_process_that_is_not_there_has_spent_nothing() -> None:
    with subprocess.Popen([sys.executable, "-I", "-S", "-c", ""]) as started:
        pass
    assert processor_seconds(started.pid) == 0
