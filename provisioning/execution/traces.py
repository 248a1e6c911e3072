"""Makes spans of the engine's commands and calls of AWS, where this process keeps traces."""

from __future__ import annotations

from engine import spans
from registry.telemetry.tracing import tracing


def connect() -> None:
    """Have the engine tell; each command and call is a part of the task or request that makes it."""
    spans.listen(lambda name, facts: tracing().begin(name, facts))
