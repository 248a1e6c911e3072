"""The lines of `terraform -json` as typed values (Terraform, "Machine-Readable UI").

A type that is not known here is kept whole as an UnknownEvent, a line that is no JSON as a LogLine: nothing is lost,
but the characters that no database takes (`engine.storable`): an apply must not end by what a provider writes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from engine.storable import storable, storable_text
from engine.terraform.redaction import redact_event

LEVELS = {"trace": "debug", "debug": "debug", "info": "info", "warn": "warning", "error": "error"}


@dataclass(frozen=True)
class TerraformEvent:
    """One line: its type, level, sentence, moment, and the redacted original."""

    type: str
    level: str
    message: str
    at: datetime
    raw: dict[str, Any] = field(repr=False)


@dataclass(frozen=True)
class LogLine(TerraformEvent):
    """A line that carries a sentence only."""


@dataclass(frozen=True)
class UnknownEvent(TerraformEvent):
    """A type of event that this version does not know."""


@dataclass(frozen=True)
class VersionEvent(TerraformEvent):
    """Terraform names itself."""

    terraform: str


@dataclass(frozen=True)
class ResourceEvent(TerraformEvent):
    """Something about one resource."""

    address: str
    resource_type: str


@dataclass(frozen=True)
class PlannedChange(ResourceEvent):
    """The plan holds a change: create, update, replace, delete, read, import or forget."""

    action: str


@dataclass(frozen=True)
class ResourceDrift(ResourceEvent):
    """AWS is no longer as the state says."""

    action: str


@dataclass(frozen=True)
class ApplyStart(ResourceEvent):
    """Work on a resource begins."""

    action: str


@dataclass(frozen=True)
class ApplyProgress(ResourceEvent):
    """Work on a resource goes on; seconds so far."""

    action: str
    seconds: int


@dataclass(frozen=True)
class ApplyComplete(ResourceEvent):
    """Work on a resource is done; seconds it took."""

    action: str
    seconds: int


@dataclass(frozen=True)
class ApplyErrored(ResourceEvent):
    """Work on a resource failed; the diagnostic follows as an event of its own."""

    action: str
    seconds: int


@dataclass(frozen=True)
class RefreshEvent(ResourceEvent):
    """A resource is read, or has been."""


@dataclass(frozen=True)
class ChangeSummary(TerraformEvent):
    """How many changes a plan holds, or an apply has made."""

    operation: str
    add: int
    change: int
    remove: int


@dataclass(frozen=True)
class OutputsEvent(TerraformEvent):
    """The stack's outputs; sensitive values are withheld."""


@dataclass(frozen=True)
class Diagnostic(TerraformEvent):
    """A warning or an error, with the resource that it speaks of where there is one."""

    severity: str
    summary: str
    detail: str
    address: str


def parse_event(line: str) -> TerraformEvent:
    """Return the event that a line holds; never raises."""
    try:
        raw = storable(json.loads(line))
    except (ValueError, RecursionError):
        raw = None
    if not isinstance(raw, dict):
        text = storable_text(line)
        return LogLine("log", "info", text, datetime.now(UTC), {"text": text})
    raw = redact_event(raw)
    common = (
        str(raw.get("type", "log")),
        LEVELS.get(str(raw.get("@level")), "info"),
        str(raw.get("@message", "")),
        _moment(raw.get("@timestamp")),
        raw,
    )
    try:
        return _typed(common, raw)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        return UnknownEvent(*common)


def _moment(text: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return datetime.now(UTC)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _resource(part: dict[str, Any]) -> tuple[str, str]:
    return str(part["resource"]["addr"]), str(part["resource"]["resource_type"])


def _typed(common: tuple[str, str, str, datetime, dict[str, Any]], raw: dict[str, Any]) -> TerraformEvent:
    hook = raw.get("hook", {})
    match common[0]:
        case "version":
            return VersionEvent(*common, terraform=str(raw["terraform"]))
        case "planned_change":
            return PlannedChange(*common, *_resource(raw["change"]), action=str(raw["change"]["action"]))
        case "resource_drift":
            return ResourceDrift(*common, *_resource(raw["change"]), action=str(raw["change"]["action"]))
        case "apply_start":
            return ApplyStart(*common, *_resource(hook), action=str(hook["action"]))
        case "apply_progress":
            return ApplyProgress(*common, *_resource(hook), str(hook["action"]), int(hook.get("elapsed_seconds", 0)))
        case "apply_complete":
            return ApplyComplete(*common, *_resource(hook), str(hook["action"]), int(hook.get("elapsed_seconds", 0)))
        case "apply_errored":
            return ApplyErrored(*common, *_resource(hook), str(hook["action"]), int(hook.get("elapsed_seconds", 0)))
        case "refresh_start" | "refresh_complete" | "ephemeral_op_start" | "ephemeral_op_complete":
            return RefreshEvent(*common, *_resource(hook))
        case "change_summary":
            changes = raw["changes"]
            counts = (int(changes["add"]), int(changes["change"]), int(changes["remove"]))
            return ChangeSummary(*common, str(changes["operation"]), *counts)
        case "outputs":
            return OutputsEvent(*common)
        case "diagnostic":
            diagnostic = raw["diagnostic"]
            about = (str(diagnostic["summary"]), str(diagnostic.get("detail", "")), str(diagnostic.get("address", "")))
            return Diagnostic(*common, str(diagnostic["severity"]), *about)
        case "log" | "init_output":
            return LogLine(*common)
        case _:
            return UnknownEvent(*common)
