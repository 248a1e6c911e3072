"""What an answer shows of a report: a row for each shown group, and why values of it are ranges or missing. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from processor.analytics.aggregate_report import AggregateReport, Group
from processor.analytics.cells import Cell
from processor.analytics.profiles import PERCENTILES, Numbers, Range

EXACT = "exact"
BLURRED = (
    "Mean and median are ranges: fewer than 100 students, or scores too much alike, or they would tell the mean of "
    "such a group. Ten students could have had any score of the test and the ranges would be the same."
)
COUNTED = "No mean is told: fewer than 30 students, or the results have no scores, or all scores are the same."
LEVELS_HIDDEN = (
    "Levels that fewer than 10 students reached are hidden, and others that would give these away; where nearly all of "
    "a group reached one level, all of its levels are."
)


def unlisted(least: int) -> str:
    """Return what is said below every answer: it is the same whether anything is hidden or not."""
    return (
        f"Groups of fewer than {least} students are not listed, nor are others from which the number of such a group "
        "would follow. Groups without students are not listed either. What changes for a few students alone is counted "
        "when it changes for more, or a week later."
    )


def table(report: AggregateReport, within: Cell, by: str) -> list[dict[str, Any]]:
    """Return the rows of an answer: the numbers of the groups within a cell."""
    return [_row(report, cell, report.shown[cell]) for cell in report.groups(within, by)]


def growth(report: AggregateReport, within: Cell, by: str) -> list[dict[str, Any]]:
    """Return the rows of growth: the median change and its quartiles, or the range of the median."""
    rows = []
    for cell in report.groups(within, by):
        group = report.shown[cell]
        quartiles = percentiles(group.numbers)
        rows.append(
            {
                **_named(cell),
                "at_least": group.n,
                "median_change": quartiles["p50"],
                "lower_quartile": quartiles["p25"],
                "upper_quartile": quartiles["p75"],
                "median_range": _range(group.numbers.median_range),
                "why": EXACT if quartiles["p50"] is not None else BLURRED,
            }
        )
    return rows


def percentiles(numbers: Numbers) -> dict[str, float | None]:
    """Return percentiles by their names."""
    return {f"p{share}": value for share, value in zip(PERCENTILES, numbers.percentiles, strict=True)}


def _row(report: AggregateReport, cell: Cell, group: Group) -> dict[str, Any]:
    return {
        **_named(cell),
        "n": group.n,
        "mean": group.numbers.mean,
        "deviation": group.numbers.deviation,
        "percentiles": percentiles(group.numbers),
        "mean_range": _range(group.numbers.mean_range),
        "median_range": _range(group.numbers.median_range),
        "levels": list(_shares(report, group)),
        "why": _why(group),
    }


def _why(group: Group) -> str:
    """Return in words why values of a group are ranges or missing."""
    numbers, reasons = group.numbers, []
    if numbers.mean_range is not None:
        reasons.append(BLURRED)
    elif numbers.mean is None:
        reasons.append(COUNTED)
    if None in group.levels:
        reasons.append(LEVELS_HIDDEN)
    return " ".join(reasons) or EXACT


def _range(marks: Range | None) -> dict[str, float] | None:
    return None if marks is None else {"least": marks[0], "below": marks[1]}


def _named(cell: Cell) -> dict[str, str]:
    return dict(zip(("school", "grade", "dimension", "value"), cell[:4], strict=True))


def _shares(report: AggregateReport, group: Group) -> Iterable[dict[str, Any]]:
    # A group narrowed by three has no levels.
    for level, count in zip(report.levels, group.levels, strict=False):
        percent = None if count is None else round(100 * count / group.n, 1)
        yield {"level": level, "suppressed": count is None, "n": count, "percent": percent}
