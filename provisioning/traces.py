"""Makes spans of the engine's commands and calls of AWS, where this process keeps traces."""

from __future__ import annotations

from portal.telemetry.tracing import tracing
from provisioning.engine import spans


def connect() -> None:
    """Have the engine tell; each command and call is a part of the task or request that makes it."""
    spans.listen(lambda name, facts: tracing().begin(name, facts))
