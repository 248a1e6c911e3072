"""Makes the project's own virtual environment from the hashed requirements.

uv installs them, which pip installs first: side by side and without compiling each module, it takes a tenth of pip's
time. Where uv cannot be had, pip does all. Uses the standard library only, since it runs before anything is installed.
It writes nothing outside the project.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

from devtools import pip_settings

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / ".requirements.sha256"
REQUIREMENTS = ROOT / "requirements" / "dev.txt"
INSTALLER = ROOT / "requirements" / "uv.txt"
MINIMUM_PYTHON = (3, 11)


def requirements_digest(requirements: Path = REQUIREMENTS) -> str:
    """Return the SHA-256 of the pinned requirements and of the Python that installs them."""
    digest = hashlib.sha256(requirements.read_bytes())
    digest.update(".".join(map(str, sys.version_info[:3])).encode())
    return digest.hexdigest()


def venv_python(folder: Path = VENV) -> Path:
    """Return the interpreter inside the virtual environment."""
    return folder / "bin" / "python"


def is_current() -> bool:
    """Return whether the environment holds exactly the pinned requirements."""
    return venv_python().exists() and STAMP.exists() and STAMP.read_text().strip() == requirements_digest()


def with_pip(python: Path, requirements: Path) -> None:
    """Install every pinned package by its hash with pip; raises CalledProcessError."""
    quiet = ["--quiet", "--disable-pip-version-check", "--no-cache-dir"]
    command = [str(python), "-m", "pip", "install", *quiet, "--require-hashes", "-r", str(requirements)]
    subprocess.run(command, check=True)


def with_uv(python: Path, requirements: Path) -> None:
    """Install the same with uv, from where this machine's pip looks; raises CalledProcessError."""
    variables = pip_settings.for_uv(pip_settings.read(str(python)), os.environ)
    uv = [str(python.with_name("uv")), "pip", "install", "--quiet", "--no-cache", "--python", str(python)]
    subprocess.run([*uv, "--require-hashes", "-r", str(requirements)], check=True, env={**os.environ, **variables})


def install_packages(python: Path, requirements: Path) -> None:
    """Install with uv, and with pip where uv cannot be had or fails; raises CalledProcessError on pip's failure."""
    try:
        with_pip(python, INSTALLER)
        with_uv(python, requirements)
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"uv did not install the packages ({error}).\nNow pip does, which takes longer.", flush=True)
        with_pip(python, requirements)


def install() -> None:
    """Create the environment and install every pinned package by its hash; raises on pip's failure."""
    print("Setting up .venv (once, half a minute) ...", flush=True)
    venv.EnvBuilder(with_pip=True, clear=VENV.exists()).create(VENV)
    install_packages(venv_python(), REQUIREMENTS)
    STAMP.write_text(requirements_digest() + "\n")


def main() -> int:
    """Set up what is missing; a second call does nothing."""
    if sys.version_info < MINIMUM_PYTHON:
        minimum = ".".join(map(str, MINIMUM_PYTHON))
        print(
            f"Homeroom needs Python {minimum} or newer; this is {sys.version.split()[0]}. "
            f"Call make with PYTHON=python{minimum}.",
            file=sys.stderr,
        )
        return 1
    os.chdir(ROOT)
    if not is_current():
        try:
            install()
        except subprocess.CalledProcessError as error:
            print(
                f"Installing the packages failed (pip ended with {error.returncode}). Check the network and the "
                "message above, then call make again: it goes on from there.",
                file=sys.stderr,
            )
            return 1
    return subprocess.run([str(venv_python()), "-m", "devtools.setup"], check=False).returncode


if __name__ == "__main__":
    raise SystemExit(main())
