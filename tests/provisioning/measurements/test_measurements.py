"""What is counted of runs: each move once, in its own transaction, and never less than before."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from provisioning.measurements.keeping import count, counts, fold
from provisioning.measurements.values import Mark, Measured, Move, bound_of, histogram, marks
from provisioning.models import Measurement, Run
from provisioning.runs.retry import retry_run
from provisioning.states.runs import RunKind, RunState
from tests.builders import a_person, a_run, moved

NOW = timezone.now()
DURATIONS = st.floats(min_value=0, max_value=10**6)


def a_move(before: RunState, after: RunState, *, seconds: float = 10, error_code: str = "") -> Move:
    began = NOW - timedelta(seconds=seconds)
    started = None if before is RunState.QUEUED else began - timedelta(seconds=90)
    return Move("apply", before, after, NOW, started, error_code, ((before.value, began),))


@pytest.mark.parametrize(
    ("move", "expected"),
    [
        (
            a_move(RunState.QUEUED, RunState.SYNTHESIZING),
            [Mark(Measured.QUEUE_WAIT, "apply", "", 10)],
        ),
        (
            a_move(RunState.QUEUED, RunState.CANCELED),
            [Mark(Measured.RUN_ENDED, "apply", "canceled")],
        ),
        (
            a_move(RunState.PLANNING, RunState.AWAITING_APPROVAL),
            [Mark(Measured.STEP_DURATION, "planning", "apply", 10)],
        ),
        (
            a_move(RunState.APPLYING, RunState.FAILED, error_code="throttled"),
            [
                Mark(Measured.STEP_DURATION, "applying", "apply", 10),
                Mark(Measured.RUN_FAILED, "throttled", "apply"),
                Mark(Measured.RUN_ENDED, "apply", "failed"),
                Mark(Measured.RUN_DURATION, "apply", "failed", 100),
            ],
        ),
        (
            a_move(RunState.VERIFYING, RunState.LOST),
            [
                Mark(Measured.STEP_DURATION, "verifying", "apply", 10),
                Mark(Measured.RUN_LOST, "verifying", "apply"),
            ],
        ),
        (
            a_move(RunState.QUEUED, RunState.SYNTHESIZING, seconds=-5),
            [Mark(Measured.QUEUE_WAIT, "apply", "", 0)],
        ),
    ],
    ids=["claimed", "called off", "waits for approval", "failed", "lost", "by another host's clock"],
)
def test_a_move_is_counted_as_what_it_is(move, expected):
    assert marks(move) == expected


@given(st.lists(DURATIONS))
def test_a_histogram_is_cumulative_and_ends_with_all(taken):
    result = histogram((bound_of(seconds), 1, seconds) for seconds in taken)
    numbers = [number for _, number in result.buckets]
    assert numbers == sorted(numbers)
    assert result.buckets[-1] == ("+Inf", len(taken))
    for bound, number in result.buckets[:-1]:
        assert number == sum(seconds <= float(bound) for seconds in taken)
    assert result.seconds == pytest.approx(sum(taken))


def test_what_was_counted_by_a_bound_of_before_counts_for_those_above_it():
    cumulative = dict(histogram([(45, 2, 80.0)]).buckets)
    assert cumulative["30.0"] == 0
    assert cumulative["60.0"] == cumulative["+Inf"] == 2


def run_to(*states: RunState, **fields: str) -> Run:
    run = a_run()
    for state in states[:-1]:
        moved(run, state)
    return moved(run, states[-1], **fields)


WAY = (RunState.SYNTHESIZING, RunState.PLANNING, RunState.APPLYING)


@pytest.mark.django_db
class TestCounted:
    def test_each_end_failure_wait_and_step_of_a_run(self):
        run_to(*WAY, RunState.FAILED, error_code="throttled")
        run_to(*WAY, RunState.VERIFYING, RunState.SUCCEEDED)
        run_to(RunState.CANCELED)
        counted = counts()
        expected = {("apply", "failed"): 1, ("apply", "succeeded"): 1, ("apply", "canceled"): 1}
        assert counted.totals(Measured.RUN_ENDED) == expected
        assert counted.totals(Measured.RUN_FAILED) == {("throttled", "apply"): 1}
        assert counted.totals(Measured.QUEUE_WAIT) == {("apply", ""): 2}
        assert counted.totals(Measured.STEP_DURATION)["applying", "apply"] == 2
        assert counted.histograms(Measured.RUN_DURATION)["apply", "succeeded"].buckets[-1] == ("+Inf", 1)

    def test_a_loss_and_a_retry(self):
        lost = run_to(*WAY)
        Run.objects.filter(pk=lost.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
        moved(lost, RunState.LOST)
        failed = run_to(RunState.SYNTHESIZING, RunState.FAILED, error_code="x")
        retry_run(run=failed, actor=a_person())
        assert counts().totals(Measured.RUN_LOST) == {("applying", "apply"): 1}
        assert counts().totals(Measured.RUN_RETRIED) == {("apply", ""): 1}

    def test_nothing_of_what_is_taken_back(self):
        run = run_to(RunState.SYNTHESIZING)
        before = counts().totals(Measured.RUN_ENDED)
        with pytest.raises(LookupError), transaction.atomic():  # noqa: PT012
            moved(run, RunState.FAILED, error_code="x")
            raise LookupError
        assert counts().totals(Measured.RUN_ENDED) == before == {}

    def test_the_same_after_folding_and_after_the_runs_have_gone(self):
        run = run_to(*WAY, RunState.FAILED, error_code="throttled")
        count(Mark(Measured.QUEUE_WAIT, "plan", "", seconds) for seconds in (0.5, 3, 20_000))
        before = {measured: counts().histograms(measured) for measured in Measured}
        rows = Measurement.objects.count()
        assert fold(at=1)
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM provisioning_runstep WHERE run_id = %s", [run.pk])
        assert {measured: counts().histograms(measured) for measured in Measured} == before
        count([Mark(Measured.QUEUE_WAIT, "plan", "", 3)])
        assert fold(at=1)
        assert counts().totals(Measured.QUEUE_WAIT)["plan", ""] == 4
        assert Measurement.objects.count() <= rows

    def test_few_rows_are_left_as_they_are(self):
        count([Mark(Measured.RUN_RETRIED, "apply")])
        first = Measurement.objects.get().pk
        assert not fold()
        assert Measurement.objects.get().pk == first


def buckets(measured: Measured) -> dict[tuple[str, str], object]:
    return {labels: histogram.buckets for labels, histogram in counts().histograms(measured).items()}


def test_every_kind_and_state_fits_into_a_label():
    longest = Measurement._meta.get_field("first").max_length
    assert longest is not None
    assert max(len(word) for word in [*RunKind, *RunState]) <= longest
