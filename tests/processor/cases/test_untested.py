"""A student who was not tested has no result, whatever stands beside the word that says so."""

from __future__ import annotations

import pytest

from tests.processor.cases.files import plain, row
from tests.processor.mappings.reading import read, table
from tests.processor.mappings.vendors import CASES

WORDS = ("Absent", "Not Tested", "DNA", "Invalidated", "Exempt", "Parent Refusal", "did  not attempt", "VOID")
NONE = ("N/A", "NA", "*", "--", "null", "Not available")
OWN = {"Student Number": "1001", "Test": "State Math", "Test Date": "10/13/2025", "Score": "512", "Level": "Meets"}


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("score", ["0", "", "212"])
def test_a_plain_row_of_somebody_who_was_not_tested_is_refused_by_its_level(word: str, score: str):
    told = read(plain(row(score=score, level=word), row("1002")))
    assert [(one.line, one.field, one.code) for one in told.refused] == [(2, "level", "not_tested")]
    assert len(told.rows) == 1
    told = read(table({**OWN, "Score": score, "Level": word}, OWN))
    assert [(one.line, one.field, one.code) for one in told.refused] == [(2, "Level", "not_tested")]
    assert len(told.rows) == 1


@pytest.mark.parametrize("word", WORDS)
def test_such_a_word_in_a_scores_place_is_called_so(word: str):
    assert [(one.field, one.code) for one in read(plain(row(score=word))).refused] == [("score", "not_tested")]


@pytest.mark.parametrize("word", NONE)
def test_what_stands_for_no_level_is_none(word: str):
    for text in (plain(row(level=word)), table({**OWN, "Level": word})):
        told = read(text)
        assert (told.refused, [one["level"] for one in told.rows]) == ([], [""])


@pytest.mark.parametrize("word", NONE)
def test_what_stands_for_no_score_costs_no_level(word: str):
    told = read(plain(row(score=word, level="Meets"), row("1002", score=word)))
    assert [(one["score"], one["level"]) for one in told.rows] == [(None, "Meets")]
    assert [(one.line, one.field, one.code) for one in told.refused] == [(3, "score", "missing")]


def test_one_subject_that_was_not_tested_costs_no_other():
    (sbac,) = (dict(told) for name, told, _ in CASES if name == "sbac-two-subjects")
    told = read(table({**sbac, "ELA_SCALE_SCORE": "0", "ELA_ACHIEVE_LVL": "Invalidated"}))
    assert [one["assessment"] for one in told.rows] == ["Smarter Balanced Mathematics"]
    assert [(one.field, one.code) for one in told.refused] == [("ELA_ACHIEVE_LVL", "not_tested")]
    assert "kept without it" in told.refused[0].reason
