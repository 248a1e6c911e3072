"""Which formats there are: every module beside this one that has a FORMAT. And which of them a file is of."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from processor.formats.base import Format
from processor.formats.nearest import sentence
from processor.problems import FileProblemError


@functools.cache
def formats() -> tuple[Format, ...]:
    """Return all formats, by name."""
    kinds = []
    for module in pkgutil.iter_modules([str(Path(__file__).parent)]):
        kind = getattr(importlib.import_module(f"processor.formats.{module.name}"), "FORMAT", None)
        if isinstance(kind, Format):
            kinds.append(kind)
    return tuple(sorted(kinds, key=lambda item: item.name))


def recognize(names: Iterable[str], *, is_json: bool, file_name: str = "") -> Format | None:
    """Return the format whose marks are all there, the one with the most marks first; case does not matter.

    A file's own name decides where its header holds an id at least: exports leave columns out.
    """
    present = {name.casefold() for name in names}
    fitting = [
        kind for kind in formats() if kind.is_json == is_json and {mark.casefold() for mark in kind.marks} <= present
    ]
    if fitting:
        return max(fitting, key=lambda kind: len(kind.marks))
    for kind in formats():
        if file_name.casefold() in {name.casefold() for name in kind.file_names} and "sourcedid" in present:
            return kind
    return None


def unknown(names: Sequence[str] = (), *, is_json: bool = False) -> FileProblemError:
    """Return the problem of a file that is of no format: which names it has, and what is missing for the nearest."""
    kinds = [kind for kind in formats() if kind.is_json == is_json]
    titles = ", ".join(kind.title for kind in formats())
    what = "key" if is_json else "column"
    nothing = f"The {what}s are those of no format that can be read."
    message = sentence(names, kinds, what=what) if names else nothing
    return FileProblemError(
        "unknown_format",
        message,
        f"Send one of: {titles}. The {what} names must be those of the specification.",
    )
