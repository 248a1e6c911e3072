"""Pulls that are torn apart, refused, busy, tried, paused: nothing is passed over, and the page says what to do."""

from __future__ import annotations

import contextlib
import json
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from devtools.services.oneroster_source import OneRosterSource
from processor.faults import PULL_POINTS, VARIABLE
from processor.ingest.process import Ended
from processor.sources import credentials, oneroster, store
from processor.sources.client import Credentials
from processor.sources.model import Kind, State, Wish
from processor.sources.problems import SourceProblemError
from tests.processor.pipeline import Pipeline
from tests.processor.sources.world import ACCESS, World, fill_oneroster, put_student, world


@pytest.fixture
def maple(pipeline: Pipeline) -> Iterator[World]:
    standin = OneRosterSource()
    fill_oneroster(standin)
    with world(pipeline, standin, Kind.ONEROSTER) as running:
        yield running


def secret_of(maple: World) -> str:
    """Return a secret with the source's credentials in it, under their label."""
    manager = maple.pipeline.client("secretsmanager")
    arn = str(manager.create_secret(Name=f"sources-{maple.pipeline.bucket}")["ARN"])
    secret = Credentials(maple.standin.client_id, maple.standin.client_secret)
    version = credentials.write(manager, arn, maple.source_id, secret)
    store.credentials_written(maple.connection, maple.source_id, version, ACCESS)
    return arn


@pytest.mark.parametrize("point", PULL_POINTS)
def test_a_worker_that_dies_in_a_pull_loses_nothing(maple: World, point: str):
    arn = secret_of(maple)
    address = maple.standin.url.removeprefix("http://")
    environment = {"SOURCES_SECRET_ARN": arn, "SOURCES_LET_IN": address}
    process = maple.pipeline.start("worker", "--wait-seconds", "1", **environment, **{VARIABLE: point})
    assert process.wait(60) != 0
    # The next worker has the message of what was written, or pulls the same again once that is given up.
    maple.connection.execute("UPDATE homeroom.source_batch SET pulled_at = pulled_at - interval '1 hour'")
    maple.pipeline.drain()
    maple.pull_all()
    assert [row[2] for row in maple.scores()] == [201.0, 202.0, 203.0]
    assert maple.pipeline.rows("SELECT count(*), count(DISTINCT record_id) FROM homeroom.result") == [(3, 3)]


def test_the_worker_pulls_what_is_due_without_being_asked(maple: World):
    arn = secret_of(maple)
    environment = {"SOURCES_SECRET_ARN": arn, "SOURCES_LET_IN": maple.standin.url.removeprefix("http://")}
    process = maple.pipeline.start("worker", "--wait-seconds", "1", **environment)
    try:
        until = time.monotonic() + 60
        while len(maple.scores()) < 3:
            assert process.poll() is None
            assert time.monotonic() < until
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.1)
        maple.pipeline.wait_until_settled(process)
    finally:
        process.terminate()
        process.wait(60)
    assert process.stdout is not None
    words = process.stdout.read()
    assert "Lovelace" not in words
    assert maple.standin.client_secret not in words


def test_a_cursor_moves_with_the_rows_and_not_before(maple: World):
    maple.due()
    assert maple.pulling().pull_next(maple.connection)
    cursors = "SELECT resource FROM homeroom.source_cursor ORDER BY 1"
    stored = [("demographics",), ("scoreScales",)]
    assert maple.pipeline.rows(cursors) == stored, "Only what had no rows may have moved."
    maple.due()
    assert maple.pulling().pull_next(maple.connection)
    waiting = maple.pipeline.rows("SELECT count(*) FROM homeroom.source_batch")
    assert waiting == [(6,)], "What waits to be stored is not pulled again."
    maple.pipeline.drain()
    assert len(maple.pipeline.rows(cursors)) == 8


def test_a_trial_stores_nothing_and_moves_nothing(maple: World):
    assert {result.ended for result in maple.wish(Wish.TRY)} == {Ended.TRIED}
    assert maple.scores() == []
    assert maple.pipeline.rows("SELECT count(*) FROM homeroom.source_cursor") == [(0,)]
    maple.pull()
    assert len(maple.scores()) == 3


def test_a_test_counts_and_stores_nothing(maple: World):
    assert maple.wish(Wish.TEST) == []
    ((counts,),) = [maple.row("found")]
    assert (counts["users"], counts["results"], counts["scoreScales"]) == (4, 3, 0)
    assert maple.pipeline.rows("SELECT count(*) FROM homeroom.file") == [(0,)]


def test_a_busy_source_is_asked_again_when_it_says(maple: World):
    maple.standin.busy = [(429, "7"), (503, ""), (500, "")]
    maple.pull()
    assert maple.waited[0] == 7.0
    assert all(0 < seconds <= 8 for seconds in maple.waited[1:])
    assert len(maple.scores()) == 3


def test_a_source_that_stays_busy_is_tried_later_and_later(maple: World):
    for failures in (1, 2):
        maple.standin.busy = [(503, "9999")] * 5
        maple.pull()
        assert maple.row("failures, problem_code") == (failures, "busy")
    assert max(maple.waited) <= 60
    assert maple.row("next_pull_at > now() + interval '9 minutes'") == (True,)
    maple.pull()
    assert maple.row("failures, problem_code") == (0, None)


