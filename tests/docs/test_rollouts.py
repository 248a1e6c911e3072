"""What the documents say of rollouts and of the queue is what the code does."""

from __future__ import annotations

from datetime import timedelta

from provisioning.dispatch.reading import UNCLAIMED
from provisioning.dispatch.values import AGEING, SET_APART
from provisioning.rollouts.waves import DEFAULT_WAVES
from tests.docs.test_facts import read


def test_the_queues_times_and_shares_are_the_codes_own():
    text = read("operations.md")
    assert (timedelta(minutes=15), timedelta(minutes=2), 4) == (AGEING, UNCLAIMED, SET_APART)
    assert "a quarter of the places" in text
    assert "more\n  than 15 minutes" in text
    assert "no worker took within 2 minutes" in text
    assert DEFAULT_WAVES in text
