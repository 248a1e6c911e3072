"""Writes, folds and reads what is counted. Rows are only ever added, so that no transaction waits for another's count.

Folding adds up what is there, in one statement: who reads meanwhile sees all of it before, or all of it after. So
counts never fall, also when the runs that they are of have gone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from django.db import connection
from django.db.models import Sum

from provisioning.measurements.values import Histogram, Mark, Measured, bound_of, histogram
from provisioning.models import Measurement

FOLD_ROWS = 2_000
"""From so many rows on they are folded; to add up that many takes some milliseconds."""
FOLD = """
WITH gone AS (DELETE FROM provisioning_measurement RETURNING measured, first, second, bound, count, seconds)
INSERT INTO provisioning_measurement (measured, first, second, bound, count, seconds)
SELECT measured, first, second, bound, sum(count), sum(seconds) FROM gone GROUP BY measured, first, second, bound
"""

Labels = tuple[str, str]
Part = tuple[int | None, int, float]
"""A bucket's bound, how many it has, and their seconds."""


def count(marks: Iterable[Mark]) -> None:
    """Count these, in the caller's transaction: they are counted if what they tell of is committed."""
    Measurement.objects.bulk_create(
        Measurement(
            measured=mark.measured,
            first=mark.first[:64],
            second=mark.second[:64],
            bound=None if mark.seconds is None else bound_of(mark.seconds),
            count=1,
            seconds=mark.seconds or 0.0,
        )
        for mark in marks
    )


def fold(at: int = FOLD_ROWS) -> bool:
    """Add the rows up where there are at least `at`; say whether it was done."""
    if Measurement.objects.count() < at:
        return False
    with connection.cursor() as cursor:
        cursor.execute(FOLD)
    return True


class Counts:
    """All that was counted so far, as of one moment."""

    def __init__(self, rows: Iterable[tuple[str, str, str, int | None, int, float]]) -> None:
        self._rows: dict[str, dict[Labels, list[Part]]] = defaultdict(lambda: defaultdict(list))
        for measured, first, second, bound, number, seconds in rows:
            self._rows[measured][first, second].append((bound, number, seconds))

    def totals(self, measured: Measured) -> dict[Labels, int]:
        """Return how many there were, by their labels."""
        return {labels: sum(number for _, number, _ in rows) for labels, rows in sorted(self._rows[measured].items())}

    def histograms(self, measured: Measured) -> dict[Labels, Histogram]:
        """Return how long they took, by their labels."""
        return {labels: histogram(rows) for labels, rows in sorted(self._rows[measured].items())}


def counts() -> Counts:
    """Read everything, in one statement."""
    rows = Measurement.objects.order_by().values_list("measured", "first", "second", "bound")
    return Counts(rows.annotate(Sum("count"), Sum("seconds")))
