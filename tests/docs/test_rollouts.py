"""What the documents say of rollouts and of the queue is what the code does."""

from __future__ import annotations

from datetime import timedelta

from provisioning.dispatch.reading import UNCLAIMED
from provisioning.dispatch.values import AGEING, SET_APART
from provisioning.rollouts.states import TRANSITIONS
from provisioning.rollouts.waves import DEFAULT_WAVES
from tests.docs.test_facts import read, table_below


def test_the_table_of_a_rollouts_states_is_the_codes_own():
    table = table_below(read("architecture.md"), "States of a rollout")
    told = {state: set(following.split(", ")) for state, following in table.items()}
    assert told == {
        state.word: {after.word for after in following} for state, following in TRANSITIONS.items() if following
    }


def test_the_queues_times_and_shares_are_the_codes_own():
    text = read("operations.md")
    assert (timedelta(minutes=15), timedelta(minutes=2), 4) == (AGEING, UNCLAIMED, SET_APART)
    assert "a quarter of the places" in text
    assert "more\n  than 15 minutes" in text
    assert "no worker took within 2 minutes" in text
    assert DEFAULT_WAVES in text
