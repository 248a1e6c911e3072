"""Which history a change deletes: logs and backups are kept for fewer days than they were. Part of `policy`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.kinds import KINDS
from engine.kinds.kind import Keeping
from infra.shortening import deleted_by
from messages.message import Message

FOREVER = 2**31


def shortened(kind: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Message]:
    """Yield what is deleted, in a sentence each."""
    for keeping in KINDS[kind].keeps if kind in KINDS else ():
        if sentence := deleted_by(keeping.setting, _days(before, keeping), _days(after, keeping)):
            yield sentence


def _days(values: Any, keeping: Keeping) -> int | None:
    """Return the days of what is kept shortest; None where the plan does not say yet, or keeps nothing by days."""
    days = list(_at(values, keeping.path))
    numbers = [FOREVER if keeping.forever == number else number for number in days if isinstance(number, int)]
    return min(numbers, default=None)


def _at(values: Any, path: tuple[str, ...]) -> Iterator[Any]:
    if isinstance(values, list):
        for value in values:
            yield from _at(value, path)
    elif not path:
        yield values
    elif isinstance(values, Mapping):
        yield from _at(values.get(path[0]), path[1:])
