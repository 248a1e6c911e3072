"""Zips the rotation function with what it needs: the same bytes for the same files, so that a plan shows no change.

Lambda has boto3 and the standard library, and no other package's metadata: a library that asks for its own version
by `importlib.metadata`, as pg8000 and scramp do when they are imported, finds it in the archive or raises.
"""

from __future__ import annotations

import base64
import hashlib
import importlib.metadata
import importlib.util
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

FUNCTION = Path(__file__).resolve().parent.parent / "processor" / "rotation"
LIBRARIES = {
    "pg8000": "pg8000",
    "scramp": "scramp",
    "asn1crypto": "asn1crypto",
    "dateutil": "python-dateutil",
    "six": "six",
}
"""What the function imports, and the distribution that each came in."""
METADATA = re.compile(r"[^/]+\.dist-info/(METADATA|(licenses/)?LICENSE[^/]*)")
"""What goes with a library: its version and its licence. The rest tells how it was installed, which differs."""
KINDS = {".py", ".pem"}
"""Code, and the authorities that sign RDS's certificates."""
EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The first moment that a zip can hold; every file gets it."""


def library_files() -> Iterator[tuple[str, Path]]:
    """Yield archive name and path of each file of the libraries, found without importing them."""
    for name, distribution in LIBRARIES.items():
        yield from metadata_files(distribution)
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            raise FileNotFoundError(f"The package {name} is not installed; call `make setup`.")
        origin = Path(spec.origin)
        if origin.name != "__init__.py":
            yield origin.name, origin
            continue
        for path in origin.parent.rglob("*.py"):
            yield f"{name}/{path.relative_to(origin.parent).as_posix()}", path


def metadata_files(distribution: str) -> Iterator[tuple[str, Path]]:
    """Yield archive name and path of what a distribution says of itself; raises PackageNotFoundError without it."""
    for file in importlib.metadata.files(distribution) or ():
        if METADATA.fullmatch(file.as_posix()):
            yield file.as_posix(), Path(str(file.locate()))


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
