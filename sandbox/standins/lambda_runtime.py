"""What Lambda's Python gives a function beside its archive: boto3 with what it needs, and the standard library.

No package's metadata is among it: what an archive's libraries ask `importlib.metadata` for has to be in the archive.
Source: AWS Lambda Developer Guide, "Building Lambda functions with Python" (runtime-included SDK versions).
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

PACKAGES = ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six", "urllib3")
"""boto3 and its dependencies, by the names that they are imported by."""


def ensure_folder(folder: Path) -> Path:
    """Make a folder that holds these packages and nothing else, unless it is there, and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in PACKAGES:
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            raise FileNotFoundError(f"The package {name} is not installed; call `make setup`.")
        origin = Path(spec.origin)
        source = origin.parent if origin.name == "__init__.py" else origin
        link = folder / source.name
        if not link.is_symlink():
            link.symlink_to(source)
    return folder