def test_wrong_credentials_are_said_and_never_shown(maple: World, caplog: pytest.LogCaptureFixture):
    maple.pull(credentials=lambda source_id: Credentials("nobody", "wrong-secret-word"))
    assert maple.row("problem_code") == ("not_let_in",)
    document = json.dumps(maple.pipeline.rows("SELECT row_to_json(s)::text FROM homeroom.source s"))
    assert "wrong-secret-word" not in document + caplog.text + repr(Credentials("nobody", "wrong-secret-word"))


def test_a_token_that_ends_is_fetched_anew(maple: World):
    maple.standin.token_seconds = 0.0001
    maple.pull()
    assert maple.row("problem_code") == ("not_let_in",), "Each token has ended before it was used."
    maple.standin.token_seconds = 1800.0
    maple.pull()
    assert len(maple.scores()) == 3


def test_a_paused_source_waits_and_a_removed_one_is_gone(maple: World):
    store.change(maple.connection, maple.source_id, State.PAUSED, ACCESS)
    maple.due()
    assert not maple.pulling().pull_next(maple.connection)
    store.change(maple.connection, maple.source_id, State.ACTIVE, ACCESS)
    assert maple.pulling().pull_next(maple.connection)
    store.change(maple.connection, maple.source_id, State.REMOVED, ACCESS)
    maple.pipeline.drain()
    assert not maple.pulling().pull_next(maple.connection)
    with pytest.raises(store.NoSourceError):
        store.wish(maple.connection, maple.source_id, Wish.PULL, ACCESS)
    purposes = [row[0] for row in maple.pipeline.rows(
        "SELECT purpose FROM homeroom.access_record WHERE source = 'test' ORDER BY access_id"
    )]  # fmt: skip
    assert purposes[0] == f"source {maple.source_id} added"
    assert purposes[-1] == f"source {maple.source_id} removed"
    assert maple.pipeline.rows("SELECT homeroom.first_broken_link()") == [(None,)]


def test_all_of_a_source_can_be_pulled_anew(maple: World):
    maple.pull_all()
    put_student(maple.standin, 1, 288, "2020-01-01T00:00:00.000Z")  # type: ignore[arg-type]
    maple.pipeline.admin.execute("DELETE FROM homeroom.result")
    store.begin_anew(maple.connection, maple.source_id, ACCESS)
    assert maple.pulling().pull_next(maple.connection)
    maple.pipeline.drain()
    assert [row[2] for row in maple.scores()] == [288.0, 202.0, 203.0]


def test_two_workers_do_not_pull_one_source_at_a_time(maple: World):
    maple.due()
    claimed = store.claim_due(maple.connection)
    assert claimed is not None
    with maple.pipeline.connections().opened("homeroom_writer", autocommit=True) as second:
        assert store.claim_due(second) is None
        store.release(maple.connection, claimed.source_id)
        assert store.claim_due(second) is not None


def test_a_batch_that_was_refused_is_pulled_again(maple: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(oneroster, "archive", lambda resource, rows: b"no archive")
    assert {result.ended for result in maple.pull()} == {Ended.REJECTED}
    monkeypatch.undo()
    maple.pull()
    assert len(maple.scores()) == 3


def test_names_numbers_and_addresses_of_sources_are_checked(maple: World):
    source = replace(store.of_row((0, "edfi", "Other", maple.standin.url, "", 60, "active", None)))
    reach = maple.pulling().reach
    for changes in (
        {"name": ""}, {"name": "maple's SYSTEM"}, {"every_minutes": 1}, {"address": "https://10.0.0.1/"},
        {"kind": Kind.ONEROSTER, "token_address": ""}, {"token_address": "http://169.254.169.254/latest"},
    ):  # fmt: skip
        with pytest.raises(SourceProblemError):
            store.add(maple.connection, replace(source, **changes), reach, ACCESS)
    for number in range(credentials.MOST_SOURCES - 1):
        store.add(maple.connection, replace(source, name=f"Other {number}"), reach, ACCESS)
    with pytest.raises(SourceProblemError, match="15 sources"):
        store.add(maple.connection, source, reach, ACCESS)


def test_credentials_are_kept_under_their_own_label_and_go_with_it(maple: World):
    manager = maple.pipeline.client("secretsmanager")
    arn = str(manager.create_secret(Name=f"labels-{maple.pipeline.bucket}")["ARN"])
    versions = {number: credentials.write(manager, arn, number, Credentials(f"id{number}", "s")) for number in (1, 2)}
    assert credentials.read(manager, arn, 1).client_id == "id1"
    assert manager.get_secret_value(SecretId=arn)["SecretString"] == credentials.EMPTY
    credentials.forget(manager, arn, 1, versions[1])
    credentials.forget(manager, arn, 1, versions[1])
    with pytest.raises(SourceProblemError):
        credentials.read(manager, arn, 1)
    assert credentials.read(manager, arn, 2).client_id == "id2"
