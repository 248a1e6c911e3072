"""A pytest plugin that writes what each test cost: seconds of wall time and of processor time, its children's included.

Off unless PYTEST_COSTS names a folder; `benchmarks/suite.py` turns it on. A process that outlives its parent
(Terraform's supervisor) is counted until its parent ends; the whole run's figure, which the benchmark takes from the
kernel, has it all. A test in which more goes out of sight than it spent (a module's browser ends with its last one)
cost nothing: what was counted for the others stays.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

VARIABLE = "PYTEST_COSTS"
TICKS = os.sysconf("SC_CLK_TCK")
LONGEST = 2**16


def _read(path: str) -> bytes:
    """Return what a file of proc(5) holds.

    A run reads a million of them: pathlib, buffers and decoding would cost half a minute of the time that is measured.
    """
    file = os.open(path, os.O_RDONLY)
    try:
        return os.read(file, LONGEST)
    finally:
        os.close(file)


def _children(pid: int, threads: int) -> Iterator[int]:
    """Yield the children of a process; each is that of one of its threads."""
    try:
        for thread in os.listdir(f"/proc/{pid}/task") if threads > 1 else (pid,):  # noqa: PTH208
            yield from map(int, _read(f"/proc/{pid}/task/{thread}/children").split())
    except OSError:
        return


def processor_seconds(pid: int) -> float:
    """Return the processor time of a process, of its children that ended, and of those that live, in seconds."""
    total, waiting = 0, [pid]
    while waiting:
        current = waiting.pop()
        try:
            fields = _read(f"/proc/{current}/stat").rpartition(b")")[2].split()
        except OSError:
            continue
        # proc(5): utime, stime, cutime and cstime are fields 14 to 17, num_threads is 20; the name's end is field 2.
        total += sum(map(int, fields[11:15]))
        waiting.extend(_children(current, int(fields[17])))
    return total / TICKS


class Costs:
    """Writes one line of JSON for each test into a file of this process."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file = (folder / f"{os.getpid()}.jsonl").open("w", buffering=1)
        self._before: float | None = None

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Measure from before the first fixture to after the last: where one ends the next one begins."""
        wall = time.perf_counter()
        before = processor_seconds(os.getpid()) if self._before is None else self._before
        result = yield
        self._before = processor_seconds(os.getpid())
        spent = {
            "test": item.nodeid,
            "wall_seconds": round(time.perf_counter() - wall, 3),
            "cpu_seconds": round(max(0.0, self._before - before), 3),
        }
        self._file.write(json.dumps(spent) + "\n")
        return result


def pytest_configure(config: pytest.Config) -> None:
    """Measure where a folder is named."""
    folder = os.environ.get(VARIABLE)
    if folder:
        config.pluginmanager.register(Costs(Path(folder)), "homeroom-costs")
