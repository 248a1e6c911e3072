"""Which test files a change asks for, nearest first. A function of names; reads no file.

A test file is as far from a change as the shortest chain of imports between them is long. What is not reached by
imports (a template, a view that a URL names, a table of SQL) asks for the tests of its room, which lie below `tests` in
folders that are named as those of the code.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import PurePosixPath

ROOM_DISTANCE = 2
EVERYTHING_DISTANCE = 9
# These decide how every test runs; the last is only as far as the rest of its folder.
EVERYTHING = ("tests/plugin.py", "tests/conftest.py", "pyproject.toml")
# The documents are held to what these say.
STATED_IN_DOCUMENTS = ("README.md", "Makefile", "docker-compose.yml", "portal/settings.py", "infra/district.py")
DOCUMENTS = "tests/docs"


def module_of(path: str) -> str:
    """Return the dotted name of a Python file."""
    parts = PurePosixPath(path).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def is_test(path: str) -> bool:
    """Return whether pytest collects the file."""
    name = PurePosixPath(path).name
    return path.startswith("tests/") and name.startswith("test_") and name.endswith(".py")


def reached(starts: Iterable[str], importers: Callable[[str], Iterable[str]]) -> dict[str, int]:
    """Return every module that imports one of these, directly or not, and through how many imports at least."""
    distances = dict.fromkeys(starts, 0)
    edge = list(distances)
    while edge:
        following: list[str] = []
        for module in edge:
            for importer in importers(module):
                if importer not in distances:
                    distances[importer] = distances[module] + 1
                    following.append(importer)
        edge = following
    return distances


def room(path: str, tests: Collection[str]) -> str:
    """Return the folder of the tests that stand nearest to a file of the code; empty where none does."""
    folder = PurePosixPath(path).parent
    if path in STATED_IN_DOCUMENTS or folder.parts[:1] == ("docs",):
        return DOCUMENTS
    within = folder if folder.parts[:1] == ("tests",) else PurePosixPath("tests") / folder
    while within.parts[1:]:
        if any(test.startswith(f"{within}/") for test in tests):
            return str(within)
        within = within.parent
    return ""


def _below(folder: str, tests: Collection[str]) -> list[str]:
    return [test for test in tests if test.startswith(f"{folder}/")] if folder else []


def selection(
    changed: Iterable[str], tests: Collection[str], modules: Mapping[str, Iterable[str]]
) -> list[tuple[int, str]]:
    """Return the test files that a change asks for with their distance, the nearest first.

    `tests` are all test files, `modules` every module's name with those of the modules that import it.
    """
    changed = list(changed)
    nearest: dict[str, int] = {}

    def ask(names: Iterable[str], distance: int) -> None:
        for name in names:
            nearest[name] = min(distance, nearest.get(name, distance))

    starts = [module_of(path) for path in changed if path.endswith(".py")]
    distances = reached([name for name in starts if name in modules], lambda name: modules.get(name, ()))
    ask((test for test in tests if test in changed), 0)
    for test in tests:
        if (name := module_of(test)) in distances:
            ask([test], distances[name])
    for name, distance in distances.items():
        if name.endswith(".conftest"):
            ask(_below(name.rpartition(".")[0].replace(".", "/"), tests), distance + 1)
    for path in changed:
        if path in EVERYTHING:
            ask(tests, EVERYTHING_DISTANCE)
        elif not is_test(path):
            ask(_below(room(path, tests), tests), ROOM_DISTANCE)
        if path in STATED_IN_DOCUMENTS:
            ask(_below(DOCUMENTS, tests), 1)
    return sorted((distance, test) for test, distance in nearest.items())
