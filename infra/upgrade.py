"""Brings a specification of an older version to today's: one function per step, each pure.

Never checks a specification: what comes out is validated like any other.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal

SPEC_VERSION: Final[Literal[2]] = 2
Data = dict[str, Any]


def _from_1(data: Data) -> Data:
    """Version 2 adds fields that all have defaults; an empty certificate was written as an empty text before."""
    certificate = data.get("certificate_arn") or None
    return {**data, "certificate_arn": certificate} if "certificate_arn" in data else dict(data)


STEPS: dict[int, Callable[[Data], Data]] = {1: _from_1}
"""From the version that is the key to the next one."""


def upgraded(data: object) -> object:
    """Return the data at today's version; what is no mapping, or has a version that is not known, comes back as is."""
    while isinstance(data, dict):
        version = data.get("spec_version", SPEC_VERSION)
        # A JSON true equals 1 in Python, and is no version.
        if isinstance(version, bool) or not isinstance(version, int) or version not in STEPS:
            break
        data = {**STEPS[version](data), "spec_version": version + 1}
    return data
