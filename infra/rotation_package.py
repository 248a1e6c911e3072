"""Zips the rotation function with what it needs: the same bytes for the same files, so that a plan shows no change."""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import zipfile
from collections.abc import Iterator
from pathlib import Path

FUNCTION = Path(__file__).resolve().parent.parent / "processor" / "rotation"
LIBRARIES = ("pg8000", "scramp", "asn1crypto", "dateutil", "six")
KINDS = {".py", ".pem"}
"""Code, and the authorities that sign RDS's certificates."""
EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The first moment that a zip can hold; every file gets it."""


def library_files() -> Iterator[tuple[str, Path]]:
    """Yield archive name and path of each file of the libraries, found without importing them."""
    for name in LIBRARIES:
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            raise FileNotFoundError(f"The package {name} is not installed; call `make setup`.")
        origin = Path(spec.origin)
        if origin.name != "__init__.py":
            yield origin.name, origin
            continue
        for path in origin.parent.rglob("*.py"):
            yield f"{name}/{path.relative_to(origin.parent).as_posix()}", path


def build(target: Path) -> str:
    """Write the archive and return its SHA-256 in base64, as Lambda tells it (GetFunction: CodeSha256)."""
    own = ((f"rotation/{path.name}", path) for path in FUNCTION.iterdir() if path.suffix in KINDS)
    files = sorted([*own, *library_files()])
    # Stored, not deflated: the bytes then do not depend on the machine's zlib.
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name, path in files:
            entry = zipfile.ZipInfo(name, EARLIEST)
            entry.external_attr = 0o644 << 16
            entry.create_system = 3
            archive.writestr(entry, path.read_bytes())
    return base64.b64encode(hashlib.sha256(target.read_bytes()).digest()).decode()
