"""Any order and any repetition of deltas ends with what a simple model says: for each id, the newest change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from processes.postgres import Postgres
from processor.formats import oneroster_results, oneroster_users
from processor.formats.base import Format, Reading, plan
from processor.ingest import merge_results, staging
from processor.ingest.merge import ensure_years, merge_small
from tests.examples import examples
from tests.processor.pipeline import Pipeline, running_pipeline

START = datetime(2026, 1, 1, tzinfo=UTC)
IDS = ("a", "b", "c")


@dataclass(frozen=True)
class Change:
    """One row of a delta."""

    id: str
    minute: int
    deleted: bool
    score: int
    year: int

    def cells(self) -> list[str]:
        at = (START + timedelta(minutes=self.minute)).isoformat()
        if self.deleted:
            return [self.id, "tobedeleted", at, "", "", "", "", "", ""]
        return [self.id, "active", at, "item", "pupil", "fully graded", str(self.score), f"{self.year}-03-01", ""]


changes = st.builds(
    Change,
    st.sampled_from(IDS),
    st.integers(0, 4),
    st.booleans(),
    st.integers(10, 12),
    st.sampled_from((2024, 2025)),
)
files = st.lists(st.lists(changes, min_size=1, max_size=4), min_size=1, max_size=4)


def model(all_changes: list[Change]) -> dict[str, tuple[int, float]]:
    """The newest change of each id; at the same minute a deletion wins, then the content that sorts last."""
    newest: dict[str, Change] = {}
    for change in all_changes:
        rank = (change.minute, change.deleted, change.year, change.score)
        if change.id not in newest or rank > (
            newest[change.id].minute,
            newest[change.id].deleted,
            newest[change.id].year,
            newest[change.id].score,
        ):
            newest[change.id] = change
    return {f"or:{change.id}": (change.year, float(change.score)) for change in newest.values() if not change.deleted}


def merge(writer: psycopg.Connection, pipeline: Pipeline, kind: Format, rows: list[list[str]]) -> None:
    """One file's staging and merge, as the worker does them."""
    reading = Reading(pipeline.pseudonyms, START + timedelta(days=1))
    staging.create(writer)
    staged = staging.Staging(writer)
    order = plan(kind, reading)
    assert kind.writer is not None
    with staged.sending():
        write = kind.writer(reading, staged)
        for line, cells in enumerate(rows, start=2):
            values = order.deleted(cells) or order.read(cells)
            write(line, values)
    with writer.transaction():
        list(merge_results.refuse_before(writer))
        ensure_years(writer, frozenset(staged.used))
        merge_small(writer, frozenset(staged.used), 1)
        merge_results.merge_results(writer, 1)


@pytest.fixture(scope="module")
def shared(pipeline_server: Postgres, sandbox_url: str) -> Iterator[tuple[Pipeline, psycopg.Connection]]:
    with (
        running_pipeline(pipeline_server, sandbox_url) as pipeline,
        pipeline.connections().opened("homeroom_writer", autocommit=True) as writer,
    ):
        yield pipeline, writer


@examples(15, 100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told=files, data=st.data())
def test_results_end_as_the_model_says(shared: Any, told: list[list[Change]], data: st.DataObject):
    pipeline, writer = shared
    pipeline.admin.execute("TRUNCATE homeroom.result, homeroom.result_tombstone")
    order = data.draw(st.permutations(range(len(told))))
    again = data.draw(st.lists(st.sampled_from(range(len(told))), max_size=2))
    for index in [*order, *again]:
        merge(writer, pipeline, oneroster_results.FORMAT, [change.cells() for change in told[index]])
    rows = pipeline.rows("SELECT record_id, school_year, scale_score FROM homeroom.result")
    assert {record: (year, score) for record, year, score in rows} == model(
        [change for some in told for change in some]
    )
    assert len(rows) == len({row[0] for row in rows}), "one row for each record, whatever years it was in"


@examples(20, 60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told=files, data=st.data())
def test_rosters_end_as_the_model_says(shared: Any, told: list[list[Change]], data: st.DataObject):
    pipeline, writer = shared
    pipeline.admin.execute("TRUNCATE homeroom.student_name, homeroom.student, homeroom.student_identity")
    for index in data.draw(st.permutations(range(len(told)))):
        rows = [
            [*change.cells()[:3], "student", "s1", "", "G", str(change.score),
             "", "", "04"]
            for change in told[index]
        ]  # fmt: skip
        merge(writer, pipeline, oneroster_users.FORMAT, rows)
    names = dict(pipeline.rows("SELECT student, family_name FROM homeroom.student_name WHERE NOT deleted"))
    flat = [Change(change.id, change.minute, change.deleted, change.score, 0) for some in told for change in some]
    expected = {
        pipeline.pseudonyms.uuid(key.removeprefix("or:")): str(int(value[1])) for key, value in model(flat).items()
    }
    assert names == expected
