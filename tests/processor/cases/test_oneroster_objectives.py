"""OneRoster's scores by learning objective and scales of words: stored with their results, answered in order."""

from __future__ import annotations

from typing import Any

from processor.formats.oneroster_scales import words_of
from tests.processor import oneroster_tables as tables
from tests.processor.pipeline import Pipeline


def archive(results: str = "", objectives: str = "", **more: str) -> bytes:
    """Return an export of version 1.2 with the objectives last, where an archive has them by their names."""
    files = {
        "manifest.csv": tables.manifest("1.2", {}),
        "results.csv": results or tables.table("1.2", "results"),
        "users.csv": tables.table("1.2", "users", tables.row("1.2", "users", grades="04")),
        "lineItems.csv": tables.table("1.2", "lineItems"),
        **{f"{name}.csv": content for name, content in more.items()},
    }
    return tables.archive(files | ({"resultLearningObjectiveIds.csv": objectives} if objectives else {}))


def objective(code: str, **more: str) -> list[str]:
    return tables.row("1.2", "resultLearningObjectiveIds", sourcedId=f"o-{code}", learningObjectiveId=code, **more)


def stored(pipeline: Pipeline) -> list[tuple[Any, ...]]:
    return pipeline.rows("SELECT standard, scale_score, performance_level FROM homeroom.result ORDER BY 1")


def test_scores_by_objective_are_stored_with_their_result_and_replaced_with_it(pipeline: Pipeline):
    objectives = tables.table(
        "1.2", "resultLearningObjectiveIds", objective("4.OA.1"), objective("4.NF.2", score="", textScore="Met")
    )
    result = pipeline.take("a.zip", archive(objectives=objectives))
    assert (result.rejected, result.held) == (0, 0)
    assert stored(pipeline) == [("", 88.5, None), ("4.NF.2", None, "Met"), ("4.OA.1", 3.0, None)]
    objectives = tables.table("1.2", "resultLearningObjectiveIds", objective("4.OA.1", score="4"))
    pipeline.take("b.zip", archive(objectives=objectives))
    assert stored(pipeline) == [("", 88.5, None), ("4.OA.1", 4.0, None)]


def test_a_score_by_objective_without_its_result_is_refused_by_line(pipeline: Pipeline):
    objectives = tables.table(
        "1.2", "resultLearningObjectiveIds", objective("4.OA.1"), objective("4.NF.2", resultSourcedId="elsewhere"),
        objective("4.OA.1"),
    )  # fmt: skip
    result = pipeline.take("a.zip", archive(objectives=objectives))
    assert result.rejected == 2
    rows = pipeline.rows("SELECT line, field, code FROM homeroom.rejected_row ORDER BY line")
    assert rows == [(3, "resultSourcedId", "unknown_result"), (4, "learningObjectiveId", "duplicate_id")]


def test_a_scale_puts_words_in_order_whichever_comes_first(pipeline: Pipeline):
    scale = tables.table(
        "1.2", "scoreScales",
        tables.row("1.2", "scoreScales", sourcedId="z1", scoreScaleValue="{Basic:1},{Advanced:3},{Proficient:2}"),
    )  # fmt: skip
    results = tables.table("1.2", "results", tables.row("1.2", "results", score="", textScore="Advanced"))
    pipeline.take("a.zip", archive(results, lineItemScoreScales=tables.table("1.2", "lineItemScoreScales")))
    assert pipeline.rows("SELECT count(*) FROM homeroom.performance_level") == [(0,)]
    pipeline.take("scoreScales.csv", scale)
    ordered = pipeline.rows("SELECT level FROM homeroom.performance_level ORDER BY rank")
    assert ordered == [("Basic",), ("Proficient",), ("Advanced",)]


def test_words_are_ordered_by_their_numbers_or_else_as_they_are_listed():
    assert words_of("{A:90-100},{B:80-89},{C:0-79}") == ["C", "B", "A"]
    assert words_of("{Pass:P},{Fail:F}") == ["Fail", "Pass"]
    assert words_of("nothing") == []
