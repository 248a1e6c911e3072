"""Puts a program in Terraform's place that runs it and writes down what each command took, its provider included."""

from __future__ import annotations

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PROGRAM = """#!{python} -IS
import json, os, signal, sys, time
began = time.monotonic()
child = os.fork()
if not child:
    os.execv({terraform!r}, [{terraform!r}, *sys.argv[1:]])
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, lambda *_: None)
while True:
    try:
        _, status, used = os.wait4(child, 0)
        break
    except InterruptedError:
        continue
told = {{"command": sys.argv[1], "wall": time.monotonic() - began, "cpu": used.ru_utime + used.ru_stime}}
log = os.open({log!r}, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
os.write(log, (json.dumps(told) + chr(10)).encode())
code = os.waitstatus_to_exitcode(status)
if code < 0:
    signal.signal(-code, signal.SIG_DFL)
    os.kill(os.getpid(), -code)
sys.exit(code)
"""


@dataclass(frozen=True)
class CommandUsage:
    """What some commands took: how often each was called, and the seconds that processors worked for each."""

    commands: Counter[str]
    cpu_of: Mapping[str, float]

    @property
    def cpu(self) -> float:
        """The seconds that processors worked for all of them."""
        return sum(self.cpu_of.values())


class MeasuredTerraform:
    """A program that is Terraform, and keeps what its commands took since somebody last asked."""

    def __init__(self, terraform: str, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path, self.log = folder / "terraform", folder / "commands.ndjson"
        self.path.write_text(PROGRAM.format(python=sys.executable, terraform=terraform, log=str(self.log)))
        self.path.chmod(0o755)

    def taken(self) -> CommandUsage:
        """Return what the commands took since the last call."""
        if not self.log.exists():
            return CommandUsage(Counter(), {})
        lines = [json.loads(line) for line in self.log.read_text().splitlines()]
        self.log.unlink()
        cpu_of: defaultdict[str, float] = defaultdict(float)
        for line in lines:
            cpu_of[line["command"]] += line["cpu"]
        return CommandUsage(Counter(line["command"] for line in lines), cpu_of)
