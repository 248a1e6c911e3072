"""Whether a state that could not be written may be pushed now: as a table, and that nothing older is ever pushed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.state.errored_state import Push, decide_push, facts_of


def a_state(serial: int = 5, lineage: str = "one", names: tuple[str, ...] = ("vpc",)) -> dict[str, Any]:
    resources = [{"mode": "managed", "type": "aws_x", "name": name, "instances": []} for name in names]
    return {"version": 4, "serial": serial, "lineage": lineage, "outputs": {}, "resources": resources}


def packed(state: dict[str, Any]) -> bytes:
    return json.dumps(state, indent=2).encode()


KEPT = a_state(serial=5, names=("vpc", "role"))


@pytest.mark.parametrize(
    ("stored", "push", "sentence"),
    [
        (None, Push.PUSH, ""),
        ({}, Push.PUSH, ""),
        (a_state(serial=4), Push.PUSH, ""),
        (KEPT, Push.STORED, ""),
        (KEPT | {"lineage": "another", "serial": 1}, Push.STORED, ""),
        (
            a_state(serial=5),
            Push.REFUSED,
            "The district's state was written since: it has serial 5, and this one 5. The district's state lacks 1 of "
            "its resources: aws_x.role.",
        ),
        (
            a_state(serial=9, names=("vpc", "role", "topic")),
            Push.REFUSED,
            "The district's state was written since: it has serial 9, and this one 5. All of its resources are in the "
            "district's state.",
        ),
        (
            a_state(serial=1, lineage="two"),
            Push.REFUSED,
            "The district's state has another lineage, two: it was replaced by another state. The district's state "
            "lacks 1 of its resources: aws_x.role.",
        ),
    ],
)
def test_a_kept_state_is_pushed_only_where_it_is_the_next_of_its_lineage(stored, push, sentence):
    decision = decide_push(packed(KEPT), stored)
    assert (decision.push, decision.sentence) == (push, sentence)


def test_a_state_that_was_cut_off_is_kept_by_its_digest_and_never_pushed():
    cut = packed(KEPT)[:-30]
    assert (facts_of(cut).serial, facts_of(cut).lineage, facts_of(cut).size) == (None, "", len(cut))
    assert decide_push(cut, None).push is Push.REFUSED


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.booleans())
def test_nothing_is_ever_pushed_over_a_newer_state_or_one_of_another_lineage(kept, stored, is_same_lineage):
    stored_state = a_state(serial=stored, lineage="one" if is_same_lineage else "two", names=())
    decision = decide_push(packed(a_state(serial=kept)), stored_state)
    assert (decision.push is Push.PUSH) == (is_same_lineage and kept > stored)


@given(st.binary(max_size=300))
def test_whatever_lies_there_has_its_facts(body):
    assert facts_of(body).size == len(body)
