"""Takes sensitive values out of Terraform's own data before anything leaves the engine.

Terraform marks them and still prints their values in JSON ("terraform output -json": "any sensitive values ... will be
displayed in plain text").
"""

from __future__ import annotations

from typing import Any

from engine.kinds import KINDS
from messages.message import message

WITHHELD = message("(sensitive value withheld)")

UNMARKED = tuple((name, attribute) for name, kind in KINDS.items() for attribute in kind.withheld)
"""What the provider does not mark and people put secrets into: it is told that it differs, not from what to what."""


def redact_outputs(outputs: dict[str, Any]) -> dict[str, Any]:
    """Return the outputs of an `outputs` event or of `terraform output -json` without sensitive values."""
    return {name: _redact_output(output) for name, output in outputs.items()}


def _redact_output(output: Any) -> Any:
    if isinstance(output, dict) and output.get("sensitive"):
        return {key: value for key, value in output.items() if key != "value"} | {"value": WITHHELD}
    return output


def redact_event(raw: dict[str, Any]) -> dict[str, Any]:
    """Return an event of `terraform -json` without sensitive values."""
    if isinstance(raw.get("outputs"), dict):
        return raw | {"outputs": redact_outputs(raw["outputs"])}
    return raw


def is_marked(mask: Any) -> bool:
    """Return whether Terraform's `sensitive_values` marks a value, or any part of it."""
    if isinstance(mask, dict):
        return any(is_marked(part) for part in mask.values())
    if isinstance(mask, list):
        return any(is_marked(part) for part in mask)
    return bool(mask)
