"""What is found of determined sums, against trying every set of cells with exact fractions."""

from __future__ import annotations

from itertools import combinations

from hypothesis import example, given
from hypothesis import strategies as st

from processor.analytics.elimination import PRIME, basis, pivots, random_solution
from processor.analytics.sums import determined_sums
from processor.analytics.suppression import LEAST
from tests.examples import examples
from tests.processor.analytics.attack import is_told, null_space

UNKNOWNS = 8
ROW = st.lists(st.sampled_from([0, 0, 0, 0, 1, 1, 1, -1]), min_size=UNKNOWNS, max_size=UNKNOWNS)
SIZES = st.lists(st.sampled_from([0, 1, 1, 2, 3, 5, 9, 12]), min_size=UNKNOWNS, max_size=UNKNOWNS)
TWO_PAIRS = [[0, 1, 1, 0, 0, 0, 0, 0], [1, 0, 0, 0, 0, 1, 0, 0], [1, 1, 0, 0, 0, 0, 0, 0]]
"""Of these, pairs are told whose sum is one of four, and tells nothing more."""


def sparse(rows: list[list[int]]) -> list[dict[int, int]]:
    return [{place: factor for place, factor in enumerate(row) if factor} for row in rows]


@examples(100, 1_000)
@given(st.lists(ROW, max_size=7), SIZES)
@example(TWO_PAIRS, [0, 0, 0, 0, 0, 1, 0, 0])
def test_every_sum_of_two_to_four_that_is_told_while_no_part_of_it_is_is_found_and_no_other(
    rows: list[list[int]], sizes: list[int]
):
    open_ = null_space(rows, UNKNOWNS)
    sums = {
        members
        for count in (1, 2, 3, 4)
        for members in combinations(range(UNKNOWNS), count)
        if is_told([int(place in members) for place in range(UNKNOWNS)], open_)
    }
    expected = {
        members
        for members in sums
        if len(members) > 1 and all(sizes[member] < LEAST for member in members)
        if 0 < sum(sizes[member] for member in members) < LEAST
        if not any(set(part) < set(members) for part in sums)
    }
    echelon = pivots(sparse(rows))
    values = random_solution(echelon, UNKNOWNS, 1)
    assert determined_sums(basis(echelon, UNKNOWNS), values, sizes, LEAST) == expected


@examples(50, 300)
@given(st.lists(ROW, max_size=7))
def test_the_basis_is_of_solutions_and_of_as_many_as_are_open(rows: list[list[int]]):
    solutions = basis(pivots(sparse(rows)), UNKNOWNS)
    assert len(solutions) == len(null_space(rows, UNKNOWNS))
    for solution in solutions:
        for row in rows:
            assert sum(row[place] * value for place, value in solution.items()) % PRIME == 0
