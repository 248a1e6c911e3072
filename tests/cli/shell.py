"""Runs command lines of `homeroom` in this process, as a shell would: with stdin, an environment, and a status."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from homeroom_cli.main import status_of


@dataclass(frozen=True)
class Done:
    """What a command left."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The JSON value that it printed."""
        return json.loads(self.out)


class Shell:
    """A home of its own, and nothing of the machine's environment that the command line reads."""

    def __init__(self, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.home, self._patch, self._capsys = home, monkeypatch, capsys
        for name in ("HOMEROOM_URL", "HOMEROOM_TOKEN"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("XDG_CONFIG_HOME", str(home))
        monkeypatch.setenv("COLUMNS", "200")

    def export(self, **variables: str) -> None:
        for name, value in variables.items():
            self._patch.setenv(name, value)

    def run(self, *arguments: str, stdin: str = "") -> Done:
        """Carry out a command line; an argument is a text without quotes."""
        self._patch.setattr("sys.stdin", io.StringIO(stdin))
        self._capsys.readouterr()
        status = status_of(list(arguments))
        captured = self._capsys.readouterr()
        return Done(int(status), captured.out, captured.err)

    def kept(self) -> Path:
        return self.home / "homeroom" / "credentials.json"


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777
