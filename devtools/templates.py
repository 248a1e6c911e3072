"""``python -m devtools.templates [--write]``: are the templates formatted, without a fault, and narrow enough?

djangofmt formats and lints them; it breaks no template tag, so that what is too wide has to be broken by hand.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from devtools.paths import ROOT

FOLDERS = {"portal": "django", "processor/api/templates": "jinja"}
"""Where templates lie, with the language they are written in."""
WIDEST = 120
"""Columns, as of everything else."""


def templates(folders: Iterable[str] = FOLDERS) -> list[Path]:
    """Return every template of these folders below the project folder."""
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.html"))


def too_wide(paths: Iterable[Path]) -> Iterator[str]:
    """Yield where a line has more columns than `WIDEST`."""
    for path in paths:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if len(line) > WIDEST:
                yield f"{path.relative_to(ROOT)}:{number}: {len(line)} columns, {WIDEST} at most"


def formatter(folder: str, profile: str, *arguments: str) -> int:
    """Run djangofmt over a folder and return its exit status."""
    program = Path(sys.executable).parent / "djangofmt"
    command = [str(program), *arguments, "--profile", profile, folder]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def main() -> int:
    """Look at all templates, or write them formatted; exit status 1 where something is left to do."""
    parser = argparse.ArgumentParser(prog="python -m devtools.templates", description=__doc__)
    parser.add_argument("--write", action="store_true", help="format the templates instead of looking at them")
    write = parser.parse_args().write
    failed = False
    for folder, profile in FOLDERS.items():
        failed |= formatter(folder, profile, *([] if write else ["--check"])) != 0
        failed |= formatter(folder, profile, "check") != 0
    for place in too_wide(templates()):
        print(place)
        failed = True
    return int(failed)


if __name__ == "__main__":
    raise SystemExit(main())
