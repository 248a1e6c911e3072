"""``python -m devtools.check [--since COMMIT]``: what to run before a commit, in under a minute.

Style, types and imports are looked at beside the tests. Ends with 1 where one of them has something to say.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO, NamedTuple

import grimp

from devtools.check.changes import base, changed
from devtools.check.selection import selection
from devtools.paths import ROOT

PACKAGES = (
    "messages",
    "portal",
    "provisioning",
    "engine",
    "registry",
    "infra",
    "sandbox",
    "processor",
    "homeroom_cli",
    "processes",
    "devtools",
    "tests",
)
BIN = Path(sys.executable).parent
LOOKS = {
    "style": [sys.executable, "-m", "ruff", "check", "--quiet", "."],
    "format": [sys.executable, "-m", "ruff", "format", "--check", "--quiet", "."],
    "templates": [sys.executable, "-m", "devtools.templates"],
    "types": [sys.executable, "-m", "mypy", "--no-error-summary"],
    "imports": [str(BIN / "lint-imports"), "--no-cache"],
}
SECONDS_FOR_TESTS = 40
# To read all files of tests takes longer than the time that there is.
MOST_FILES = 40
# Below this number a second process costs more than it brings.
SIDE_BY_SIDE = 6
HEAVY = re.compile(r"mark\.(long|browser|terraform)\b")


class Look(NamedTuple):
    """One of the looks that are taken side by side: its name, its process and what it says."""

    name: str
    process: subprocess.Popen[bytes]
    said: IO[bytes]


def importers() -> dict[str, set[str]]:
    """Return every module's name with those of the modules that import it."""
    graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    return {name: graph.find_modules_that_directly_import(name) for name in graph.modules}


def test_files() -> list[str]:
    """Return the test files by their paths below the project folder."""
    return sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "tests").rglob("test_*.py"))


def begin(name: str, command: list[str]) -> Look:
    """Start one look; what it says is kept until its turn."""
    output = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `ended`
    return Look(name, subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT), output)


def ended(look: Look) -> bool:
    """Wait for a look's end, show what it said if it is not content, and say whether it is."""
    content = look.process.wait() == 0
    print(f"{look.name}: {'good' if content else 'see below'}", flush=True)
    if not content:
        look.said.seek(0)
        sys.stdout.write(look.said.read().decode(errors="replace"))
    look.said.close()
    return content


def run_tests(selected: list[tuple[int, str]], files: list[str]) -> bool:
    """Run the tests that the change asks for, and say which were left out; return whether all passed."""
    names, far = [test for _, test in selected[:MOST_FILES]], [test for _, test in selected[MOST_FILES:]]
    own = [test for test in names if test in files]
    heavy = [test for test in names if test not in own and HEAVY.search((ROOT / test).read_text())]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.check", "--within", str(SECONDS_FOR_TESTS)]
    if len(names) > SIDE_BY_SIDE:
        command += ["-n", "2", "--dist", "loadfile", "--no-loadscope-reorder"]
    status = subprocess.run([*command, *(f"--whole={test}" for test in own), *names], cwd=ROOT, check=False).returncode
    if heavy:
        print("Left to make test, since they drive Terraform or a browser, or are long: tests of", *heavy, sep="\n  ")
    if far:
        print(f"Left to make test, since so many are asked for: {len(far)} files of tests that are farther off.")
    # 5: all that was asked for is heavy.
    return status in (0, 5)


def main() -> int:
    """Look at all, side by side."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--since", help="compare with where the branch left this commit (else: what it follows)")
    try:
        commit = base(parser.parse_args().since)
        files = changed(commit)
    except ValueError as error:
        parser.error(str(error))
    looks = [begin(name, command) for name, command in LOOKS.items()]
    selected = selection(files, test_files(), importers())
    print(f"{len(files)} files differ from {commit[:12]}: {len(selected)} files of tests asked for.", flush=True)
    passed = run_tests(selected, files) if selected else True
    content = [ended(look) for look in looks]
    return 0 if passed and all(content) else 1


if __name__ == "__main__":
    raise SystemExit(main())
