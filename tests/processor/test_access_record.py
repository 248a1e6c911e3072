"""The record of access: in the same transaction or not at all, never changed, and provably whole."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Iterator

import psycopg
import pytest

from processes.postgres import Postgres
from processor.access import Access, Scope, close_access, open_access
from processor.access_log import LOCK, AccessLog, Sender
from tests.processor import samples
from tests.processor.pipeline import Pipeline, running_pipeline

READ = Access("teacher", "Oak School", "parent conference", Scope.STUDENT, "10.0.0.1", "req-1")


@pytest.fixture(scope="module")
def shared(pipeline_server: Postgres, sandbox_url: str) -> Iterator[Pipeline]:
    with running_pipeline(pipeline_server, sandbox_url) as pipeline:
        pipeline.take("fall.csv", samples.PLAIN)
        yield pipeline


@pytest.fixture
def reader(shared: Pipeline) -> Iterator[psycopg.Connection]:
    with shared.connections().opened("homeroom_reader") as connection:
        yield connection


def test_what_was_opened_and_not_closed_fails_the_commit(shared: Pipeline, reader: psycopg.Connection):
    before = shared.rows("SELECT count(*) FROM homeroom.access_record")
    open_access(reader, READ, [shared.pseudonyms.uuid("1001")])
    with pytest.raises(psycopg.errors.CheckViolation, match="never closed"):
        reader.commit()
    assert shared.rows("SELECT count(*) FROM homeroom.access_record") == before


def test_a_read_that_fails_leaves_no_record_and_no_link(shared: Pipeline, reader: psycopg.Connection):
    before = shared.rows("SELECT count(*) FROM homeroom.access_chain")
    close_access(reader, open_access(reader, READ, [shared.pseudonyms.uuid("1001")]), 1)
    reader.rollback()
    assert shared.rows("SELECT count(*) FROM homeroom.access_chain") == before


def test_a_record_opens_its_own_students_only_and_only_in_its_transaction(shared: Pipeline, reader: psycopg.Connection):
    ada = shared.pseudonyms.uuid("1001")
    opened = open_access(reader, READ, [ada])
    for table in ("student_name", "student_identity", "result", "enrolment", "student"):
        assert reader.execute(f"SELECT DISTINCT student FROM homeroom.{table}").fetchall() == [(ada,)], table
    close_access(reader, opened, 1)
    reader.commit()
    assert reader.execute("SELECT count(*) FROM homeroom.student_name").fetchone() == (0,)


def test_without_a_role_there_is_no_right(shared: Pipeline):
    with shared.connections().open() as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("SELECT 1 FROM homeroom.result")


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE homeroom.access_record SET actor = 'nobody'",
        "UPDATE homeroom.access_record SET rows = NULL",
        "DELETE FROM homeroom.access_record",
        "TRUNCATE homeroom.access_record CASCADE",
        "DELETE FROM homeroom.access_student",
        "INSERT INTO homeroom.access_student SELECT access_id, gen_random_uuid() FROM homeroom.access_record LIMIT 1",
        "UPDATE homeroom.access_chain SET hash = previous_hash",
        "DELETE FROM homeroom.access_chain",
        "UPDATE homeroom.erasure SET reason = ''",
    ],
)
def test_nothing_of_it_can_be_changed_even_by_a_superuser(shared: Pipeline, change: str):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        shared.admin.execute(change)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE homeroom.access_record SET actor = 'nobody' WHERE access_id = (SELECT min(access_id) FROM "
        "homeroom.access_record)",
        "DELETE FROM homeroom.access_student WHERE access_id = (SELECT min(access_id) FROM homeroom.access_student)",
        "DELETE FROM homeroom.access_chain WHERE position = 1",
        "UPDATE homeroom.access_chain SET hash = sha256('x') WHERE position = 1",
        "INSERT INTO homeroom.access_record (transaction_id, at, database_user, actor, on_behalf_of, purpose, scope, "
        "source, request, rows) VALUES ('1', now(), 'x', 'x', 'x', 'x', 'audit', 'x', 'x', 1)",
    ],
)
def test_whoever_disables_the_triggers_breaks_the_chain(shared: Pipeline, change: str):
    with shared.admin.transaction(force_rollback=True):
        shared.admin.execute("SET LOCAL session_replication_role = replica")
        shared.admin.execute(change)
        ((broken,),) = shared.rows("SELECT homeroom.first_broken_link()")
        assert broken is not None
    assert shared.rows("SELECT homeroom.first_broken_link()") == [(None,)]


def test_many_at_once_make_one_chain(shared: Pipeline):
    def read() -> None:
        with shared.connections().opened("homeroom_reader") as connection:
            for _ in range(10):
                close_access(connection, open_access(connection, READ), 0)
                connection.commit()

    threads = [threading.Thread(target=read) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ((links, last),) = shared.rows("SELECT count(*), max(position) FROM homeroom.access_chain")
    assert links == last
    assert shared.rows("SELECT homeroom.first_broken_link()") == [(None,)]


def test_records_go_to_the_log_group_in_order_and_once(pipeline: Pipeline):
    pipeline.take("fall.csv", samples.PLAIN)
    logs = pipeline.client("logs")
    group = f"access-{pipeline.bucket}"
    logs.create_log_group(logGroupName=group)
    with pipeline.connections().opened("homeroom_writer", autocommit=True) as writer:
        assert AccessLog(logs, group, "a").send(writer) == 1
        assert AccessLog(logs, group, "b").send(writer) == 0
    (event,) = logs.filter_log_events(logGroupName=group)["events"]
    assert str(pipeline.pseudonyms.uuid("1001")) in event["message"]
    assert '"purpose": "processing of uploaded results"' in event["message"]


def test_a_sender_is_connected_only_while_there_is_something_to_send(pipeline: Pipeline):
    logs = pipeline.client("logs")
    group = f"access-{pipeline.bucket}"
    logs.create_log_group(logGroupName=group)
    opened: queue.Queue[psycopg.Connection] = queue.Queue()

    def told() -> psycopg.Connection:
        connection = pipeline.connections().open(autocommit=True)
        connection.execute("SET ROLE homeroom_writer")
        opened.put(connection)
        return connection

    def recorded() -> None:
        with pipeline.connections().opened("homeroom_reader") as reader:
            close_access(reader, open_access(reader, READ), 0)
            reader.commit()

    recorded()
    sender = Sender(AccessLog(logs, group, "a"), told, every_seconds=0.01)
    first = opened.get(timeout=20)
    sender.close()
    assert first.closed
    assert opened.qsize() <= 1, "at its start, and where it ends"
    opened.queue.clear()
    assert len(logs.filter_log_events(logGroupName=group)["events"]) == 1

    sender = Sender(AccessLog(logs, group, "b"), told, every_seconds=0.01)
    opened.get(timeout=20)
    idle = threading.Event()
    assert not idle.wait(0.3)
    assert opened.empty(), "nothing was recorded, and it asked again"
    recorded()
    sender.used()
    assert opened.get(timeout=20)
    sender.close()
    assert len(logs.filter_log_events(logGroupName=group)["events"]) == 2


def test_a_record_is_sent_later_where_another_process_is_sending(pipeline: Pipeline):
    logs = pipeline.client("logs")
    group = f"access-{pipeline.bucket}"
    logs.create_log_group(logGroupName=group)
    with pipeline.connections().opened("homeroom_writer", autocommit=True) as writer, pipeline.admin.transaction():
        pipeline.admin.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
        assert not AccessLog(logs, group, "a").send_all(writer), "who cannot send must not believe that all is sent"
    with pipeline.connections().opened("homeroom_writer", autocommit=True) as writer:
        assert AccessLog(logs, group, "a").send_all(writer)


def test_the_workers_process_sends_everybodys_records_while_it_waits(pipeline: Pipeline):
    logs = pipeline.client("logs")
    group = f"access-{pipeline.bucket}"
    logs.create_log_group(logGroupName=group)
    # More than go in one call, of another process.
    with pipeline.connections().opened("homeroom_reader") as reader:
        for _ in range(230):
            close_access(reader, open_access(reader, READ), 0)
            reader.commit()
    pipeline.upload("fall.csv", samples.PLAIN)
    process = pipeline.start("worker", "--wait-seconds=1", ACCESS_LOG_GROUP=group)
    try:
        pipeline.wait_until_settled(process)
    finally:
        process.terminate()
    assert process.wait(60) == 0
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group)
    lines = [json.loads(event["message"]) for page in pages for event in page["events"]]
    assert sorted(line["position"] for line in lines) == list(range(1, 232))
    assert {line["actor"] for line in lines} == {READ.actor, "ingest worker"}
    hashes = dict(pipeline.rows("SELECT position, encode(hash, 'hex') FROM homeroom.access_chain"))
    assert {line["position"]: line["hash"] for line in lines} == hashes
