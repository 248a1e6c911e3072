"""Watches a simulated fleet from beside it: where its runs stand, what its processes take, how long pages take."""

from __future__ import annotations

import contextlib
import http.client
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import psutil
from django.db import connection

from benchmarks.played.processes import Processes

EVERY_SECONDS = 1.0
HOLDING = frozenset({"synthesizing", "planning", "applying", "verifying", "cancelling"})
STANDING = """
SELECT state, sent_at IS NOT NULL, count(*) FROM provisioning_run
WHERE state IN ('queued','synthesizing','planning','applying','verifying','cancelling','awaiting_approval','lost')
GROUP BY state, sent_at IS NOT NULL
"""


@dataclass
class Look:
    """Where the runs stood at one moment: how many were held by workers, were told of, waited, were lost."""

    at: float
    held: int
    told: int
    waiting: int
    lost: int
    applying: int


class Watch:
    """Looks every second."""

    def __init__(self) -> None:
        self.looks: list[Look] = []

    def watch(self, over: threading.Event) -> None:
        """Look until it is over."""
        while not over.wait(EVERY_SECONDS):
            self.looks.append(look())

    def between(self, first: float, last: float) -> list[Look]:
        """Return the looks of a time."""
        return [look for look in self.looks if first <= look.at <= last]


def look() -> Look:
    """Look now."""
    counts: Counter[tuple[str, bool]] = Counter()
    with connection.cursor() as cursor:
        cursor.execute(STANDING)
        for state, query, count in cursor.fetchall():
            counts[state, query] += count
    by_state: Counter[str] = Counter()
    for (state, _), count in counts.items():
        by_state[state] += count
    held = sum(by_state[state] for state in HOLDING)
    return Look(
        time.time(), held, counts["queued", True], counts["queued", False], by_state["lost"], by_state["applying"]
    )


def processor_seconds(processes: Processes) -> dict[str, float]:
    """Return what processors have worked so far for each group of processes, by what has been collected by them.

    Terraform and its supervisors are children of the workers, which add up what those that have ended took.
    """
    seconds: dict[str, float] = defaultdict(float)
    for name, group in processes.groups().items():
        for process in group:
            with contextlib.suppress(psutil.NoSuchProcess):
                times = process.cpu_times()
                seconds[name] += times.user + times.system
                key = "commands" if name == "workers" else name
                seconds[key] += times.children_user + times.children_system
    return seconds


def memory(processes: Processes) -> dict[str, tuple[int, float]]:
    """Return of each group how many processes it is and how many MiB they take, what several share parted among them.

    Source: Linux, proc(5), /proc/PID/smaps_rollup (Pss).
    """
    groups = processes.groups()
    own = {process.pid for process in groups["workers"]}
    groups["supervisors"], groups["Terraform"] = [], []
    for process in psutil.process_iter(["cmdline", "cwd"]):
        line = " ".join(process.info["cmdline"] or [])
        if process.pid not in own and str(processes.folder) in f"{line} {process.info['cwd']}":
            if "supervisor.py" in line:
                groups["supervisors"].append(process)
            elif "program.py" in line:
                groups["Terraform"].append(process)
    by_group = {}
    for name, group in groups.items():
        kilobytes, count = 0, 0
        for process in group:
            with contextlib.suppress(OSError, StopIteration):
                lines = Path(f"/proc/{process.pid}/smaps_rollup").read_text().splitlines()
                kilobytes += int(next(line for line in lines if line.startswith("Pss:")).split()[1])
                count += 1
        by_group[name] = (count, kilobytes / 1024)
    return by_group


@contextlib.contextmanager
def beside(work: Callable[[threading.Event], None]) -> Iterator[None]:
    """Have a thread work until what is within is done, which `work` is told by an event; raises what it raised."""
    over, failed = threading.Event(), list[Exception]()

    def run() -> None:
        try:
            work(over)
        except Exception as error:  # noqa: BLE001 - it is raised where somebody waits for us
            failed.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    if failed:
        raise failed[0]


@dataclass
class Pages:
    """Asks the web server for pages, one after the other, with a pause between."""

    port: int
    cookies: Mapping[str, str]
    addresses: list[str]
    pause: float = 0.1
    taken: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    refused: Counter[str] = field(default_factory=Counter)

    @contextlib.contextmanager
    def requesting(self) -> Iterator[None]:
        """Ask all the while."""
        with beside(self._ask_all):
            yield

    def _ask_all(self, over: threading.Event) -> None:
        while True:
            for address in self.addresses:
                if over.wait(self.pause):
                    return
                self.ask(address)

    def ask(self, address: str) -> None:
        """Ask for one page; its seconds are from the request's first byte to the answer's last."""
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        began = time.monotonic()
        try:
            link.request("GET", quote(address, safe="/?&=:%"), headers={"Cookie": cookie, "Accept-Encoding": "gzip"})
            answer = link.getresponse()
            answer.read()
        finally:
            link.close()
        self.taken[address].append(time.monotonic() - began)
        if answer.status != 200:
            self.refused[f"{address}: {answer.status}"] += 1
