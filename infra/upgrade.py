"""Brings a specification of an older version to today's: one function per step, each pure.

Never checks a specification: what comes out is validated like any other. A change that a default cannot express takes
the next number and a step from the one before; specifications that districts were deployed by are kept for years.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal

SPEC_VERSION: Final[Literal[1]] = 1
Data = dict[str, Any]
Step = Callable[[Data], Data]

STEPS: Mapping[int, Step] = {}
"""From the version that is the key to the next one; the first version has none."""


def upgraded(data: object, steps: Mapping[int, Step] = STEPS) -> object:
    """Return the data at today's version; what is no mapping, or has a version that is not known, comes back as is."""
    while isinstance(data, dict):
        version = data.get("spec_version", SPEC_VERSION)
        # A JSON true equals 1 in Python, and is no version.
        if isinstance(version, bool) or not isinstance(version, int) or version not in steps:
            break
        data = {**steps[version](data), "spec_version": version + 1}
    return data
