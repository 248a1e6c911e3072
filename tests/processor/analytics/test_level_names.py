"""Levels stand in the order of their scale, and one level has one spelling, where no file tells either."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.analytics.level_names import SCALES, in_order, spellings


@pytest.mark.parametrize("scale", SCALES, ids=lambda scale: scale[0])
def test_a_known_scale_stands_in_its_order_whoever_reached_which(scale: tuple[str, ...]):
    chance = random.Random(scale[0])
    for size in range(2, len(scale) + 1):
        some = set(chance.sample(scale, size))
        told = in_order(some, {}, "")
        fits = [other for other in SCALES if {word.casefold() for word in some} <= {word.casefold() for word in other}]
        expected = {tuple(word for word in other if word in some) for other in fits}
        assert told in expected


@pytest.mark.parametrize(
    ("levels", "ranks", "expected"),
    [
        ({"Proficient", "Below Basic", "Advanced", "Basic"}, {}, ("Below Basic", "Basic", "Proficient", "Advanced")),
        ({"HiAvg", "Lo", "Avg", "LoAvg", "Hi"}, {}, ("Lo", "LoAvg", "Avg", "HiAvg", "Hi")),
        ({"Level 10", "Level 2", "Level 1"}, {}, ("Level 1", "Level 2", "Level 10")),
        ({"4.5", "10", "3"}, {}, ("3", "4.5", "10")),
        ({"MEETS", "approaches", "Masters"}, {}, ("approaches", "MEETS", "Masters")),
        ({"Blossom", "Acorn", "Tree"}, {"Acorn": 1, "Blossom": 3}, ("Acorn", "Blossom", "Tree")),
        ({"Basic", "Proficient", ""}, {}, ("Basic", "Proficient", "")),
        ({"Yes", "Maybe"}, {}, ("Maybe", "Yes")),
    ],
)
def test_levels_stand_in_order(levels: set[str], ranks: dict[str, int], expected: tuple[str, ...]):
    assert in_order(levels, ranks, "") == expected


def test_one_level_has_one_spelling():
    told = spellings({"BASIC", "Basic", "basic ", "Proficient", "KAPOW", "Kapow"}, {"PROFICIENT"})
    assert told == {"BASIC": "Basic", "Basic": "Basic", "basic ": "Basic", "Proficient": "PROFICIENT",
                    "KAPOW": "Kapow", "Kapow": "Kapow"}  # fmt: skip
    assert spellings({"BASIC"}) == {"BASIC": "BASIC"}, "one that is written one way stays so"


@given(levels=st.sets(st.text(max_size=12)), ranks=st.dictionaries(st.text(max_size=12), st.integers(1, 9), max_size=4))
def test_whatever_the_levels_all_stand_once_and_those_with_ranks_first(levels: set[str], ranks: dict[str, int]):
    told = in_order(levels, ranks, "\0")
    assert sorted(told) == sorted(levels)
    ranked = [ranks[level] for level in told if level in ranks]
    assert ranked == sorted(ranked)
    assert all(level in ranks for level in told[: len(ranked)])
    spelt = spellings(levels, ranks)
    assert set(spelt) == levels
    assert spellings(set(spelt.values()), ranks) == {level: level for level in set(spelt.values())}
