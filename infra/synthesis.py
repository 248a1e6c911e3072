"""Writes a district's stack as Terraform JSON, with what Terraform reads beside it."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from infra import rotation_package
from infra.platform_spec import PlatformSpec
from infra.spec import DistrictSpec

STACK_FILE = "cdk.tf.json"
ROTATION_FILE = "rotation.zip"
VERSIONS_FILE = "versions.tf"
IMPORTS_FILE = "imports.tf"
VERSIONS = """# Write-only arguments and ephemeral resources came with 1.11.
terraform {
  required_version = ">= 1.11"
}
"""
"""In a file of its own: scanners of Terraform JSON read blocks only, and refuse this argument."""

PROVIDER_VERSION = "5.100.0"
"""The version that the CDKTF provider package was made from; the stack is tested with no other."""

LOCK_FILE = ".terraform.lock.hcl"
PROVIDER_LOCK = Path(__file__).with_name("provider.lock.hcl")
"""The lock file that lies beside every stack: `terraform init` installs no provider that it does not list."""

BACKEND = {"s3": {"use_lockfile": True}}
"""Partial: bucket, key and region are given to `terraform init` (Terraform, "Partial configuration").

Without `encrypt`: with it and without a key of its own, Terraform asks for S3's own encryption (AES256) and so puts the
bucket's default, our key, aside (Terraform, `internal/backend/remote-state/s3/client.go`, PutObject).
"""


def write(spec: DistrictSpec, folder: Path) -> Path:
    """Write a district's stack into the folder and return the path of its JSON."""
    folder.mkdir(parents=True, exist_ok=True)
    sha256 = rotation_package.build(folder / ROTATION_FILE)
    return _write(finish(synthesize(spec, sha256)), folder)


def write_platform(spec: PlatformSpec, folder: Path) -> Path:
    """Write an account's shared stack into the folder and return the path of its JSON."""
    from infra.platform import STACK, PlatformStack

    folder.mkdir(parents=True, exist_ok=True)
    return _write(finish(_synthesized(STACK, lambda app: PlatformStack(app, spec))), folder)


def _write(stack: dict[str, Any], folder: Path) -> Path:
    """Write the JSON, and beside it, in Terraform's own language, what scanners of JSON do not read."""
    imports = [f'import {{\n  to = {block["to"]}\n  id = "{block["id"]}"\n}}\n' for block in stack.pop("import", [])]
    if imports:
        (folder / IMPORTS_FILE).write_text("".join(imports), encoding="utf-8")
    (folder / VERSIONS_FILE).write_text(VERSIONS, encoding="utf-8")
    shutil.copyfile(PROVIDER_LOCK, folder / LOCK_FILE)
    path = folder / STACK_FILE
    path.write_text(json.dumps(stack, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    return path


def synthesize(spec: DistrictSpec, rotation_sha256: str) -> dict[str, Any]:
    """Return what CDKTF makes of the specification.

    Loading CDKTF starts a Node process: call this in a process of its own.
    """
    from infra.district import STACK, DistrictStack
    from infra.rotation import RotationCode

    code = RotationCode(f"${{path.module}}/{ROTATION_FILE}", rotation_sha256)
    return _synthesized(STACK, lambda app: DistrictStack(app, spec, code))


def _synthesized(name: str, build: Callable[[Any], object]) -> dict[str, Any]:
    from infra.cdk import App

    with tempfile.TemporaryDirectory() as scratch:
        app = App(outdir=scratch, skip_validation=True)
        build(app)
        app.synth()
        stack: dict[str, Any] = json.loads((Path(scratch) / "stacks" / name / STACK_FILE).read_text(encoding="utf-8"))
    return stack


def finish(stack: dict[str, Any]) -> dict[str, Any]:
    """Return the stack without CDKTF's metadata, with our backend and the exact provider version."""
    cleaned: dict[str, Any] = without_metadata(stack)
    provider = {"source": "hashicorp/aws", "version": PROVIDER_VERSION}
    cleaned["terraform"] = {
        "required_providers": {"aws": provider},
        "backend": BACKEND,
    }
    return cleaned


def without_metadata(part: Any) -> Any:
    """Return the data without CDKTF's ``//`` entries."""
    if isinstance(part, dict):
        return {key: without_metadata(value) for key, value in part.items() if key != "//"}
    if isinstance(part, list):
        return [without_metadata(value) for value in part]
    return part
