"""What is found out once for a project folder and provider: its program, its lock file's lines, and its schema."""

from __future__ import annotations

import fcntl
import hashlib
import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

LOCK_FILE = ".terraform.lock.hcl"
SOURCE = "registry.terraform.io/hashicorp/aws"


class NotPreparedError(RuntimeError):
    """Terraform could not install the provider; carries its words."""


@dataclass(frozen=True)
class Prepared:
    """The provider's program, the lock file that `terraform init` writes for it, and where its schema is kept."""

    provider: Path
    lock_file: str
    schema: Path


def prepare(home: Path, terraform: Path, version: str, environment: Mapping[str, str]) -> Prepared:
    """Have Terraform install the provider into `home`, once; raises NotPreparedError."""
    folder = home / version
    folder.mkdir(parents=True, exist_ok=True)
    with (home / "prepared.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        program = _program(folder)
        if program is None or not (folder / LOCK_FILE).exists():
            providers = {"aws": {"source": "hashicorp/aws", "version": version}}
            (folder / "main.tf.json").write_text(json.dumps({"terraform": {"required_providers": providers}}))
            completed = subprocess.run(
                [str(terraform), "init", "-input=false", "-no-color"],
                cwd=folder,
                env=dict(environment),
                capture_output=True,
                text=True,
                check=False,
            )
            program = _program(folder)
            if completed.returncode != 0 or program is None:
                raise NotPreparedError(completed.stdout + completed.stderr)
    status = program.stat()
    grounds = hashlib.sha256(f"{program.resolve()} {status.st_size} {status.st_mtime_ns}".encode()).hexdigest()
    return Prepared(program.resolve(), (folder / LOCK_FILE).read_text(), folder / f"schema-{grounds[:16]}")


def _program(folder: Path) -> Path | None:
    # The platform's folder may be a link to a mirror, which a pattern with ** would not follow.
    places = (folder / ".terraform" / "providers" / SOURCE).glob("*/*/terraform-provider-aws*")
    return next(iter(sorted(places)), None)
