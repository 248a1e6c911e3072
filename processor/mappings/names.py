"""Names of columns as people and vendors write them: alike however they are cased, spaced and punctuated."""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Iterable, Sequence

NO_WORD = re.compile(r"[\W_]+")
CLOSE = 0.72
"""How alike two names must be to be shown as near (difflib's ratio); below it, names of other things come up."""


@functools.lru_cache(50_000)
def plain(name: str) -> str:
    """Return a name as it is compared: letters and digits alone, in lower case; a name of signs alone as it is."""
    folded = name.strip().strip("'\"\ufeff").casefold()
    return NO_WORD.sub("", folded) or folded


def places(header: Sequence[str]) -> dict[str, int]:
    """Return where each column is, by its plain name; of two of one name the first."""
    by_name: dict[str, int] = {}
    for place, name in enumerate(header):
        if name.strip():
            by_name.setdefault(plain(name), place)
    return by_name


def nearest(wanted: str, header: Iterable[str], most: int = 3) -> list[str]:
    """Return the columns whose names are nearest to the one that is wanted, the nearest first."""
    by_plain = {plain(name): name for name in header if name.strip()}
    close = difflib.get_close_matches(plain(wanted), list(by_plain), n=most, cutoff=CLOSE)
    return [by_plain[name] for name in close]
