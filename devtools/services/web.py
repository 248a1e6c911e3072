"""The portal's web server."""

from __future__ import annotations

import contextlib
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path

from processes.process import LOOPBACK, Service, running

START_SECONDS = 180.0
"""A machine that has much other work takes its time."""
WORKERS = 2


def is_ready(url: str) -> bool:
    """Return whether the portal answers and reaches its database."""
    try:
        with urllib.request.urlopen(f"{url}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


@contextlib.contextmanager
def running_web(folder: Path, environment: Mapping[str, str], *, port: int) -> Iterator[Service]:
    """Run gunicorn on the loopback address."""
    command = [sys.executable, "-m", "gunicorn", "portal.wsgi", "--bind", f"{LOOPBACK}:{port}", "--no-control-socket"]
    command += ["--config", "python:portal.web_server", "--workers", str(WORKERS)]
    with running("Web server", command, log=folder / "web.log", environment=environment) as service:
        service.wait_until(
            lambda: is_ready(f"http://{LOOPBACK}:{port}"), seconds=START_SECONDS, what="answering /readyz"
        )
        yield service
