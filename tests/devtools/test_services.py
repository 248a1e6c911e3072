"""Processes that we start end with us, however we end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import redis

from devtools.environment import inherited
from devtools.errors import ServiceFailedError
from devtools.services.broker import running_broker
from devtools.services.guard import descendants
from devtools.services.process import running

OWNER = """
import sys, time
from pathlib import Path
from devtools.environment import inherited
from devtools.services.process import running
folder = Path(sys.argv[1])
grandchild = "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])"
command = [sys.executable, "-c", grandchild + "; time.sleep(600)"]
with running("Thing", command, log=folder / "log", environment=inherited()):
    print("ready", flush=True)
    time.sleep(600)
"""


def is_alive(pid: int) -> bool:
    stat = Path("/proc", str(pid), "stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


def until(condition, seconds: float = 20.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=lambda number: number.name)
def test_whoever_dies_leaves_nothing_running(tmp_path, number):
    owner = subprocess.Popen([sys.executable, "-c", OWNER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    assert owner.stdout.readline() == "ready\n"
    # Guard, command and the command's own child.
    assert until(lambda: len(descendants(owner.pid)) >= 3)
    below = descendants(owner.pid)
    os.kill(owner.pid, number)
    owner.wait()
    owner.stdout.close()
    assert until(lambda: not any(is_alive(pid) for pid in below)), "processes were left behind"


def test_a_broker_answers_and_ends(tmp_path):
    with running_broker(tmp_path) as broker:
        assert redis.Redis.from_url(broker.url).ping()
        with pytest.raises(redis.AuthenticationError):
            redis.Redis.from_url(broker.url.replace("//:", "//:wrong")).ping()
    with pytest.raises(redis.ConnectionError):
        redis.Redis.from_url(broker.url).ping()


def test_a_service_that_ends_at_once_says_its_own_words(tmp_path):
    command = [sys.executable, "-c", "import sys; sys.exit('no such luck')"]
    with (
        running("Thing", command, log=tmp_path / "log", environment=inherited()) as service,
        pytest.raises(ServiceFailedError, match="no such luck"),
    ):
        service.wait_until(lambda: False, seconds=10, what="ready")
