"""Waves as people write them, "2, 10%, 50%, 100%", and which district goes in which. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from itertools import pairwise

from messages.message import message

DEFAULT_WAVES = "2, 10%, 50%, 100%"
PART = re.compile(r"([0-9]{1,5})(%?)")


class WavesRefusedError(ValueError):
    """The waves cannot be understood; the text says why and what to write."""


def parse(text: str) -> list[str]:
    """Return the waves, each a number of districts or a percentage of all, in growing order and ending with all.

    Raises WavesRefusedError with a sentence and a remedy.
    """
    parts = [part for part in re.split(r"[\s,;]+", text) if part]
    if not parts:
        raise WavesRefusedError(
            message("Give at least one wave, such as {default_waves}.", default_waves=DEFAULT_WAVES)
        )
    shares: list[int] = []
    counts: list[int] = []
    for part in parts:
        match = PART.fullmatch(part)
        if match is None or int(match[1]) == 0 or (match[2] and int(match[1]) > 100):
            raise WavesRefusedError(
                message(
                    "{part} is no wave. Write a number of districts, or a percentage from 1% to 100%.", part=f"{part!r}"
                )
            )
        if match[2]:
            shares.append(int(match[1]))
        elif shares:
            raise WavesRefusedError(
                message("Write numbers of districts before percentages: {part} comes too late.", part=part)
            )
        else:
            counts.append(int(match[1]))
    if any(later <= earlier for grown in (counts, shares) for earlier, later in pairwise(grown)):
        raise WavesRefusedError(
            message("Each wave counts all districts up to it: numbers must increase from wave to wave.")
        )
    if shares[-1:] != [100]:
        raise WavesRefusedError(message("Let the last wave be 100%, so that no district is left out."))
    return parts


def bounds(waves: Sequence[str], total: int) -> list[int]:
    """Return how many districts have been reached after each wave; a wave that adds none is left out."""
    counts: list[int] = []
    for wave in waves:
        number = int(wave.rstrip("%"))
        reached = min(total, math.ceil(total * number / 100) if wave.endswith("%") else number)
        if reached > (counts[-1] if counts else 0):
            counts.append(reached)
    return counts


def wave_of(position: int, reached: Sequence[int]) -> int:
    """Return the wave, from 1, of the district at a position, from 0."""
    return next(number for number, bound in enumerate(reached, 1) if position < bound)
