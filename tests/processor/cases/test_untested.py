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
    parsed = read(plain(row(score=score, level=word), row("1002")))
    assert [(cell.line, cell.field, cell.code) for cell in parsed.refused] == [(2, "level", "not_tested")]
    assert len(parsed.rows) == 1
    parsed = read(table({**OWN, "Score": score, "Level": word}, OWN))
    assert [(cell.line, cell.field, cell.code) for cell in parsed.refused] == [(2, "Level", "not_tested")]
    assert len(parsed.rows) == 1


@pytest.mark.parametrize("word", WORDS)
def test_such_a_word_in_a_scores_place_is_called_so(word: str):
    assert [(cell.field, cell.code) for cell in read(plain(row(score=word))).refused] == [("score", "not_tested")]


@pytest.mark.parametrize("word", NONE)
def test_what_stands_for_no_level_is_none(word: str):
    for text in (plain(row(level=word)), table({**OWN, "Level": word})):
        parsed = read(text)
        assert (parsed.refused, [result["level"] for result in parsed.rows]) == ([], [""])


@pytest.mark.parametrize("word", NONE)
def test_what_stands_for_no_score_costs_no_level(word: str):
    parsed = read(plain(row(score=word, level="Meets"), row("1002", score=word)))
    assert [(result["score"], result["level"]) for result in parsed.rows] == [(None, "Meets")]
    assert [(cell.line, cell.field, cell.code) for cell in parsed.refused] == [(3, "score", "missing")]


def test_one_subject_that_was_not_tested_costs_no_other():
    (sbac,) = (dict(cells) for name, cells, _ in CASES if name == "sbac-two-subjects")
    parsed = read(table({**sbac, "ELA_SCALE_SCORE": "0", "ELA_ACHIEVE_LVL": "Invalidated"}))
    assert [result["assessment"] for result in parsed.rows] == ["Smarter Balanced Mathematics"]
    assert [(cell.field, cell.code) for cell in parsed.refused] == [("ELA_ACHIEVE_LVL", "not_tested")]
    assert "kept without it" in parsed.refused[0].reason
