"""A copy of the project in which a test adds something, by the files that the page for developers names for it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from devtools.paths import ROOT
from tests.docs.test_development import paths_in
from tests.docs.test_facts import read

ROOMS = (
    "portal",
    "provisioning",
    "engine",
    "registry",
    "messages",
    "infra",
    "processor",
    "homeroom_cli",
    "processes",
    "devtools",
)


def named(what: str) -> list[str]:
    """Return the paths that `docs/development.md` names for adding this."""
    (row,) = re.findall(rf"^\| {re.escape(what)} \|(.*)\|$", read("development.md"), re.MULTILINE)
    return paths_in(row)


class Tree:
    """The rooms of the project: those that are written to are copies, all others links."""

    def __init__(self, folder: Path, what: str) -> None:
        self.folder = folder
        self._allowed = named(what)
        self._copied: set[str] = set()
        for room in (*ROOMS, "tests"):
            (folder / room).symlink_to(ROOT / room)

    def add(self, path: str, text: str) -> None:
        """Write a new file."""
        target = self._writable(path)
        assert not target.exists()
        target.parent.mkdir(exist_ok=True)
        target.write_text(text)

    def insert(self, path: str, before: str, text: str) -> None:
        """Write lines before the line that begins so: the only one."""
        target = self._writable(path)
        whole = target.read_text()
        assert len(re.findall(rf"^{re.escape(before)}", whole, re.MULTILINE)) == 1, (path, before)
        target.write_text(re.sub(rf"^(?={re.escape(before)})", lambda _: text, whole, flags=re.MULTILINE))

    def _writable(self, path: str) -> Path:
        """Return the file's place in the copy; a file that the page does not name is none of the addition's."""
        patterns = [re.sub("<[a-z]+>", "*", name) for name in self._allowed]
        assert any(fnmatchcase(path, f"{pattern}*" if pattern.endswith("/") else pattern) for pattern in patterns), (
            f"docs/development.md does not name {path}: {self._allowed}"
        )
        room = path.partition("/")[0]
        if room not in self._copied:
            (self.folder / room).unlink()
            shutil.copytree(ROOT / room, self.folder / room, symlinks=True)
            self._copied.add(room)
        return self.folder / path

    def ask(self, program: str) -> Any:
        """Return what a program says that runs in the copy: one line of JSON."""
        environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings", "PYTHONDONTWRITEBYTECODE": "1"}
        command = [sys.executable, "-c", program]
        ran = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stderr[-3000:]
        return json.loads(ran.stdout.splitlines()[-1])
