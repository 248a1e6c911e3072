"""Two documents are compared line by line, whatever is in them."""

from __future__ import annotations

import pytest

from engine.terraform.document_lines import COMES, GONE, LONGEST_LINE, MOST_COMPARED, MOST_LINES, SKIPPED, lines_between

LONE = "\ud800"
"""Half of a pair of UTF-16, which JSON can hold and no encoding can write."""


def test_a_text_that_no_encoding_can_write_is_told_by_its_escape():
    lines, left_out = lines_between({"a": "é"}, {"a": f"é{LONE}"})
    assert left_out == 0
    assert [text for sign, text in lines if sign == COMES] == [r'  "a": "\u00e9\ud800"']
    assert [text for sign, text in lines if sign == GONE] == ['  "a": "é"']
    "\n".join(text for _, text in lines).encode()


def test_another_order_of_keys_is_no_difference():
    assert lines_between({"a": 1, "b": [1, 2]}, {"b": [1, 2], "a": 1}) == ((), 0)


def test_what_lies_between_two_differences_is_skipped_once():
    before = {f"key{number:02}": number for number in range(40)}
    lines, _ = lines_between(before, before | {"key03": 0, "key33": 0})
    assert [sign for sign, _ in lines].count(SKIPPED) == 1
    assert [text for sign, text in lines if sign == COMES] == ['  "key03": 0,', '  "key33": 0,']


@pytest.mark.parametrize(("more", "left_out"), [(0, 0), (1, 1), (700, 700)])
def test_lines_beyond_the_most_are_counted(more: int, left_out: int):
    # The brackets of the list are two lines of it.
    lines, counted = lines_between(None, list(range(MOST_LINES - 2 + more)))
    assert (len(lines), counted) == (MOST_LINES, left_out)


def test_a_document_that_would_take_seconds_is_not_compared():
    assert lines_between(list(range(MOST_COMPARED - 2)), [])[0]
    assert lines_between(list(range(MOST_COMPARED - 1)), []) == ((), 0)


@pytest.mark.parametrize(("length", "is_cut"), [(LONGEST_LINE - 4, False), (LONGEST_LINE - 3, True)])
def test_a_long_line_is_cut_and_told_by_its_digest(length: int, is_cut: bool):
    ((_, _), (_, text), (_, _)), _ = lines_between(None, ["x" * length])
    assert ("SHA-256" in text) is is_cut
    assert (f"({length + 4} characters" in text) is is_cut
