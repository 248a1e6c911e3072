"""A student who was not tested has no result, whatever stands beside the word that says so."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.formats import values
from processor.mappings import kinds
from tests.processor.cases.files import levels, lines, plain, result, row, scores
from tests.processor.mappings.reading import read, table
from tests.processor.mappings.vendors import CASES

WORDS = ("Absent", "Not Tested", "DNA", "Invalidated", "Exempt", "Parent Refusal", "did  not attempt", "VOID")
REASONS = ("Not Tested - Medical", "Absence", "DNS", "Incomplete", "ABS (Medical)", "NA - Opt out", "Absent Excused",
           "Invalidated: proctor", "NT/moved", "Non-Participant: ill")  # fmt: skip
NONE = ("N/A", "NA", "*", "--", "null", "Not available", "\u2014", "\u2013", "\u2014 \u2014", "**.")
OWN = {"Student Number": "1001", "Test": "State Math", "Test Date": "10/13/2025", "Score": "512", "Level": "Meets"}


@pytest.mark.parametrize("word", [*WORDS, *REASONS])
@pytest.mark.parametrize("score", ["0", "", "212"])
def test_a_plain_row_of_somebody_who_was_not_tested_is_refused_by_its_level(word: str, score: str):
    parsed = read(plain(row(score=score, level=word), row("1002")))
    assert [(cell.line, cell.field, cell.code) for cell in parsed.refused] == [(2, "level", "not_tested")]
    assert len(parsed.rows) == 1
    parsed = read(table({**OWN, "Score": score, "Level": word}, OWN))
    assert [(cell.line, cell.field, cell.code) for cell in parsed.refused] == [(2, "Level", "not_tested")]
    assert len(parsed.rows) == 1


LEVELS = ("Not Met", "Nearly Met", "Did Not Meet Grade Level", "Not Proficient", "Non-Proficient", "Below Basic",
          "Exemplary", "Absolutely", "Excellent", "Invalidity", "NS2", "A-", "Level 1 - Low",
          "Assigned Level")  # fmt: skip


@pytest.mark.parametrize("word", LEVELS)
def test_a_level_that_only_begins_alike_stays_one(word: str):
    for text in (plain(row(level=word)), table({**OWN, "Level": word})):
        parsed = read(text)
        assert (parsed.refused, [one["level"] for one in parsed.rows]) == ([], [word])


@given(
    word=st.sampled_from(sorted(values.UNTESTED)),
    reason=st.text(max_size=20),
    sign=st.sampled_from([" - ", " (", ": "]),
)
def test_whatever_reason_follows_a_word_for_not_tested_it_is_no_level(word: str, reason: str, sign: str):
    assert values.is_untested(values.worded(f"{word.title()}{sign}{reason}"))
    assert kinds.level(f"N/A{sign}{word}") == kinds.NOT_TESTED


def test_an_ed_fi_level_that_says_not_tested_leaves_no_zero():
    told = levels(("Performance Level", "Not Tested - Medical"))
    parsed = read(lines(result(performanceLevels=told, scoreResults=scores(("Scale Score", "0")))), name="a.jsonl")
    assert [(result["scale_score"], result["performance_level"]) for result in parsed.sink.results] == [("", "")]


@pytest.mark.parametrize("word", [*WORDS, *REASONS])
def test_such_a_word_in_a_scores_place_is_called_so(word: str):
    assert [(cell.field, cell.code) for cell in read(plain(row(score=word))).refused] == [("score", "not_tested")]


@pytest.mark.parametrize("word", NONE)
def test_what_stands_for_no_level_is_none(word: str):
    for text in (plain(row(level=word)), table({**OWN, "Level": word})):
        parsed = read(text)
        assert (parsed.refused, [one["level"] for one in parsed.rows]) == ([], [""])


@pytest.mark.parametrize("word", NONE)
def test_what_stands_for_no_score_costs_no_level(word: str):
    parsed = read(plain(row(score=word, level="Meets"), row("1002", score=word)))
    assert [(one["score"], one["level"]) for one in parsed.rows] == [(None, "Meets")]
    assert [(cell.line, cell.field, cell.code) for cell in parsed.refused] == [(3, "score", "missing")]


def test_one_subject_that_was_not_tested_costs_no_other():
    (sbac,) = (dict(cells) for name, cells, _ in CASES if name == "sbac-two-subjects")
    parsed = read(table({**sbac, "ELA_SCALE_SCORE": "0", "ELA_ACHIEVE_LVL": "Invalidated"}))
    assert [one["assessment"] for one in parsed.rows] == ["Smarter Balanced Mathematics"]
    assert [(cell.field, cell.code) for cell in parsed.refused] == [("ELA_ACHIEVE_LVL", "not_tested")]
    assert "kept without it" in parsed.refused[0].reason
