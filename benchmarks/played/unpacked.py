"""Unpacks the recording into the files that the stand-in of Terraform reads: a file for each thing that it says."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.played.record import RECORDING

OWN = ("serial", "lineage")
"""What each state has of its own (`played.program`)."""


def recording() -> dict[str, Any]:
    """Return what was recorded."""
    content: dict[str, Any] = json.loads(gzip.decompress(RECORDING.read_bytes()))
    return content


def unpack(folder: Path) -> Path:
    """Write the files into a folder, and return it."""
    (folder / "journal").mkdir(parents=True)
    recorded = recording()
    deploy, check = _of(recorded["deploy"]), _of(recorded["drift"])
    for name, command in {
        "init": deploy["init"][0],
        "plan.update": deploy["plan"][0],
        "show.update": deploy["show"][0],
        "apply.update": deploy["apply"][0],
        "plan.verify": deploy["plan"][1],
        "show.verify": check["show"][0],
        "plan.same": check["plan"][0],
        "show.same": check["show"][0],
    }.items():
        (folder / f"{name}.ndjson").write_text("".join(f"{json.dumps(line)}\n" for line in command["lines"]))
    version = "".join(line for _, line in deploy["version"][0]["lines"])
    (folder / "version.json").write_text(version)
    state = recorded["state"]
    (folder / "state.json").write_text(json.dumps({key: part for key, part in state.items() if key not in OWN}))
    (folder / "show.state.ndjson").write_text(json.dumps([0.0, json.dumps(shown(state)) + "\n"]) + "\n")
    (folder / "stack.json").write_text(json.dumps(recorded["stack"]))
    return folder


def shown(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return a state as `terraform show -json` has it, as far as recovery reads it."""
    resources = [
        {
            "address": f"{resource['type']}.{resource['name']}" + _index(part),
            "mode": resource["mode"],
            "type": resource["type"],
            "name": resource["name"],
            "values": part["attributes"],
            "sensitive_values": {},
        }
        for resource in state["resources"]
        for part in resource["instances"]
    ]
    return {"format_version": "1.0", "values": {"outputs": {}, "root_module": {"resources": resources}}}


def _index(instance: Mapping[str, Any]) -> str:
    key = instance.get("index_key")
    return "" if key is None else f"[{json.dumps(key)}]"


def _of(commands: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Return the commands by name, in order."""
    by_name: dict[str, list[dict[str, Any]]] = {}
    for command in commands:
        by_name.setdefault(command["arguments"][0], []).append(command)
    return by_name
