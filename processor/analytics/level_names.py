"""Levels in their order, and in one spelling each, where nothing but their names tells. Pure functions.

The scales are those of the tests in `processor/mappings/library` as their vendors and states publish them, and the
words that most others use.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

SCALES: tuple[tuple[str, ...], ...] = (
    ("Lo", "LoAvg", "Avg", "HiAvg", "Hi"),
    ("Low", "Low Average", "Average", "High Average", "High"),
    ("Low", "LowAvg", "Average", "HighAvg", "High"),
    ("Low", "Medium", "High"),
    ("Below Average", "Average", "Above Average"),
    ("Standard Not Met", "Standard Nearly Met", "Standard Met", "Standard Exceeded"),
    ("Not Met", "Nearly Met", "Met", "Exceeded"),
    ("Below Standard", "Near Standard", "At/Near Standard", "Above Standard"),
    ("3 or More Grade Levels Below", "2 Grade Levels Below", "1 Grade Level Below", "Early On Grade Level",
     "Mid or Above Grade Level", "Above Grade Level"),
    ("Well Below Benchmark", "Below Benchmark", "At Benchmark", "Above Benchmark"),
    ("Intensive Support", "Strategic Support", "Core Support", "Core Support, Above Benchmark"),
    ("Intensive", "Strategic", "Benchmark", "Above Benchmark"),
    ("Intensive", "Strategic", "Core"),
    ("Urgent Intervention", "Intervention", "On Watch", "At/Above Benchmark"),
    ("High Risk", "Some Risk", "Low Risk", "College Pathway"),
    ("High Risk", "Moderate Risk", "Low Risk"),
    ("Did Not Meet Grade Level", "Approaches Grade Level", "Meets Grade Level", "Masters Grade Level"),
    ("Did Not Meet", "Approaches", "Meets", "Masters"),
    ("Did Not Yet Meet Expectations", "Partially Met Expectations", "Approached Expectations", "Met Expectations",
     "Exceeded Expectations"),
    ("Does Not Meet Expectations", "Approaches Expectations", "Meets Expectations", "Exceeds Expectations"),
    ("Does Not Meet", "Approaches", "Meets", "Exceeds"),
    ("Not Meeting Expectations", "Partially Meeting Expectations", "Meeting Expectations", "Exceeding Expectations"),
    ("Below Expectation", "Approaching Expectation", "Meets Expectation", "Exceeds Expectation"),
    ("Below", "Approaching", "At", "Above"),
    ("Below", "Approaching", "Proficient", "Advanced"),
    ("Below Proficiency", "Approaching Proficiency", "At Proficiency", "Above Proficiency"),
    ("Far Below Basic", "Below Basic", "Basic", "Proficient", "Advanced"),
    ("Minimal", "Basic", "Proficient", "Advanced"),
    ("Minimal Performance", "Basic", "Proficient", "Advanced"),
    ("Unsatisfactory", "Approaching Basic", "Basic", "Mastery", "Advanced"),
    ("Inadequate", "Below Satisfactory", "Satisfactory", "Above Satisfactory", "Mastery"),
    ("Limited", "Basic", "Proficient", "Accomplished", "Accelerated", "Advanced", "Advanced Plus"),
    ("Novice", "Apprentice", "Proficient", "Distinguished"),
    ("Novice", "Nearing Proficient", "Proficient", "Advanced"),
    ("Beginning", "Emerging", "Developing", "Approaching", "Proficient", "Secure", "Mastered", "Exemplary"),
    ("Beginner", "Intermediate", "Advanced"),
    ("Emerging", "Approaching", "Demonstrating"),
    ("Not Proficient", "Partially Proficient", "Proficient", "Advanced", "Highly Proficient"),
    ("Non-Proficient", "Proficient"),
    ("Entering", "Emerging", "Developing", "Expanding", "Bridging", "Reaching"),
    ("Fail", "Pass", "Merit", "Distinction"),
    ("Not Ready", "Approaching Readiness", "Ready"),
    ("F", "E", "D-", "D", "D+", "C-", "C", "C+", "B-", "B", "B+", "A-", "A", "A+"),
    ("Red", "Orange", "Yellow", "Green", "Blue"),
)  # fmt: skip
"""Scales of levels, each the lowest first; the first that has all of a test's levels is the test's."""
NUMBERED = re.compile(r"\D*?(\d+(?:\.\d+)?)\D*").fullmatch


def folded(level: str) -> str:
    """Return a level as it is compared: case and white space tell no levels apart."""
    return " ".join(level.casefold().split())


FOLDED = tuple({folded(word): place for place, word in enumerate(scale)} for scale in SCALES)
SPELT = {
    fold: SCALES[number][place] for number, scale in reversed(list(enumerate(FOLDED))) for fold, place in scale.items()
}


def spellings(levels: Collection[str], ranked: Collection[str] = ()) -> dict[str, str]:
    """Return for each level the spelling that it is told by: the ranked one, that of a known scale, or one of them."""
    of_rank = {folded(level): level for level in sorted(ranked)}
    by_fold: dict[str, list[str]] = {}
    for level in levels:
        by_fold.setdefault(folded(level), []).append(level)
    chosen: dict[str, str] = {}
    for fold, several in by_fold.items():
        usual = SPELT.get(fold, "") if len(several) > 1 else ""
        spelling = of_rank.get(fold) or usual or max(several)
        chosen.update(dict.fromkeys(several, spelling))
    return chosen


def in_order(levels: Collection[str], ranks: Mapping[str, int], last: str = "") -> tuple[str, ...]:
    """Return levels, the lowest first: by their ranks, by a known scale that has them all, by numbers, by their names.

    `last` is no level, and stands behind them.
    """
    named = [level for level in levels if level != last and level not in ranks]
    scale = next((scale for scale in FOLDED if all(folded(level) in scale for level in named)), None)
    numbers = {level: float(match[1]) for level in named if (match := NUMBERED(level))}
    order: Mapping[str, float] = numbers if len(numbers) == len(named) else {}
    if scale is not None:
        order = {level: scale[folded(level)] for level in named}

    def place(level: str) -> tuple[bool, bool, float, str]:
        if level in ranks:
            return False, False, ranks[level], level
        return level == last, True, order.get(level, 0.0), level

    return tuple(sorted(levels, key=place))
