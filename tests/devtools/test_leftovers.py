"""What a test run may leave behind is found: a process, a listening port, a session of the database, a folder."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from tests.leftovers import entries, other_sessions, ports, processes, until_none


def test_a_process_of_the_session_is_found_until_it_has_ended(tmp_path: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-S", "-c", "import sys; print(flush=True); sys.stdin.read()"],
        env={**os.environ, "ANY": str(tmp_path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    with child:
        assert child.stdout is not None
        child.stdout.readline()
        (leftover,) = processes(tmp_path)
        assert leftover.startswith(f"process {child.pid}: ")
    assert processes(tmp_path) == []


def test_a_listening_port_is_found_until_it_is_closed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        mine = f"listening port {server.getsockname()[1]}"
        assert mine in ports()
    assert mine not in ports()


@pytest.mark.django_db
def test_a_session_of_the_database_is_found_until_it_is_closed() -> None:
    settings = connection.settings_dict
    at = {
        "host": settings["HOST"],
        "port": settings["PORT"],
        "user": settings["USER"],
        "password": settings["PASSWORD"],
    }
    with psycopg.connect(**at, dbname=settings["NAME"]) as session:
        session.execute("SELECT 4711")
        (leftover,) = other_sessions()
        assert "SELECT 4711" in leftover
    assert until_none(other_sessions) == []


def test_looking_ends_with_the_first_look_that_finds_nothing_or_with_the_time() -> None:
    looks = [["one"], [], ["never seen"]]
    assert until_none(lambda: looks.pop(0)) == []
    assert looks == [["never seen"]]
    assert until_none(lambda: ["always"], seconds=0) == ["always"]


def test_a_folder_is_found_where_no_command_and_no_cache_has_one(tmp_path: Path) -> None:
    var = tmp_path / "var"
    for allowed in (".mypy_cache", "var/demo", "var/faults-4711", "var/tests/1-run"):
        (tmp_path / allowed).mkdir(parents=True)
    before = entries(tmp_path, var)
    assert before == {var}
    for name in ("output", "var/workspace", "var/tests/2-run", ".cache"):
        (tmp_path / name).mkdir()
    assert entries(tmp_path, var) - before == {tmp_path / "output", var / "workspace"}
