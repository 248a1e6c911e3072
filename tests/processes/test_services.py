"""Processes that we start end with us, however we end."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
import redis

from devtools.environment import inherited
from devtools.services.broker import running_broker
from processes.errors import ServiceFailedError
from processes.guard import descendants
from processes.postgres import Postgres, running_postgres
from processes.process import running
from processes.stale_server import lock_holder, stop_stale_server

OWNER = """
import sys, time
from pathlib import Path
from devtools.environment import inherited
from processes.process import running
folder = Path(sys.argv[1])
grandchild = "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])"
command = [sys.executable, "-c", grandchild + "; time.sleep(600)"]
with running("Thing", command, log=folder / "log", environment=inherited()):
    print("ready", flush=True)
    time.sleep(600)
"""


def is_alive(pid: int) -> bool:
    try:
        stat = Path("/proc", str(pid), "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        # It may end between the opening of the file and its reading: then Linux says that there is no such process.
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


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


def connect(postgres: Postgres) -> psycopg.Connection:
    connection = psycopg.connect(postgres.url)
    assert connection.execute("SELECT 1").fetchone() == (1,)
    return connection


def test_a_postgres_starts_at_once_after_all_of_the_one_before_was_killed(tmp_path):
    for _ in range(3):
        with running_postgres(tmp_path / "postgres") as postgres, contextlib.closing(connect(postgres)):
            killed = [postgres.service.guard.pid, *descendants(postgres.service.guard.pid)]
            # Stopped first, so that none of them can put anything in order while the others die.
            for number in (signal.SIGSTOP, signal.SIGKILL):
                for pid in killed:
                    os.kill(pid, number)
            with running_postgres(tmp_path / "postgres") as again, contextlib.closing(connect(again)):
                pass


def test_a_postgres_that_works_on_the_folder_is_named_and_left_alone(tmp_path):
    with running_postgres(tmp_path / "postgres") as postgres:
        data = tmp_path / "postgres" / "data"
        with pytest.raises(ServiceFailedError, match=f"process {lock_holder(data)}"):
            stop_stale_server(data, seconds=0.2)
        connect(postgres).close()


def test_a_lock_that_another_program_has_the_number_of_is_taken_away(tmp_path):
    with running_postgres(tmp_path / "postgres"):
        pass
    lock = tmp_path / "postgres" / "data" / "postmaster.pid"
    # As after a power cut, when the number has gone to somebody else.
    lock.write_text(f"{os.getppid()}\n")
    with running_postgres(tmp_path / "postgres") as postgres, contextlib.closing(connect(postgres)):
        pass


def test_a_postgres_has_the_further_settings_that_it_is_given(tmp_path):
    with (
        running_postgres(tmp_path / "postgres", more=["max_connections=37"]) as postgres,
        contextlib.closing(connect(postgres)) as session,
    ):
        assert session.execute("SHOW max_connections").fetchone() == ("37",)
