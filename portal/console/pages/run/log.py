"""The lines of a run's log as its page shows them: filtered, around a line, or folded by the resource they speak of."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from portal.console.addresses import as_query
from provisioning.models import Run, RunEvent
from provisioning.runs.archive import events_of

LOG_LINES = 500
FOLDED_LINES = 5000
"""So many lines are folded: each resource has a few."""
LEVELS = {"": _("All levels"), "warning": _("Warnings and errors"), "error": _("Errors")}
LEVELS_SHOWN = {"warning": ("warn", "warning", "error"), "error": ("error",)}
WORST = {"error": 2, "warning": 1, "warn": 1}


@dataclass(frozen=True)
class LogFilter:
    """Which lines of the log to show."""

    level: str
    search: str
    line: int = 0
    """A line that somebody links to: the log then shows what is around it, and follows nothing."""
    is_folded: bool = False

    @property
    def query(self) -> str:
        """The filter as part of an address."""
        return as_query(level=self.level, q=self.search, line=self.line, fold="resource" if self.is_folded else "")


@dataclass(frozen=True)
class Fold:
    """The lines of one resource, or those that speak of none."""

    address: str
    lines: list[RunEvent]

    @property
    def level(self) -> str:
        """The worst level among the lines."""
        return max((line.level for line in self.lines), key=lambda level: WORST.get(level, 0))

    @property
    def last(self) -> RunEvent:
        """The newest line."""
        return self.lines[-1]


def log_filter(query: QueryDict) -> LogFilter:
    """Read the log's filter out of an address."""
    level = query.get("level", "")
    search = query.get("q", "").replace("\x00", "")[:100]
    line = query.get("line", "")
    line_number = int(line) if line.isascii() and line.isdigit() and len(line) < 10 else 0
    return LogFilter(level if level in LEVELS else "", search, line_number, query.get("fold") == "resource")


def log_lines(run: Run, filters: LogFilter, *, after: int = 0) -> list[RunEvent]:
    """Return the newest lines behind `after` that the filter lets through, in order; raises ArchiveUnavailableError."""
    levels = LEVELS_SHOWN.get(filters.level, ())
    if filters.line:
        around = max(0, filters.line - LOG_LINES // 2)
        return [] if after else events_of(run, after=around, levels=levels, search=filters.search, first=LOG_LINES)
    newest = FOLDED_LINES if filters.is_folded and not after else LOG_LINES
    return events_of(run, after=after, levels=levels, search=filters.search, newest=newest)


def folds(lines: list[RunEvent]) -> list[Fold]:
    """Gather lines by the resource they speak of: those with errors first, then as they began."""
    by_address: dict[str, list[RunEvent]] = {}
    for line in lines:
        by_address.setdefault(line.address, []).append(line)
    gathered = [Fold(address, of_one) for address, of_one in by_address.items()]
    return sorted(gathered, key=lambda fold: (-WORST.get(fold.level, 0), fold.lines[0].sequence))
