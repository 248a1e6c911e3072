"""What a stack says of its own end: emptied buckets and vaults, short deletion windows, no snapshot of Terraform's own.

Pure. AWS knows none of these arguments, so that an import leaves them at the provider's defaults (Terraform, "Import";
provider, schemas of 5.100.0), and a destroy follows the state and not the stack: a bucket that was imported would not
be emptied, and a secret would keep its name for 30 days.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

DECIDING = ("deletion_window_in_days", "force_destroy", "recovery_window_in_days", "skip_final_snapshot")
"""Arguments that decide how a resource ends, and that no answer of AWS's has."""

Decisions = dict[str, dict[str, Any]]


def decisions(stack: Mapping[str, Any]) -> Decisions:
    """Return, by address, what a synthesized stack (`cdk.tf.json`) says of its resources' end."""
    deciding = {
        f"{kind}.{name}": {argument: body[argument] for argument in DECIDING if argument in body}
        for kind, bodies in stack.get("resource", {}).items()
        for name, body in bodies.items()
    }
    return {address: arguments for address, arguments in deciding.items() if arguments}


def decided(state: Mapping[str, Any], wanted: Decisions) -> dict[str, Any] | None:
    """Return the state (version 4) with these decisions and the next serial; None where it has them all already."""
    updated = copy.deepcopy(dict(state))
    changed = False
    for resource in updated.get("resources", []):
        arguments = wanted.get(f"{resource['type']}.{resource['name']}", {})
        if resource.get("mode") != "managed" or resource.get("module"):
            continue
        for instance in resource.get("instances", []):
            attributes = instance.get("attributes") or {}
            lacking = {name: value for name, value in arguments.items() if attributes.get(name) != value}
            attributes |= lacking
            changed = changed or bool(lacking)
    if not changed:
        return None
    updated["serial"] = updated["serial"] + 1
    return updated
