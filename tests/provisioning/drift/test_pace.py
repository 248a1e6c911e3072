"""How many drift checks may be active at a time: as many as keep the period, whatever the fleet's size."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioning.drift.pace import Pace, at_once

DAY = timedelta(hours=24)
SMALL = Pace(
    period=DAY, live=10, waiting=0, check=timedelta(seconds=90), asking=timedelta(minutes=1), least=3, places=20
)


def test_a_small_fleet_has_what_the_settings_say():
    assert at_once(SMALL) == 3


def test_a_large_fleet_has_what_its_period_takes_and_no_more_than_its_share_of_the_places():
    large = replace(SMALL, live=13_000, places=200)
    # 13,000 checks of 120 seconds with the time until they are asked for, and a quarter to spare, in 86,400 seconds.
    assert at_once(large) == 23
    assert at_once(replace(large, places=20)) == 15


def test_what_has_waited_is_caught_up_with():
    late = replace(SMALL, live=3000, places=200, waiting=2500)
    assert at_once(late) > 2 * at_once(replace(late, waiting=0))


def test_more_is_never_less():
    assert at_once(replace(SMALL, least=30)) == 30


@given(
    live=st.integers(1, 20_000),
    check=st.integers(5, 600),
    hours=st.integers(1, 48),
    behind=st.floats(0, 1),
)
def test_every_district_has_its_turn_in_time_wherever_there_are_places_enough(live, check, hours, behind):
    """All are asked for in one long queue, minute by minute, beginning with some of them already late."""
    period = timedelta(hours=hours)
    pace = replace(SMALL, live=live, check=timedelta(seconds=check), period=period, places=10**6)
    occupied = pace.check + pace.asking / 2
    waiting, step = behind * live, period / 200
    for _ in range(200):
        waiting += live * (step / period)
        waiting -= min(waiting, at_once(replace(pace, waiting=int(waiting))) * (step / occupied))
    # What waits at the end of a period is what falls due in the time of a few askings, not a part of the fleet.
    assert waiting <= max(live / 20, 3 * live * ((pace.asking + occupied) / period))


@pytest.mark.parametrize("live", [0, 1])
def test_nobody_to_check_is_no_trouble(live):
    assert at_once(replace(SMALL, live=live)) == 3
