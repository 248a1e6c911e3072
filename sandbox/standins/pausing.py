"""When a serverless database pauses: while nobody has been connected for its seconds; and how long it takes to resume.

A fact of the moment, by AWS's time as `sandbox.clock` has it: the sandbox tells the relay before the database how that
time stands, so that time which is moved by hand pauses it too, and the relay tells who is connected. Values and files
alone. Source: Amazon Aurora User Guide, "Scaling to Zero ACUs with automatic pause and resume for Aurora Serverless
v2".
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path

USUAL_IDLE_SECONDS = 300.0
"""Where a cluster may pause and says no time (RDS API Reference, ServerlessV2ScalingConfiguration)."""
RESUME_SECONDS = 15.0
DEEP_SECONDS, DEEP_RESUME_SECONDS = 86_400.0, 30.0
"""After a day it sleeps deeper, and resumes in "30 seconds or longer"."""


@dataclass(frozen=True)
class Terms:
    """After how long a database pauses, and how AWS's time stands to this machine's."""

    idle_seconds: float | None = None
    """None: it never pauses."""
    pace: float = 1.0
    offset: float = 0.0
    """AWS's seconds at the zero of the machine's clock."""

    def now(self, wall: float) -> float:
        """Return AWS's seconds at a moment of the machine's clock."""
        return wall * self.pace + self.offset


@dataclass(frozen=True)
class Visits:
    """Who is connected: how many, since when nobody, and from when on a database that was paused is there again."""

    connected: int = 0
    idle_since: float = 0.0
    resumed_at: float = 0.0

    def paused_for(self, terms: Terms, now: float) -> float:
        """Return for how long it has been paused, in AWS's seconds; 0 where it is not."""
        if self.connected or terms.idle_seconds is None:
            return 0.0
        return max(0.0, now - self.idle_since - terms.idle_seconds)

    def opened(self, terms: Terms, now: float) -> Visits:
        """Return what follows a connection; who finds the database paused is there when it has resumed."""
        paused = self.paused_for(terms, now)
        resumed_at = self.resumed_at
        if paused > 0:
            resumed_at = now + (DEEP_RESUME_SECONDS if paused > DEEP_SECONDS else RESUME_SECONDS)
        return Visits(self.connected + 1, self.idle_since, resumed_at)

    def closed(self, now: float) -> Visits:
        """Return what follows a connection's end; who gave up while it resumed has resumed it all the same."""
        return Visits(self.connected - 1, max(now, self.resumed_at), self.resumed_at)


def write(path: Path, state: Terms | Visits) -> None:
    """Put it where the other side reads it, whole or not at all."""
    beside = path.with_suffix(".new")
    beside.write_text(json.dumps(dataclasses.asdict(state)))
    beside.replace(path)


def terms_in(path: Path) -> Terms:
    """Read a database's terms; without a file it never pauses."""
    return Terms(**json.loads(path.read_text())) if path.exists() else Terms()


def visits_in(path: Path) -> Visits:
    """Read who is connected; without a file nobody has been yet."""
    return Visits(**json.loads(path.read_text())) if path.exists() else Visits()
