"""Finds Terraform: a setting, the PATH, what set-up downloaded before; `install` downloads it by its checksum.

Writes only below var/tools, and runs nothing that does not match the SHA-256 that HashiCorp signed.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
import zipfile
from pathlib import Path

from devtools.paths import TOOLS
from devtools.toolchain import signature
from processes.errors import ToolMissingError

MINIMUM = (1, 11)
VERSION = "1.13.5"
RELEASES = "https://releases.hashicorp.com/terraform"
TIMEOUT_SECONDS = 60
MACHINES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


def version_of(binary: Path) -> str | None:
    """Return what the binary says its version is; None if it does not run."""
    environment = {**os.environ, "CHECKPOINT_DISABLE": "1", "TF_CLI_CONFIG_FILE": os.devnull}
    try:
        command = [str(binary), "version", "-json"]
        completed = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True, env=environment)
        return str(json.loads(completed.stdout)["terraform_version"])
    except (OSError, subprocess.SubprocessError, ValueError, KeyError):
        return None


def is_new_enough(version: str | None) -> bool:
    """Return whether a version such as "1.11.4" has what the stack needs (write-only attributes, S3 lock files)."""
    numbers = re.match(r"(\d+)\.(\d+)", version or "")
    return numbers is not None and (int(numbers[1]), int(numbers[2])) >= MINIMUM


def candidates(tools: Path = TOOLS) -> list[tuple[str, Path]]:
    """Return where it may lie, best first, each with the words for doctor. A setting shuts out all else."""
    if setting := os.environ.get("HOMEROOM_TERRAFORM"):
        return [("HOMEROOM_TERRAFORM", Path(setting))]
    on_path = shutil.which("terraform")
    locations = [("PATH", Path(on_path))] if on_path else []
    return [*locations, ("downloaded by set-up", tools / "terraform")]


def find(tools: Path = TOOLS) -> Path | None:
    """Return the first Terraform that runs and is new enough."""
    return next((path for _, path in candidates(tools) if path.exists() and is_new_enough(version_of(path))), None)


def remedy() -> str:
    """Return what to do where there is none."""
    minimum = ".".join(map(str, MINIMUM))
    return (
        f"Install Terraform {minimum} or newer so that `terraform` is on PATH, or set HOMEROOM_TERRAFORM to its path; "
        "then call `make setup` again."
    )


def archive_name() -> str:
    """Return the name of the archive for this machine; raises ToolMissingError where none is published."""
    machine = MACHINES.get(platform.machine().lower())
    if machine is None or sys.platform not in ("linux", "darwin"):
        raise ToolMissingError(
            f"No Terraform is published for {sys.platform} on {platform.machine()}.", remedy=remedy()
        )
    return f"terraform_{VERSION}_{sys.platform}_{machine}.zip"


def published_checksum(sums: str, archive: str) -> str:
    """Return the SHA-256 of the archive out of the text of SHA256SUMS."""
    for line in sums.splitlines():
        checksum, _, name = line.strip().partition("  ")
        if name == archive and re.fullmatch(r"[0-9a-f]{64}", checksum):
            return checksum
    raise ToolMissingError(f"The published checksums name no {archive}.", remedy=remedy())


def _download(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as answer:
        return bytes(answer.read())


def install(
    tools: Path = TOOLS,
    releases: str = RELEASES,
    *,
    key: Path = signature.KEY,
    fingerprint: str = signature.FINGERPRINT,
) -> Path:
    """Download Terraform below `tools` unless one is found; raises ToolMissingError with the remedy.

    The list of checksums has to be signed by the key; the archive has to match the list.
    """
    if existing := find(tools):
        return existing
    if setting := os.environ.get("HOMEROOM_TERRAFORM"):
        raise ToolMissingError(
            f"HOMEROOM_TERRAFORM names {setting}: no Terraform of a usable version.", remedy=remedy()
        )
    archive = archive_name()
    try:
        listed = f"{releases}/{VERSION}/terraform_{VERSION}_SHA256SUMS"
        sums, signed = _download(listed), _download(f"{listed}.sig")
        content = _download(f"{releases}/{VERSION}/{archive}")
    except (urllib.error.URLError, OSError) as error:
        raise ToolMissingError(
            f"Terraform is not on this machine, and downloading it failed ({error}).", remedy=remedy()
        ) from error
    signature.verify(sums, signed, key=key, fingerprint=fingerprint)
    checksum = published_checksum(sums.decode(), archive)
    if hashlib.sha256(content).hexdigest() != checksum:
        raise ToolMissingError(f"{archive} does not match its published checksum and was thrown away.", remedy=remedy())
    tools.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=tools) as folder:
        zipped = Path(folder) / archive
        zipped.write_bytes(content)
        with zipfile.ZipFile(zipped) as opened:
            binary = Path(opened.extract("terraform", folder))
        binary.chmod(0o755)
        binary.replace(tools / "terraform")
    return tools / "terraform"
