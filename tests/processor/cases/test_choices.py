"""What a district has decided about an Ed-Fi test counts for what is read from then on; what it has not is as usual."""

from __future__ import annotations

from typing import Any

import pytest

from processor.access import Access, Scope
from processor.formats.edfi_choice import Choice, Window
from processor.ingest import choices
from tests.processor.cases.files import levels, lines, result, scores
from tests.processor.pipeline import Pipeline

ACCESS = Access("office@maple", "office@maple", "choice", Scope.INGEST, "test", "1")
TOLD = {
    "scoreResults": scores(("Scale Score", "310"), ("Raw Score", "28"), ("Term", "Spring")),
    "performanceLevels": levels(("Performance Level", "Met"), ("Placement", "On Grade")),
}


def stored(pipeline: Pipeline) -> list[tuple[Any, ...]]:
    return pipeline.rows(
        "SELECT r.scale_score, r.performance_level, a.period FROM homeroom.result r "
        "JOIN homeroom.administration a USING (administration_id) WHERE standard = ''"
    )


def choose(pipeline: Pipeline, choice: Choice) -> None:
    with pipeline.connections().opened("homeroom_writer", autocommit=True) as connection:
        (assessment,) = choices.assessments(connection)
        choices.choose(connection, assessment["assessment_id"], choice, ACCESS)


def test_a_choice_counts_at_the_next_read_and_is_on_the_record(pipeline: Pipeline):
    pipeline.take("a.json", lines(result(**TOLD)))
    assert stored(pipeline)[0][:2] == (310.0, "Met")
    before = stored(pipeline)[0][2]
    choose(pipeline, Choice("raw score", "placement", Window.TERM))
    assert stored(pipeline)[0][:2] == (310.0, "Met"), "What is stored stays as it was read."
    pipeline.take("b.json", lines(result(**TOLD)))
    assert stored(pipeline) == [(28.0, "On Grade", before.rpartition(" ")[0] + " Spring")]
    recorded = "SELECT count(*) FROM homeroom.access_record WHERE starts_with(purpose, 'choice for ef:')"
    assert pipeline.rows(recorded) == [(1,)]
    choose(pipeline, Choice())
    pipeline.take("c.json", lines(result(**TOLD)))
    assert stored(pipeline) == [(310.0, "Met", before)]


def test_what_was_seen_and_what_is_usual_is_told(pipeline: Pipeline):
    pipeline.take("a.json", lines(result(**TOLD)))
    with pipeline.connections().opened("homeroom_writer", autocommit=True) as connection:
        (assessment,) = choices.assessments(connection)
    assert (assessment["scores"], assessment["usual_score"]) == (["raw score", "scale score"], "scale score")
    assert assessment["usual_level"] == "performance level"
    assert (assessment["score"], assessment["level"], assessment["window"]) == ("", "", "")


def test_a_result_without_the_chosen_method_has_no_score_of_another(pipeline: Pipeline):
    pipeline.take("a.json", lines(result(**TOLD)))
    choose(pipeline, Choice("raw score"))
    fields = {**TOLD, "scoreResults": scores(("Scale Score", "310"))}
    pipeline.take("b.json", lines(result(**fields)))
    assert stored(pipeline)[0][:2] == (None, "Met")


def test_a_year_can_be_one_window(pipeline: Pipeline):
    pipeline.take("a.json", lines(result(**TOLD)))
    choose(pipeline, Choice(window=Window.YEAR))
    pipeline.take("b.json", lines(result(**TOLD)))
    assert stored(pipeline)[0][2].isdigit()


def test_a_test_that_is_not_there_cannot_be_decided_about(pipeline: Pipeline):
    with (
        pipeline.connections().opened("homeroom_writer", autocommit=True) as connection,
        pytest.raises(choices.NoAssessmentError),
    ):
        choices.choose(connection, "ef:none|none", Choice("raw score"), ACCESS)
