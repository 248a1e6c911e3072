"""Programs of other people that our own packages must not meet: each in an environment of its own, by hashes."""

from __future__ import annotations

import shutil
import subprocess
import venv
from pathlib import Path

from devtools.bootstrap import requirements_digest

STAMP = ".requirements.sha256"


def program(name: str, requirements: Path, folder: Path) -> Path:
    """Return a program, installed into the folder from hashed requirements unless it is there as they say."""
    stamp, binary = folder / STAMP, folder / "bin" / name
    digest = requirements_digest(requirements)
    if binary.exists() and stamp.exists() and stamp.read_text() == digest:
        return binary
    print(f"Installing {name} into an environment of its own (once) ...", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    venv.EnvBuilder(with_pip=True).create(folder)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    subprocess.run([*pip, "--no-cache-dir", "--require-hashes", "-r", str(requirements)], check=True)
    stamp.write_text(digest)
    return binary
