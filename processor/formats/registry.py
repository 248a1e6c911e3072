"""Which formats there are: every module beside this one that has a FORMAT. And which of them a file is of."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from processor.formats.base import Format
from processor.formats.nearest import sentence
from processor.problems import FileProblem


@functools.cache
def formats() -> tuple[Format, ...]:
    """Return all formats, by name."""
    found = []
    for module in pkgutil.iter_modules([str(Path(__file__).parent)]):
        one = getattr(importlib.import_module(f"processor.formats.{module.name}"), "FORMAT", None)
        if isinstance(one, Format):
            found.append(one)
    return tuple(sorted(found, key=lambda one: one.name))


def recognize(names: Iterable[str], *, is_json: bool, file_name: str = "") -> Format | None:
    """Return the format whose marks are all there, the one with the most marks first; case does not matter.

    A file's own name decides where its header holds an id at least: exports leave columns out.
    """
    there = {name.casefold() for name in names}
    fitting = [one for one in formats() if one.is_json == is_json and {mark.casefold() for mark in one.marks} <= there]
    if fitting:
        return max(fitting, key=lambda one: len(one.marks))
    for one in formats():
        if file_name.casefold() in {name.casefold() for name in one.file_names} and "sourcedid" in there:
            return one
    return None


def unknown(names: Sequence[str] = (), *, is_json: bool = False) -> FileProblem:
    """Return the problem of a file that is of no format: which names it has, and what is missing for the nearest."""
    kinds = [one for one in formats() if one.is_json == is_json]
    titles = ", ".join(one.title for one in formats())
    what = "key" if is_json else "column"
    nothing = f"The {what}s are those of no format that can be read."
    told = sentence(names, kinds, what=what) if names else nothing
    return FileProblem(
        "unknown_format",
        told,
        f"Send one of: {titles}. The {what} names must be those of the specification.",
    )
