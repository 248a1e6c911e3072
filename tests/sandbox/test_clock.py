"""AWS's time goes by one factor, is moved by hand, and what is due is done in its order and once."""

from __future__ import annotations

import pytest

from sandbox.clock import DAY, HOUR, USUAL_PACE, Clock, pace_of


class Wall:
    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.mark.parametrize(("told", "pace"), [("", USUAL_PACE), ("aws", 1.0), ("60", 60.0), (" 0.5 ", 0.5)])
def test_the_setting_is_real_time_or_a_factor(told, pace):
    assert pace_of({"SANDBOX_PACE": told}) == pace


@pytest.mark.parametrize("told", ["0", "-1", "fast", "inf", "nan"])
def test_what_is_no_pace_is_refused(told):
    with pytest.raises(ValueError, match=r"pace|could not convert"):
        pace_of({"SANDBOX_PACE": told})


def test_time_goes_at_its_pace_and_goes_on_at_another_from_where_it_stands():
    wall = Wall()
    clock = Clock(60, wall)
    wall.seconds = 2
    assert clock.now() == 120
    clock.go_at(1)
    wall.seconds = 3
    assert clock.now() == 121


def test_what_is_due_is_done_once_in_its_order_and_nothing_before_its_time():
    wall, done = Wall(), []
    clock = Clock(1, wall)
    clock.after(20, "the second", lambda: done.append("second"))
    clock.after(10, "the first", lambda: done.append("first"))
    wall.seconds = 9.9
    clock.carry_out_due()
    assert (done, [what for _, what in clock.waiting()]) == ([], ["the first", "the second"])
    wall.seconds = 20
    clock.carry_out_due()
    clock.carry_out_due()
    assert (done, clock.waiting()) == (["first", "second"], [])


def test_what_comes_again_comes_at_each_of_its_moments_when_time_is_moved():
    clock, moments = Clock(1, Wall()), []

    def daily() -> None:
        moments.append(clock.now())
        clock.after(DAY, "again", daily)

    clock.after(HOUR, "begin", daily)
    clock.forward(3 * DAY)
    assert moments == [HOUR, HOUR + DAY, HOUR + 2 * DAY]
    assert clock.now() == 3 * DAY
    with pytest.raises(ValueError, match="does not go back"):
        clock.forward(-1)
