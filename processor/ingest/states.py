"""The states of a file, and which may follow which."""

from __future__ import annotations

from enum import StrEnum


class FileState(StrEnum):
    """How far a file got."""

    RECEIVED = "received"
    READING = "reading"
    MERGED = "merged"
    REJECTED = "rejected"
    SUPERSEDED = "superseded"
    FAILED = "failed"


ENDED = frozenset({FileState.MERGED, FileState.REJECTED, FileState.SUPERSEDED})
"""Nothing follows these. A failed file is tried again when its message is."""
