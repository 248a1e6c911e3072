"""A state that Terraform could not store: where it leaves it, what identifies it, and whether it may be stored now.

Source: Terraform, "State Storage" (manual state pull and push): a push is for a state of the same lineage and a higher
serial; it is never forced here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from engine.settings import EngineSettings
from engine.terraform.workspace import STATE_SAVED_HERE, entries, has_ended, runs_folder
from messages.message import message, sentences, some_of

CONTENTS = ("resources", "outputs")
"""What a state is for; the rest of it says which version of which state it is, and who wrote it."""
BACKEND = Path(".terraform") / "terraform.tfstate"
NAMED = 5
"""How many addresses a sentence names."""


@dataclass(frozen=True)
class StateFacts:
    """What identifies a state without telling what is in it; no serial, and no lineage, where it is no whole state."""

    sha256: str
    size: int
    lineage: str = ""
    serial: int | None = None


@dataclass(frozen=True)
class SavedState:
    """A state that lies where Terraform left it, in the folder of an attempt at a run."""

    run_number: int
    attempt: int
    path: Path

    @property
    def state_key(self) -> str:
        """Return which state it was to take the place of, as Terraform keeps it beside it; empty where it does not.

        Source: Terraform, "Backend Configuration": initialization keeps the backend's settings in `.terraform`.
        """
        try:
            settings = json.loads((self.path.parent / BACKEND).read_text(encoding="utf-8"))
            return str(settings["backend"]["config"]["key"])
        except (OSError, ValueError, KeyError, TypeError):
            return ""

    def is_finished(self, *, is_over: bool) -> bool:
        """Return whether nothing that was begun in this folder can still write to it.

        What this host cannot see, since it was started anew, is believed to have ended where its run `is_over`.
        """
        return has_ended(self.path.parent, is_over=is_over)


class Push(StrEnum):
    """What is to be done with a kept state."""

    PUSH = "push"
    STORED = "stored"
    """The bucket has what it has already: only the bucket's answer was lost, or somebody pushed it by hand."""
    REFUSED = "refused"


@dataclass(frozen=True)
class Decision:
    """What is to be done with a kept state, and why, in a sentence for people."""

    push: Push
    sentence: str = ""


def facts_of(body: bytes) -> StateFacts:
    """Return what identifies a state; never raises."""
    plain = StateFacts(hashlib.sha256(body).hexdigest(), len(body))
    state = _parsed(body)
    if state is None:
        return plain
    return StateFacts(plain.sha256, plain.size, str(state["lineage"]), int(state["serial"]))


def saved_states(settings: EngineSettings, run_number: int | None = None) -> Iterator[SavedState]:
    """Yield every state that lies where Terraform left it on this host, of one run or of all, oldest attempt first."""
    folder = runs_folder(settings)
    runs = entries(folder) if run_number is None else [folder / str(run_number)]
    for attempt in [attempt for run in runs for attempt in entries(run)]:
        path, run = attempt / STATE_SAVED_HERE, attempt.parent
        if run.name.isdigit() and attempt.name.isdigit() and path.exists():
            yield SavedState(int(run.name), int(attempt.name), path)


def decide_push(kept: bytes, stored: dict[str, Any] | None) -> Decision:
    """Return whether a kept state may take the place of the stored one (None: there is none)."""
    state = _parsed(kept)
    if state is None:
        return Decision(Push.REFUSED, message("It is not a whole state: Terraform was ended while it wrote it."))
    if stored is None or not stored.get("lineage"):
        return Decision(Push.PUSH)
    # Not by lineage and serial: where there was no state, Terraform gives the one that is pushed others of its own.
    if all(stored.get(part) == state.get(part) for part in CONTENTS):
        return Decision(Push.STORED)
    if stored["lineage"] != state["lineage"]:
        why = message(
            "The district's state has another lineage, {lineage}: it was replaced by another state.",
            lineage=stored["lineage"],
        )
        return Decision(Push.REFUSED, sentences(why, _missing(state, stored)))
    if int(stored["serial"]) < int(state["serial"]):
        return Decision(Push.PUSH)
    why = message(
        "The district's state was written since: it has serial {serial}, and this one {serial2}.",
        serial=stored["serial"],
        serial2=state["serial"],
    )
    return Decision(Push.REFUSED, sentences(why, _missing(state, stored)))


def _parsed(body: bytes) -> dict[str, Any] | None:
    """Return a whole state, None for anything else."""
    try:
        state = json.loads(body)
        is_whole = bool(state["lineage"]) and int(state["serial"]) >= 0 and isinstance(state["resources"], list)
    except (ValueError, KeyError, TypeError):
        return None
    return state if is_whole else None


def _missing(kept: dict[str, Any], stored: dict[str, Any]) -> str:
    """Say which resources the stored state lacks, by their addresses."""
    lacking = sorted(_addresses(kept) - _addresses(stored))
    if not lacking:
        return message("All of its resources are in the district's state.")
    shown = some_of(lacking, NAMED)
    return message("The district's state lacks {lacking} of its resources: {shown}.", lacking=len(lacking), shown=shown)


def _addresses(state: dict[str, Any]) -> set[str]:
    managed = [part for part in state.get("resources", []) if part.get("mode") == "managed"]
    return {".".join(str(part[name]) for name in ("module", "type", "name") if part.get(name)) for part in managed}
