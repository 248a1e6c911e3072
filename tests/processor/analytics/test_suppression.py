"""Small cells stay hidden from one who reckons with everything that is shown, in tables that hypothesis makes up."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from processor.analytics.cells import ALL, Atom, Cell, family
from processor.analytics.suppression import LEAST, hidden_cells
from tests.examples import examples
from tests.processor.analytics.attack import is_told, null_space, small_groups_told

SIZES = st.sampled_from([0, 0, 1, 3, 5, 9, 10, 12, 15, 30])
LEVELS = ("1 low", "2 middle", "3 high")


def name(atom: Atom) -> Cell:
    return Cell(atom.school, atom.grade, atom.dimension, atom.value, atom.level)


@st.composite
def tables(draw: st.DrawFn, dimension: str = ALL, values: tuple[str, ...] = (ALL,), levels: tuple[str, ...] = (ALL,)):
    schools, grades = draw(st.integers(1, 4)), draw(st.integers(1, 3))
    return [
        Atom(f"s{school}", f"g{grade}", dimension, value, level, draw(SIZES))
        for school in range(schools)
        for grade in range(grades)
        for value in values
        for level in levels
    ]


def everybody(atoms: list[Atom]) -> list[Atom]:
    """The same students, not told apart by the dimension."""
    counts: Counter[tuple[str, str, str]] = Counter()
    for atom in atoms:
        counts[atom.school, atom.grade, atom.level] += atom.students
    return [Atom(school, grade, ALL, ALL, level, count) for (school, grade, level), count in counts.items()]


def assert_nothing_small_is_told(atoms: list[Atom], levels: tuple[str, ...] = ()) -> None:
    present = [atom for atom in atoms if atom.students]
    whole = present if not present or present[0].dimension == ALL else [*present, *everybody(present)]
    related = family(whole, levels)
    hidden = hidden_cells(related)
    # Levels that nobody of a group reached are part of what can be told of it.
    groups = {name(atom).group for atom in present}
    fine = [atom for atom in atoms if atom.students or (levels and name(atom).group in groups)]
    rows = [[int(cell.holds(name(atom))) for atom in fine] for cell in related.counts if cell not in hidden]
    open_ = null_space(rows, len(fine))
    for cell, count in related.counts.items():
        if count < LEAST and (count or cell.level):
            assert not is_told([int(cell.holds(name(atom))) for atom in fine], open_), cell
    leaks = small_groups_told([atom.students for atom in fine], rows, LEAST)
    assert [group for group in leaks if len(group) <= 4] == []


@examples(100, 1_000)
@given(tables())
def test_no_small_group_of_schools_and_grades_can_be_reckoned(atoms: list[Atom]):
    assert_nothing_small_is_told(atoms)


@examples(60, 400)
@given(tables("gender", ("female", "male")))
def test_no_small_group_of_a_subgroup_can_be_reckoned(atoms: list[Atom]):
    assert_nothing_small_is_told(atoms)


@examples(60, 400)
@given(tables(levels=LEVELS).filter(lambda atoms: len(atoms) <= 12))
def test_no_small_group_of_a_level_can_be_reckoned_nor_that_nobody_reached_it(atoms: list[Atom]):
    assert_nothing_small_is_told(atoms, LEVELS)


def test_the_attack_finds_what_primary_suppression_alone_would_tell():
    related = family(
        [Atom("s1", "g1", ALL, ALL, ALL, 4), Atom("s2", "g1", ALL, ALL, ALL, 40), Atom("s3", "g1", ALL, ALL, ALL, 50)]
    )
    fine = [cell for cell in related.counts if cell.school and cell.grade]
    only_primary = [
        [int(cell.holds(part)) for part in fine] for cell, count in related.counts.items() if count >= LEAST
    ]
    assert is_told([1, 0, 0], null_space(only_primary, 3))
    hidden = hidden_cells(related)
    assert Cell("s1") in hidden
    assert Cell("s2") in hidden, "the smallest of the others keeps it company"
    assert Cell() not in hidden
    assert Cell("s3") not in hidden


def test_everybody_at_one_level_is_not_said():
    hidden = hidden_cells(family([Atom("s1", "g1", ALL, ALL, "3 high", 30)], LEVELS))
    assert Cell() not in hidden
    assert all(Cell(level=level) in hidden for level in LEVELS)


def test_large_groups_are_all_shown():
    atoms = [Atom(f"s{school}", f"g{grade}", ALL, ALL, ALL, 25) for school in range(5) for grade in range(4)]
    assert hidden_cells(family(atoms)) == frozenset()


def schools_hidden(*counts: int) -> set[str]:
    """Return which schools of a district are hidden, each of one grade with so many students."""
    atoms = [Atom(f"s{number}", "g1", ALL, ALL, ALL, count) for number, count in enumerate(counts)]
    return {cell.school for cell in hidden_cells(family(atoms, ()))} - {ALL}


def test_a_group_of_ten_is_told_and_one_of_nine_is_not():
    # Source: NCES 2011-603 (SLDS Technical Brief 3), which gives ten as the least that the strictest states tell.
    assert schools_hidden(10, 30, 40) == set()
    assert "s0" in schools_hidden(9, 30, 40)


def test_where_all_hidden_groups_but_one_have_a_single_student_one_more_is_hidden():
    # A group that is named has somebody: of ten in a group and one student the ten are nearly told.
    assert schools_hidden(1, 9, 30, 40) == {"s0", "s1", "s2"}
