"""Prints each tool that the project needs: its version, where it comes from, and the remedy where it is missing."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from devtools.paths import TERRAFORM_RC
from devtools.toolchain import browser, mirror, node, terraform
from processes import postgres, valkey
from processes.errors import ToolMissingError


@dataclass(frozen=True)
class Finding:
    """One tool: found with its version and origin, or missing with the remedy."""

    tool: str
    version: str = ""
    origin: str = ""
    remedy: str = ""

    def line(self) -> str:
        """Return the finding as people read it."""
        if self.remedy:
            return f"  missing  {self.tool}\n           {self.remedy}"
        return f"  ok       {self.tool:<18} {self.version:<12} {self.origin}"


def first_line(program: Path, flag: str = "--version") -> str:
    """Return the version number out of what a program says of itself."""
    completed = subprocess.run([str(program), flag], capture_output=True, text=True, timeout=30, check=False)
    words = (completed.stdout or completed.stderr).split()
    return next((word.lstrip("v=") for word in words if any(letter.isdigit() for letter in word)), "?")


def find_python() -> Finding:
    """Python itself."""
    return Finding("Python", sys.version.split()[0], sys.executable)


def find_terraform() -> Finding:
    """Terraform, and why this one."""
    program = terraform.find()
    if program is None:
        return Finding("Terraform", remedy=terraform.remedy())
    origin = next(words for words, path in terraform.candidates() if path == program)
    return Finding("Terraform", terraform.version_of(program) or "?", f"{program} ({origin})")


def find_provider() -> Finding:
    """The AWS provider: a mirror on this machine, or the registry."""
    folder = mirror.find()
    if not TERRAFORM_RC.exists():
        return Finding("AWS provider", remedy="Call `make setup`; it writes Terraform's configuration below var/.")
    return Finding("AWS provider", mirror.VERSION, f"mirror {folder}" if folder else "the registry, at the first run")


def find_node() -> Finding:
    """Node for synthesis."""
    program = node.find()
    return Finding("Node", first_line(program), str(program)) if program else Finding("Node", remedy=node.REMEDY)


def find_postgres() -> Finding:
    """The PostgreSQL server of demo and tests."""
    try:
        folder = postgres.binaries()
    except ToolMissingError as error:
        return Finding("PostgreSQL", remedy=error.remedy)
    return Finding("PostgreSQL", first_line(folder / "postgres"), str(folder))


def find_broker() -> Finding:
    """The Redis server of demo and tests."""
    try:
        program = valkey.server()
    except ToolMissingError as error:
        return Finding("Broker", remedy=error.remedy)
    return Finding("Broker", first_line(program), str(program))


def find_browser() -> Finding:
    """Chromium for the browser tests."""
    program = browser.find()
    if program is None:
        return Finding("Chromium", remedy=f"Call `{browser.INSTALL}`.")
    return Finding("Chromium", first_line(program), str(program))


CHECKS = (find_python, find_terraform, find_provider, find_node, find_postgres, find_broker, find_browser)


def main() -> int:
    """Print all findings; exit status 1 when a tool is missing."""
    findings = [check() for check in CHECKS]
    print("\n".join(finding.line() for finding in findings))
    return 1 if any(finding.remedy for finding in findings) else 0


if __name__ == "__main__":
    raise SystemExit(main())
