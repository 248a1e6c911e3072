"""The mappings that come with the product: one TOML file for each kind of export, read once."""

from __future__ import annotations

import functools
import tomllib
from pathlib import Path

from processor.mappings.model import Mapping

FOLDER = Path(__file__).parent / "library"


def read(path: Path) -> Mapping:
    """Read one file; raises pydantic's ValidationError, which names what is wrong."""
    return Mapping.model_validate({**tomllib.loads(path.read_text()), "origin": "library"})


@functools.cache
def library() -> tuple[Mapping, ...]:
    """Return all of them, by name."""
    return tuple(sorted((read(path) for path in FOLDER.glob("*.toml")), key=lambda mapping: mapping.name))
