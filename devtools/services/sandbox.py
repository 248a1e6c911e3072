"""The embedded AWS of the demo and the journeys: a process of its own; what it holds ends with it."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from devtools.environment import SANDBOX_CREDENTIALS, inherited
from processes.process import Service, running

START_SECONDS = 90.0


@dataclass(frozen=True)
class Sandbox:
    """A running embedded AWS and its address."""

    service: Service
    url: str


@contextlib.contextmanager
def running_sandbox(
    folder: Path, *, port: int = 0, processes: bool = False, record: Path | None = None
) -> Iterator[Sandbox]:
    """Run it on the loopback address, on a free port unless one is given; with `processes` behind its resources.

    With a file to `record` in, every call is noted there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    ready = folder / "sandbox.url"
    ready.unlink(missing_ok=True)
    command = [sys.executable, "-m", "sandbox", "--port", str(port), "--ready-file", str(ready)]
    command += ["--processes", str(folder / "processes")] if processes else []
    command += ["--record", str(record)] if record is not None else []
    environment = inherited() | SANDBOX_CREDENTIALS
    with running("Embedded AWS", command, log=folder / "sandbox.log", environment=environment) as service:
        service.wait_until(ready.exists, seconds=START_SECONDS, what="answering")
        yield Sandbox(service, ready.read_text().strip())
