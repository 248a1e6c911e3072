"""The command `python -m devtools.mutants [NAME ...]`: all mutants, or some, each in a copy of the project.

Ends with 1 if one of them survives, which means that none of its tests fails.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from devtools.mutants.catalogue import Mutant, mutants
from devtools.paths import ROOT, TERRAFORM_RC, VAR, VENV
from processes.errors import RemediedError

FAILED, PASSED = 1, 0
"""pytest's exit codes for tests that failed, and for a run in which all passed."""


def copied(folder: Path) -> Path:
    """Return a copy of the project as it is now, with the environment and the tools of the original."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    for translated in ROOT.glob("portal/locale/*/LC_MESSAGES/*.mo"):
        shutil.copy2(translated, folder / translated.relative_to(ROOT))
    (folder / ".venv").symlink_to(VENV)
    (folder / "var").mkdir()
    if TERRAFORM_RC.exists():
        shutil.copy2(TERRAFORM_RC, folder / "var" / TERRAFORM_RC.name)
    if (VAR / "tools").exists():
        (folder / "var" / "tools").symlink_to(VAR / "tools")
    return folder


def is_caught(mutant: Mutant, folder: Path) -> tuple[bool, str]:
    """Return whether the mutant's tests fail while it is in the copy, and the last line that pytest printed."""
    path = folder / mutant.path
    original = path.read_text()
    path.write_text(mutant.applied(original))
    try:
        command = [str(VENV / "bin" / "python"), "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *mutant.tests]
        environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
        completed = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, check=False, env=environment, stdin=subprocess.DEVNULL
        )
    finally:
        path.write_text(original)
    last = (completed.stdout.strip().splitlines() or [completed.stderr[-300:]])[-1]
    # A test that cannot even be set up says nothing of the mutant.
    if completed.returncode not in (FAILED, PASSED) or re.search(r"\b\d+ errors?\b", last):
        raise RemediedError(
            f"The tests of the mutant `{mutant.name}` could not be run: pytest ended with {completed.returncode}. "
            f"{last}",
            remedy="Run the tests that its entry in devtools/mutants/catalogue.toml names, without the mutant.",
        )
    return completed.returncode == FAILED, last


def main(names: list[str]) -> int:
    """Try the named mutants, or all; print a line for each, and how many survived."""
    known = {mutant.name: mutant for mutant in mutants()}
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"There is no mutant {', '.join(unknown)}. There are: {', '.join(known)}.", file=sys.stderr)
        return 2
    survived = []
    # Not below this project: sockets of what the tests start have paths of at most 107 bytes (unix(7)).
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        tree = copied(Path(folder))
        for name in names or known:
            started = time.monotonic()
            caught, last = is_caught(known[name], tree)
            word = "caught" if caught else "SURVIVED"
            print(f"{word:9} {name:45} {time.monotonic() - started:5.0f} s  {last}", flush=True)
            if not caught:
                survived.append(name)
    print(f"{len(names or known) - len(survived)} caught, {len(survived)} survived.")
    return 1 if survived else 0


if __name__ == "__main__":
    try:
        raise SystemExit(main(sys.argv[1:]))
    except RemediedError as error:
        raise SystemExit(str(error)) from error
