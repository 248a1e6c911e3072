"""What is known of an error: how its text is recognized, what it means, the way out, and where that is written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum

from messages.message import Message, term


class Rank(IntEnum):
    """Which of several entries that match speaks: the lowest."""

    CAUSE = 0
    """Explains whatever stands around it, wherever it stands: no connection, no credentials."""
    SPECIFIC = 1
    GENERAL = 2
    """A whole family; speaks where no specific entry does."""


@dataclass(frozen=True)
class Origin:
    """Where the error is documented; with `service`, `operation` and `error` where AWS's own API model lists it."""

    title: str
    url: str
    service: str = ""
    operation: str = ""
    error: str = ""


@dataclass(frozen=True)
class Hint:
    """A known error. The example is a message as AWS, the provider or Terraform wrote it, its numbers replaced."""

    code: str
    pattern: re.Pattern[str]
    summary: Message
    remedy: Message
    origin: Origin
    example: str
    rank: Rank = Rank.SPECIFIC


def known(
    code: str, pattern: str, *, summary: str, remedy: str, origin: Origin, example: str, rank: Rank = Rank.SPECIFIC
) -> Hint:
    """Return an entry; a space in the pattern stands for any white space, for Terraform breaks lines."""
    spaced = pattern.replace(" ", r"\s+")
    return Hint(code, re.compile(spaced, re.IGNORECASE), term(summary), term(remedy), origin, example, rank)
