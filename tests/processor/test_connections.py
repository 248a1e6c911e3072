"""The pool outlives a rotation, TLS is verified, and the migration makes the user that the secret names."""

from __future__ import annotations

import json
import threading
import time

import psycopg
import pytest
from psycopg import sql

from infra.sizes import PAUSE_SECONDS
from processes.postgres import Postgres
from processor.api.services import services
from processor.api.settings import ApiSettings
from processor.database import APPLICATION, parameters
from processor.pseudonyms import PseudonymKeyError, Pseudonyms
from processor.rotation import database
from processor.settings import Settings
from tests.processor import samples
from tests.processor.pipeline import Pipeline, Process

FIELDS = {"host": "db", "port": "5432", "dbname": "d", "username": "u", "password": "p"}


def test_a_rotation_under_load_fails_no_request(pipeline: Pipeline):
    failures: list[Exception] = []
    answered = [0]
    finished = threading.Event()
    manager = pipeline.client("secretsmanager")

    def ask() -> None:
        while not finished.is_set():
            try:
                with pool.connection(timeout=20) as connection:
                    connection.execute("SELECT version FROM homeroom.data_version")
                    answered[0] += 1
            except Exception as error:  # noqa: BLE001 - the test counts them
                failures.append(error)

    with pipeline.connections().pool("homeroom_reader", least=1, most=4) as pool:
        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for number in range(4):
            fields = json.loads(manager.get_secret_value(SecretId=pipeline.secret_arn)["SecretString"])
            fields["password"] = f"changed-{number}"
            pipeline.admin.execute(
                sql.SQL("ALTER ROLE homeroom_app PASSWORD {}").format(sql.Literal(fields["password"]))
            )
            manager.put_secret_value(SecretId=pipeline.secret_arn, SecretString=json.dumps(fields))
            # All connections are made anew, which asks for the secret as it is now.
            pool.drain()
            before = answered[0]
            while answered[0] < before + 20 and not failures:
                finished.wait(0.01)
        finished.set()
        for thread in threads:
            thread.join()
    assert failures == []
    assert answered[0] >= 80


RESUMES_SECONDS = 30
"""What a connection to a paused database waits for: 15 s and, after a day, 30 s and more (RDS, "automatic pause")."""


def open_ones(pipeline: Pipeline) -> int:
    query = "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s AND datname = current_database()"
    ((count,),) = pipeline.rows(query, APPLICATION)
    return int(count)


def until_none_is_open(pipeline: Pipeline) -> None:
    pause, end = threading.Event(), time.monotonic() + 20
    while open_ones(pipeline):
        assert time.monotonic() < end, "a connection is kept"
        pause.wait(0.05)


def test_a_pool_that_nobody_uses_keeps_no_connection(pipeline: Pipeline):
    """Aurora pauses only where nobody is connected."""
    with pipeline.connections().pool("homeroom_reader", idle_seconds=0.2) as pool:
        with pool.connection() as connection:
            connection.execute("SELECT version FROM homeroom.data_version")
        assert open_ones(pipeline) == 1
        until_none_is_open(pipeline)
        with pool.connection() as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_worker_that_waits_for_messages_keeps_no_connection(pipeline: Pipeline):
    worker = pipeline.worker()
    pipeline.upload("fall.csv", samples.PLAIN)
    worker._one_round()
    assert pipeline.rows("SELECT state FROM homeroom.file") == [("merged",)]
    assert open_ones(pipeline) == 1
    worker._one_round()
    until_none_is_open(pipeline)


def test_the_api_lets_its_database_pause_and_waits_until_it_has_resumed(pipeline: Pipeline, monkeypatch):
    for name, value in pipeline.environment().items():
        monkeypatch.setenv(name, value)
    running = services(Settings.read(), ApiSettings.read())
    try:
        assert running.pool.min_size == 0
        assert running.pool.max_idle < PAUSE_SECONDS
        assert running.pool.timeout > RESUMES_SECONDS
        assert open_ones(pipeline) == 0
    finally:
        running.close()
    for seconds in (parameters(FIELDS, tls="off", authorities="")["connect_timeout"], database.TIMEOUT_SECONDS):
        assert seconds > RESUMES_SECONDS


def test_tls_is_verified_unless_the_environment_says_that_there_is_none():
    assert parameters(FIELDS, tls="verify-full", authorities="/ca.pem")["sslmode"] == "verify-full"
    assert parameters(FIELDS, tls="verify-full", authorities="/ca.pem")["sslrootcert"] == "/ca.pem"
    assert parameters(FIELDS, tls="", authorities="")["sslrootcert"] == "system"
    assert "sslmode" not in parameters(FIELDS, tls="off", authorities="")


def test_a_server_without_tls_is_refused(pipeline_server: Postgres):
    fields = FIELDS | {"host": "localhost", "port": str(pipeline_server.port), "password": pipeline_server.password}
    with pytest.raises(psycopg.OperationalError, match="SSL"):
        psycopg.connect(**parameters(fields, tls="verify-full", authorities=""))


def test_another_pseudonym_key_is_refused(pipeline: Pipeline):
    with pipeline.connections().opened("homeroom_writer", autocommit=True) as writer:
        pipeline.pseudonyms.check(writer)
        pipeline.pseudonyms.check(writer)
        with pytest.raises(PseudonymKeyError, match="not the one"):
            Pseudonyms({"pseudonym_key": "another key of more than twenty"}).check(writer)


def test_the_migration_can_be_called_twice_and_makes_the_user_of_the_secret(pipeline: Pipeline):
    manager = pipeline.client("secretsmanager")
    fields = json.loads(manager.get_secret_value(SecretId=pipeline.secret_arn)["SecretString"])
    username = f"made_{pipeline.bucket[-8:]}"
    manager.put_secret_value(
        SecretId=pipeline.secret_arn, SecretString=json.dumps(fields | {"username": username, "password": "new"})
    )
    empty = manager.create_secret(Name=f"pseudonym-{pipeline.bucket[-8:]}")["ARN"]
    for expected in ("made", "there"):
        start = pipeline.start_cold if expected == "made" else pipeline.start
        ran: Process = start("migrate", PSEUDONYM_SECRET_ARN=empty)
        output = ran.communicate(timeout=60)[0]
        assert ran.returncode == 0, output
        report = {"revision": "0018", "application_user": expected, "pseudonym_key": expected}
        assert json.loads(output.splitlines()[-1]) == report
    with pipeline.connections().opened("homeroom_reader") as connection:
        assert connection.execute("SELECT session_user, current_user").fetchone() == (username, "homeroom_reader")
