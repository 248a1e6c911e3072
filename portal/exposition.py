"""What `/metrics` tells, collected from the database at each scrape, whichever process answers.

Runs that are active are counted as they are; all others were counted when they ended (`provisioning.measurements`), so
that a scrape never reads a long history. Source of the conventions: Prometheus, "Metric and label naming".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta

from django.db import connection
from django.db.models import Count, Min
from django.db.models.functions import Now
from django.utils import timezone
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from portal.version import VERSION
from provisioning.database_clock import read_at, with_clock
from provisioning.health.status import queue, workers
from provisioning.measurements.keeping import Counts, counts
from provisioning.measurements.values import Measured
from provisioning.models import DriftItem, PeriodicTask, Run
from provisioning.models.district_health import BESIDE_RUNS
from provisioning.states.runs import ACTIVE_STATES, ENDED_STATES, HELD_STATES, RunKind, RunState
from registry.districts.models import District
from registry.districts.statuses import DistrictStatus, DriftStatus

DURATIONS = (
    (
        Measured.RUN_DURATION,
        "homeroom_run_duration_seconds",
        "From a run's claim to its end.",
        ("kind", "result"),
    ),
    (Measured.STEP_DURATION, "homeroom_step_duration_seconds", "Steps of runs that are over.", ("step", "kind")),
    (Measured.QUEUE_WAIT, "homeroom_queue_wait_seconds", "From when a run is queued to its claim.", ("kind",)),
)
TOTALS = (
    (Measured.RUN_FAILED, "homeroom_run_failures", "Runs that failed, by the error's code.", ("code", "kind")),
    (Measured.RUN_LOST, "homeroom_run_losses", "Runs whose worker was lost, by their step.", ("step", "kind")),
    (Measured.RUN_RETRIED, "homeroom_run_retries", "Runs that were started in the place of another.", ("kind",)),
)
OUR_FAULTS = ("internal_error", "unknown", "worker_lost")
"""Codes of failures that an alert or a person waits for from the start."""


class Fleet(Collector):
    """Everything that is counted, in a dozen queries whatever the size of the fleet and the length of its history."""

    def collect(self) -> Iterator[Metric]:
        """Yield each metric with its samples."""
        recorded = counts()
        yield gauge("homeroom_build_info", "The version that answers.", {"version": [(VERSION, 1)]})
        yield from _runs(recorded)
        yield from _queue()
        yield from _workers()
        yield from _periodic()
        yield from _districts()
        yield gauge("homeroom_database_size_bytes", "What the database takes on its disk.", {"": [("", _size())]})
        for measured, name, documentation, labels in DURATIONS:
            yield _histogram(recorded, measured, name, documentation, labels)
        for measured, name, documentation, labels in TOTALS:
            yield _total(recorded, measured, name, documentation, labels)


def gauge(name: str, documentation: str, samples: Mapping[str, Iterable[tuple[str, float]]]) -> Metric:
    """Return a gauge with one label, or with none where its name is empty."""
    ((label, values),) = samples.items()
    metric = GaugeMetricFamily(name, documentation, labels=[label] if label else [])
    for value, number in values:
        metric.add_metric([value] if label else [], number)
    return metric


def _runs(recorded: Counts) -> Iterator[Metric]:
    states = Run.objects.filter(state__in=ACTIVE_STATES).order_by().values_list("state")
    rows = states.annotate(Count("id"), over=Now() - Min("lease_until"))
    active: dict[str, tuple[int, timedelta | None]] = {state: (number, over) for state, number, over in rows}
    numbers = {state.value: active.get(state.value, (0, None))[0] for state in RunState}
    for (_, state), count in recorded.totals(Measured.RUN_ENDED).items():
        numbers[state] = numbers.get(state, 0) + count
    documentation = "Runs by state; of those that have ended, all there ever were."
    yield gauge("homeroom_runs", documentation, {"state": [(state.value, numbers[state.value]) for state in RunState]})
    held = [over for state, (_, over) in active.items() if state in HELD_STATES and over is not None]
    late = max([over.total_seconds() for over in held], default=0.0)
    documentation = "By how much the lease of a run is over that nobody has marked as lost yet."
    yield gauge("homeroom_lease_lateness_seconds", documentation, {"": [("", max(late, 0.0))]})
    metric = CounterMetricFamily("homeroom_runs_ended", "Runs that have ended.", labels=["kind", "result"])
    for labels, number in _totals(recorded, Measured.RUN_ENDED).items():
        metric.add_metric(labels, number)
    yield metric


def _queue() -> Iterator[Metric]:
    waiting = queue(Run.objects.all())
    oldest = (timezone.now() - waiting.oldest_at).total_seconds() if waiting.oldest_at else 0
    yield gauge("homeroom_queue_length", "Runs that wait for a worker.", {"": [("", waiting.waiting)]})
    yield gauge("homeroom_queue_oldest_wait_seconds", "How long the oldest of them has waited.", {"": [("", oldest)]})


def _workers() -> Iterator[Metric]:
    present = workers()
    last = present.periodic.seen_at.timestamp() if present.periodic else 0
    works = (
        ("runs", present.runs),
        ("upkeep", present.upkeep),
        ("chores", present.chores),
        ("long-chores", present.long_chores),
    )
    yield gauge("homeroom_workers", "Workers that gave a sign of life lately, by what they do.", {"work": works})
    documentation = "When the periodic work last had a turn."
    yield gauge("homeroom_periodic_work_timestamp_seconds", documentation, {"": [("", last)]})
    free = [(worker.name, worker.free_bytes) for worker in present.here if worker.free_bytes is not None]
    yield gauge("homeroom_work_free_bytes", "Free room where a worker's workspaces lie.", {"worker": free})


def _periodic() -> Iterator[Metric]:
    tasks = list(with_clock(PeriodicTask.objects.all()))
    late = [(task.name, max((read_at(task) - task.due_at).total_seconds(), 0.0)) for task in tasks]
    intervals = [(task.name, task.interval_seconds) for task in tasks]
    done = [(task.name, task.done_at.timestamp()) for task in tasks if task.done_at is not None]
    yield gauge("homeroom_periodic_task_interval_seconds", "How often periodic work is due.", {"task": intervals})
    yield gauge("homeroom_periodic_task_done_timestamp_seconds", "When it was last done.", {"task": done})
    yield gauge("homeroom_periodic_task_late_seconds", "For how long it has been due and not done.", {"task": late})
    failures = CounterMetricFamily("homeroom_periodic_task_failures", "Turns that ended in an error.", labels=["task"])
    for task in tasks:
        failures.add_metric([task.name], task.failures)
    yield failures


def _districts() -> Iterator[Metric]:
    rows = District.objects.annotate(health=BESIDE_RUNS).order_by().values_list("health", "drift")
    numbers = {(status, drift): number for status, drift, number in rows.annotate(Count("id"))}
    by_status = [
        (district_status.value, sum(n for (status, _), n in numbers.items() if status == district_status))
        for district_status in DistrictStatus
    ]
    yield gauge(
        "homeroom_districts",
        "Districts by status; what a run has not begun to change is as it was.",
        {"status": by_status},
    )
    in_use = {key: number for key, number in numbers.items() if key[0] != DistrictStatus.REMOVED}
    by_drift = [
        (drift_status.value, sum(n for (_, drift), n in in_use.items() if drift == drift_status))
        for drift_status in DriftStatus
    ]
    exposed = DriftItem.objects.exclude(exposure="").exclude(district__status=DistrictStatus.REMOVED)
    documentation = "Districts in use that drift has opened."
    yield gauge(
        "homeroom_districts_exposed", documentation, {"": [("", exposed.values("district").distinct().count())]}
    )
    yield gauge(
        "homeroom_districts_drift", "Districts in use by what their last drift check found.", {"drift": by_drift}
    )


def _size() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        return int(cursor.fetchone()[0])


def _always() -> dict[Measured, list[tuple[str, str]]]:
    """Return the labels that are there from the start: what first shows as 1 has risen for nobody who compares."""
    kinds = [kind.value for kind in RunKind]
    return {
        Measured.RUN_ENDED: [(kind, state.value) for kind in kinds for state in ENDED_STATES],
        Measured.RUN_FAILED: [(code, kind) for code in OUR_FAULTS for kind in kinds],
        Measured.RUN_LOST: [(state.value, kind) for state in HELD_STATES for kind in kinds],
        Measured.RUN_RETRIED: [(kind, "") for kind in kinds],
    }


def _totals(recorded: Counts, measured: Measured) -> dict[tuple[str, str], int]:
    return dict(sorted((dict.fromkeys(_always()[measured], 0) | recorded.totals(measured)).items()))


def _histogram(recorded: Counts, measured: Measured, name: str, documentation: str, labels: tuple[str, ...]) -> Metric:
    metric = HistogramMetricFamily(name, documentation, labels=labels)
    for values, histogram in recorded.histograms(measured).items():
        metric.add_metric(values[: len(labels)], histogram.buckets, histogram.seconds)
    return metric


def _total(recorded: Counts, measured: Measured, name: str, documentation: str, labels: tuple[str, ...]) -> Metric:
    metric = CounterMetricFamily(name, documentation, labels=labels)
    for values, number in _totals(recorded, measured).items():
        metric.add_metric(values[: len(labels)], number)
    return metric
