"""What set-up does once the Python packages are there: Terraform, its provider, Node, a browser, the command line, the
compiled translations. Twice does no harm."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from devtools.messages.catalogue import compile_all
from devtools.paths import ROOT, VENV
from devtools.toolchain import browser, mirror, node, terraform
from processes.errors import RemediedError

SYSTEM_PACKAGES = (
    ["apt-get", "update", "-q"],
    ["apt-get", "install", "-y", "-q", "--no-install-recommends", "chromium"],
)
"""How a Debian machine gets its Chromium; only root may, as in containers and CI."""
EXECUTABLE = VENV / "bin" / "homeroom"
"""The command line, to be called from any folder."""


def install_command_line(executable: Path = EXECUTABLE, root: Path = ROOT) -> None:
    """Write the command `homeroom`, which runs this clone's package in its own environment, whatever lies around it."""
    python = shlex.quote(str(executable.with_name("python")))
    path = f"PYTHONPATH={shlex.quote(str(root))}${{PYTHONPATH:+:$PYTHONPATH}}"
    executable.write_text(f'#!/bin/sh\n{path} exec {python} -P -m homeroom_cli "$@"\n')
    executable.chmod(0o755)


def install_browser() -> bool:
    """Install a Chromium where none is found; say whether there is one now.

    Playwright's own comes first, into the project folder; with root's rights it brings the system's libraries too.
    Where its download cannot be reached, root on a Debian machine takes the system's package.
    """
    if browser.find() is not None:
        return True
    print("Installing a Chromium for the browser tests ...", flush=True)
    root = os.geteuid() == 0 and shutil.which("apt-get") is not None
    command = [sys.executable, "-m", "playwright", "install", *(["--with-deps"] if root else []), "chromium"]
    environment = {**os.environ, "PLAYWRIGHT_BROWSERS_PATH": str(browser.INSTALLED)}
    if not _succeeds(command, environment) and root:
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        all(_succeeds(step, quiet) for step in SYSTEM_PACKAGES)
    return browser.find() is not None


def _succeeds(command: list[str], environment: dict[str, str]) -> bool:
    return subprocess.run(command, capture_output=True, check=False, env=environment).returncode == 0


def main() -> int:
    """Set up what is missing; a tool that cannot be had is an error with its remedy, a browser only a warning."""
    try:
        terraform.install()
    except RemediedError as error:
        print(error, file=sys.stderr)
        return 1
    mirror.write(mirror.find())
    compile_all()
    install_command_line()
    if node.find() is None:
        print(f"There is no Node.\n  What to do: {node.REMEDY}", file=sys.stderr)
        return 1
    if not install_browser():
        print(f"No Chromium: browser tests will fail until there is one. Install it with:\n  {browser.INSTALL}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
