"""What a district has decided about an Ed-Fi assessment: which method's number is the score, which word the level, and
what names the window. What is not decided follows the rules of `edfi_methods` and `edfi_windows`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from processor.formats.edfi import LEVEL, METHOD, at, counting, descriptor, is_number, level_of, listed, met
from processor.formats.edfi_methods import NO_WORDS, plainly
from processor.formats.edfi_windows import term_of
from processor.formats.occasion import season_of


class Window(StrEnum):
    """What names the occasion of a result."""

    PERIOD = "period"
    TERM = "term"
    DATE = "date"
    YEAR = "year"
    """Nothing: all results of a school year are of one occasion."""


@dataclass(frozen=True)
class Choice:
    """One assessment's choice; what is empty is as the rules have it. Methods are named in plain words."""

    score: str = ""
    level: str = ""
    window: Window | None = None


NONE = Choice()
Choices = Mapping[str, Choice]


def score_of(entries: list[dict[str, Any]], key: str, namespace: str, choice: Choice) -> dict[str, Any] | None:
    """Return the entry whose number is the score; where a method was chosen that is not there, none is."""
    if not choice.score:
        return counting(entries, key, namespace)
    return next((entry for entry in entries if named(entry) == choice.score and is_number(at(entry, key))), None)


def level_by(item: dict[str, Any], choice: Choice) -> str:
    """Return the level that was met, by the chosen method where there is one."""
    if not choice.level:
        return level_of(item)
    words = [
        descriptor(entry.get(LEVEL)) for entry in listed(item, "performanceLevels") if _is(entry, choice) and met(entry)
    ]
    words += [at(entry, "result") for entry in listed(item, "scoreResults") if _is(entry, choice)]
    return next((word.strip() for word in words if word.strip() and word.strip().casefold() not in NO_WORDS), "")


def window_of(item: dict[str, Any], period: str, day: str, choice: Choice) -> str:
    """Return what the occasion is called: by what was chosen, or else by the first of period, term and date."""
    windows = {Window.PERIOD: period, Window.TERM: term_of(item), Window.DATE: season_of(day) if day else ""}
    if choice.window == Window.YEAR:
        return ""
    if choice.window is not None and windows[choice.window]:
        return windows[choice.window]
    return next((word for word in windows.values() if word), "")


def named(entry: dict[str, Any]) -> str:
    """Return the method of a score or level in plain words."""
    return plainly(descriptor(entry.get(METHOD)))


def _is(entry: dict[str, Any], choice: Choice) -> bool:
    return named(entry) == choice.level
