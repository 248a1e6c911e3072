"""What a district's state holds, read from the bucket: a `terraform show` would load the provider for seconds.

Terraform's state has had version 4 since 0.12 (Terraform source, `internal/states/statefile/version4.go`). Of any other
version nothing is assumed: Terraform is asked. Nothing but ids, ARNs and outputs leaves this module.
"""

from __future__ import annotations

from typing import Any

from engine.settings import EngineSettings
from engine.state.store import read_state
from engine.storable import storable
from engine.terraform.command import OutputValue, ResourceRecord, StateContents, Terraform

KNOWN_VERSION = 4
NOTHING = StateContents((), {})


def contents(settings: EngineSettings, terraform: Terraform) -> StateContents:
    """Return resources by address, and outputs, a sensitive one without its value; raises AwsUnavailableError."""
    state = read_state(settings, terraform.state_key)
    if state is None:
        return NOTHING
    return contents_of(state) if state.get("version") == KNOWN_VERSION else terraform.contents()


def contents_of(state: dict[str, Any]) -> StateContents:
    """Return what a state of version 4 holds, as a database takes it."""
    state = storable(state)
    records = [
        _record(resource, instance)
        for resource in state.get("resources", [])
        if resource.get("mode") == "managed"
        for instance in resource.get("instances", [])
    ]
    outputs = {
        name: OutputValue(None if output.get("sensitive") else output.get("value"), bool(output.get("sensitive")))
        for name, output in sorted(state.get("outputs", {}).items())
    }
    return StateContents(tuple(sorted(records, key=lambda record: record.address)), outputs)


def _record(resource: dict[str, Any], instance: dict[str, Any]) -> ResourceRecord:
    attributes = instance.get("attributes") or {}
    secret = {str(path[0].get("value")) for path in instance.get("sensitive_attributes", []) if path}

    def shown(name: str) -> str:
        value = attributes.get(name)
        return value if isinstance(value, str) and name not in secret else ""

    key = instance.get("index_key")
    index = "" if key is None else f'["{key}"]' if isinstance(key, str) else f"[{key}]"
    name = str(resource["name"])
    address = f"{resource.get('module', '')}.{resource['type']}.{name}{index}".lstrip(".")
    return ResourceRecord(address, str(resource["type"]), name, shown("id"), shown("arn"))
