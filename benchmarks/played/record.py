"""Records what Terraform says in a district's runs, for the simulation of a fleet (`benchmarks.fleet_runs`).

Run: .venv/bin/python -m benchmarks.played.record. Deploys a sandbox district with the whole stack into the embedded
AWS, checks it for drift, and keeps every line that each command wrote, with its moment, in `recording.json.gz` beside
this file: minutes. To be renewed after a change of the stack.
"""

from __future__ import annotations

import gzip
import json
import os
import secrets
import shutil
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.room import ACCOUNT_ID, make_room
from devtools.paths import VAR
from devtools.services.portal import running_portal
from devtools.toolchain.terraform import find as find_terraform

if TYPE_CHECKING:
    from provisioning.models import Run

RECORDING = Path(__file__).with_name("recording.json.gz")
SUFFIX, SLUG = "recorded-sbx", "recorded"
TAGS = {"CostCenter": "4711"}
"""What districts differ by that have what was recorded still before them."""
LONGEST_SECONDS = 1800
PROGRAM = """#!{python} -IS
import json, os, subprocess, sys, time
folder, began, lines = {folder!r}, time.monotonic(), []
child = subprocess.Popen([{terraform!r}, *sys.argv[1:]], stdout=subprocess.PIPE)
for line in child.stdout:
    sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()
    lines.append([round(time.monotonic() - began, 3), line.decode()])
told = {{"arguments": sys.argv[1:], "status": child.wait(), "lines": lines, "seconds": time.monotonic() - began}}
name = "%.6f-%s.json" % (time.time(), sys.argv[1])
with open(os.path.join(folder, name), "w") as file:
    json.dump(told, file)
sys.exit(told["status"])
"""
"""Runs Terraform, and writes down what it says and when. Nobody interrupts a recording."""

Command = dict[str, Any]


def tee(terraform: str, folder: Path) -> Path:
    """Return a program that is Terraform and writes down what it says."""
    folder.mkdir(parents=True)
    path = folder / "terraform"
    path.write_text(PROGRAM.format(python=sys.executable, terraform=terraform, folder=str(folder)))
    path.chmod(0o755)
    return path


def taken(folder: Path) -> list[Command]:
    """Return the commands since the last call, in order, by their names: what else they were given are paths."""
    commands = []
    for path in sorted(folder.glob("*.json")):
        command = json.loads(path.read_text())
        commands.append({**command, "arguments": command["arguments"][:1]})
        path.unlink()
    return commands


def ended(run: Run) -> Run:
    """Wait until a run has ended; raises SystemExit where it did not come through."""
    from provisioning.states.runs import RunState

    deadline = time.monotonic() + LONGEST_SECONDS
    while run.is_active and time.monotonic() < deadline:
        time.sleep(0.2)
        run.refresh_from_db()
    if run.state_badge not in {RunState.SUCCEEDED, RunState.NO_CHANGES}:
        raise SystemExit(f"The {run.kind} is {run.state}: {run.error_summary} {run.error_detail}")
    return run


def played(folder: Path) -> dict[str, Any]:
    """Deploy the district and check it; return what Terraform said in each run, with its stack and state."""
    from engine.state.store import read_state, state_key
    from provisioning.engine_settings import engine_settings
    from provisioning.onboarding.service import onboard
    from provisioning.runs.requests import request_run
    from provisioning.states.runs import RunKind
    from registry.districts.registration import Registration

    registration = Registration(name="Recorded", slug=SLUG, account_id=ACCOUNT_ID, monthly_budget_usd=9999)
    run = ended(onboard(registration=registration, actor=None))
    recording: dict[str, Any] = {"deploy": taken(folder)}
    run.district.refresh_from_db()
    ended(request_run(district=run.district, kind=RunKind.DRIFT, actor=None))
    recording["drift"] = taken(folder)
    settings = engine_settings()
    recording["state"] = read_state(settings, state_key(SUFFIX))
    recording["stack"] = _stack(run.spec)
    return recording


def _stack(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return the stack as synthesis made it, which this host has kept."""
    from engine.terraform.synthesis import STACK_FILE, synthesize
    from provisioning.engine_settings import engine_settings

    settings = engine_settings()
    out = settings.work_dir / "recorded"
    synthesize(settings, json.dumps(spec, sort_keys=True, ensure_ascii=False), out)
    stack: dict[str, Any] = json.loads((out / STACK_FILE).read_text())
    return stack


def main() -> int:
    """Record, and keep it."""
    folder = VAR / f"bench-{secrets.token_hex(4)}"
    program = tee(str(find_terraform()), folder / "commands")
    more = {"HOMEROOM_PREFLIGHT": "0", "HOMEROOM_TERRAFORM": str(program)}
    try:
        with running_portal(folder / "portal", durable=False, more=more) as portal:
            os.environ.update(portal.variables)
            import django

            django.setup()
            make_room()
            recording = played(program.parent)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    RECORDING.write_bytes(gzip.compress(json.dumps(recording, sort_keys=True).encode(), mtime=0))
    for name in ("deploy", "drift"):
        summary = [
            (command["arguments"][0], len(command["lines"]), round(command["seconds"], 1))
            for command in recording[name]
        ]
        print(f"{name}: {summary}")
    print(f"{RECORDING.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
