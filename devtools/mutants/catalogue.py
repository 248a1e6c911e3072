"""Reads the deliberate faults: each replaces one passage of one file, and names the tests that have to fail then."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from processes.errors import RemediedError

CATALOGUE = Path(__file__).with_name("catalogue.toml")


class MutantUnusableError(RemediedError):
    """A mutant's passage is not in its file exactly once."""


@dataclass(frozen=True)
class Mutant:
    """One deliberate fault."""

    name: str
    path: str
    before: str
    after: str
    tests: tuple[str, ...]
    """What to give to pytest; at least one of these tests fails while the fault is in the code."""

    def applied(self, text: str) -> str:
        """Return the file's text with the fault; raises MutantUnusableError unless its passage stands there once."""
        count = text.count(self.before)
        if count != 1:
            raise MutantUnusableError(
                f"The passage of the mutant `{self.name}` is {count} times in {self.path}.",
                remedy="Bring its entry in devtools/mutants/catalogue.toml in step with the code.",
            )
        return text.replace(self.before, self.after)


def mutants(path: Path = CATALOGUE) -> tuple[Mutant, ...]:
    """Return all mutants by name."""
    entries = tomllib.loads(path.read_text())
    return tuple(
        Mutant(name, entry["path"], entry["before"], entry["after"], tuple(entry["tests"]))
        for name, entry in entries.items()
    )
