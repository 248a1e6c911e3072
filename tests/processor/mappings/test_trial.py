"""A file is tried: what storing it would change is counted, and nothing of it is stored."""

from __future__ import annotations

from processor.ingest.process import Ended
from tests.processor.mappings.test_undo import DELETION, FIRST, HEAD, NEWER
from tests.processor.pipeline import Pipeline


def found(pipeline: Pipeline, file_id: int) -> dict[str, object]:
    ((state, counts),) = pipeline.rows("SELECT state, found FROM homeroom.file WHERE file_id = %s", file_id)
    assert state == "tried"
    return dict(counts)


def test_counts_are_told_and_nothing_is_stored(pipeline: Pipeline):
    pipeline.take("first.csv", FIRST)
    before = pipeline.tables()
    version = pipeline.rows("SELECT version FROM homeroom.data_version")
    tried = pipeline.take("trial/a/newer.csv", NEWER + "1004,Reading,Fall,,1,,s2,,4,,\n")
    assert (tried.ended, tried.rows, tried.accepted, tried.rejected) == (Ended.TRIED, 3, 2, 1)
    counts = found(pipeline, tried.file_id)
    assert counts["new_students"] == 1
    assert (counts["new_results"], counts["changed_results"], counts["same_results"]) == (1, 1, 0)
    assert counts["changed"] == {"scale_score": 1, "performance_level": 1, "school_id": 1}
    assert pipeline.tables() == before
    assert pipeline.rows("SELECT version FROM homeroom.data_version") == version
    assert pipeline.rows("SELECT count(*) FROM homeroom.row_version") == [(0,)]
    assert "A result needs a date, or a school year." in pipeline.report(tried)


def test_a_repetition_and_a_deletion_are_told_apart(pipeline: Pipeline):
    pipeline.take("first.csv", FIRST)
    same = found(pipeline, pipeline.take("trial/a/first.csv", FIRST).file_id)
    assert (same["same_results"], same["changed_results"], same["new_students"]) == (2, 0, 0)
    gone = found(pipeline, pipeline.take("trial/b/gone.csv", DELETION).file_id)
    assert gone["deleted_results"] == 1


def test_who_was_not_tested_takes_a_result_out_where_there_is_one(pipeline: Pipeline):
    pipeline.take("first.csv", FIRST)
    absent = HEAD + "".join(f"{student},Reading,Fall,2025-10-03,,Absent,s1,,,,\n" for student in ("1001", "1009"))
    counts = found(pipeline, pipeline.take("trial/a/absent.csv", absent).file_id)
    assert (counts["deleted_results"], counts["results"], counts["new_students"]) == (1, 0, 0)


def test_a_file_that_is_refused_is_refused_when_it_is_tried(pipeline: Pipeline):
    assert pipeline.take("trial/a/x.csv", "a,b\n1,2\n").ended is Ended.REJECTED
    assert pipeline.take("trial/b/empty.csv", HEAD).ended is Ended.TRIED


def test_a_trial_counts_as_no_file_in_the_metrics(pipeline: Pipeline):
    worker = pipeline.worker()
    pipeline.upload("trial/a/first.csv", FIRST)
    message = worker.queue.receive(wait_seconds=0)
    assert message is not None
    worker.work_on(message)
    worker._disconnect()
    assert "RowsAccepted" not in pipeline.metrics.getvalue()
