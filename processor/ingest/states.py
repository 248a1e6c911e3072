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
    TRIED = "tried"
    """Read and checked without being stored."""
    UNDONE = "undone"
    """Stored, and taken back."""


ENDED = frozenset({FileState.MERGED, FileState.REJECTED, FileState.SUPERSEDED, FileState.TRIED, FileState.UNDONE})
"""Nothing follows these. A failed file is tried again when its message is."""
