"""What a check of the preflight found: fine, to be looked at, or refused, in sentences with a remedy."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self


class Verdict(StrEnum):
    """How a check came out."""

    FINE = "fine"
    WARNING = "warning"
    """A run may succeed; review recommended."""
    REFUSED = "refused"
    """A run would fail here."""


@dataclass(frozen=True)
class Finding:
    """One check's result; `detail` holds what AWS itself said, or the whole list that the sentence sums up."""

    check: str
    verdict: Verdict
    told: str
    remedy: str = ""
    detail: str = ""

    def as_data(self) -> dict[str, Any]:
        """Return it as plain JSON data."""
        return {**asdict(self), "verdict": self.verdict.value}

    @classmethod
    def of(cls, data: dict[str, Any]) -> Self:
        """Return the finding that plain data holds."""
        return cls(data["check"], Verdict(data["verdict"]), data["told"], data["remedy"], data["detail"])


def fine(check: str, sentence: str, detail: str = "") -> Finding:
    """Return that nothing is wrong."""
    return Finding(check, Verdict.FINE, sentence, "", detail)


def warning(check: str, sentence: str, remedy: str, detail: str = "") -> Finding:
    """Return what somebody ought to look at."""
    return Finding(check, Verdict.WARNING, sentence, remedy, detail)


def refused(check: str, sentence: str, remedy: str, detail: str = "") -> Finding:
    """Return why a run would fail."""
    return Finding(check, Verdict.REFUSED, sentence, remedy, detail)
