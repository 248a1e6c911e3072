"""Starts the embedded AWS as a child process, for tests.

Waits for the process's own word that it answers, and always ends it.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
START_SECONDS = 60.0
END_SECONDS = 5.0
POLL_SECONDS = 0.02


class SandboxFailedError(RuntimeError):
    """The embedded AWS ended, or did not answer in time; carries the end of its log."""


@dataclass(frozen=True)
class Sandbox:
    """A running embedded AWS."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path


@contextlib.contextmanager
def running_sandbox(
    *, folder: Path | None = None, start_seconds: float = START_SECONDS, processes: bool = False
) -> Iterator[Sandbox]:
    """Run `python -m sandbox` on a free loopback port; raises SandboxFailedError when it does not come up.

    With `processes`, what stands behind its resources are real ones.
    """
    with contextlib.ExitStack() as cleanup:
        if folder is None:
            folder = Path(cleanup.enter_context(tempfile.TemporaryDirectory(prefix="sandbox-")))
        folder.mkdir(parents=True, exist_ok=True)
        ready, log = folder / "sandbox.url", folder / "sandbox.log"
        ready.unlink(missing_ok=True)
        output = cleanup.enter_context(log.open("wb"))
        command = [sys.executable, "-m", "sandbox", "--ready-file", str(ready)]
        command += ["--processes", str(folder / "processes")] if processes else []
        process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        cleanup.callback(_end, process)
        yield Sandbox(_wait(process, ready, log, start_seconds), process, log)


def _wait(process: subprocess.Popen[bytes], ready: Path, log: Path, seconds: float) -> str:
    deadline = time.monotonic() + seconds
    while not ready.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            tail = "\n".join(log.read_text(errors="replace").splitlines()[-20:])
            raise SandboxFailedError(f"the sandbox did not come up within {seconds:.0f} s. Its log ends:\n{tail}")
        time.sleep(POLL_SECONDS)
    return ready.read_text().strip()


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
