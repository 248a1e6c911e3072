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


def _children(pid: int) -> Iterator[int]:
    try:
        for thread in Path(f"/proc/{pid}/task").iterdir():
            for child in (thread / "children").read_text().split():
                yield int(child)
    except OSError:
        return


def _ticks(pid: int) -> int:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    # proc(5): utime, stime, cutime and cstime are fields 14 to 17; the name's end is field 2.
    return sum(int(field) for field in fields[11:15])


def processor_seconds(pid: int) -> float:
    """Return the processor time of a process, of its children that ended, and of those that live, in seconds."""
    total, waiting = 0, [pid]
    while waiting:
        current = waiting.pop()
        total += _ticks(current)
        waiting.extend(_children(current))
    return total / TICKS


class Costs:
    """Writes one line of JSON for each test into a file of this process."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file = (folder / f"{os.getpid()}.jsonl").open("w", buffering=1)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Measure from before the first fixture to after the last."""
        wall, cpu = time.perf_counter(), processor_seconds(os.getpid())
        result = yield
        spent = {
            "test": item.nodeid,
            "wall_seconds": round(time.perf_counter() - wall, 3),
            "cpu_seconds": round(max(0.0, processor_seconds(os.getpid()) - cpu), 3),
        }
        self._file.write(json.dumps(spent) + "\n")
        return result


def pytest_configure(config: pytest.Config) -> None:
    """Measure where a folder is named."""
    folder = os.environ.get(VARIABLE)
    if folder:
        config.pluginmanager.register(Costs(Path(folder)), "homeroom-costs")
