"""Measures what the portal adds to Terraform: a run's planning and applying against the same commands in a shell.

Run: .venv/bin/python benchmarks/run_overhead.py [ROUNDS]. Both take turns against the same embedded AWS with the whole
stack of a sandbox district. Prints how much longer the portal takes than `init`, `plan` and `apply`; how long it takes
from the click to Live; what processors work for all Terraform of a first deploy, its verification included; what a
drift check calls; and how long the first event takes to be on the run's page. Fails over a bound. Another load slows
both sides, but not at the same moment: on a busy machine compare what processors worked.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import statistics
import sys
import time
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import bare
from benchmarks.measured_terraform import CommandUsage, MeasuredTerraform
from benchmarks.room import ACCOUNT_ID, make_room
from devtools.paths import VAR
from devtools.services.portal import running_portal
from devtools.toolchain.terraform import find as find_terraform

if TYPE_CHECKING:
    from registry.districts.models import District

BOUNDS = {
    "wall_times_bare": 1.00,
    "click_to_live_times_bare": 1.15,
    "terraform_cpu_times_bare": 1.35,
    "drift_check_plans": 1,
    "drift_check_shows": 1,
    "first_event_seconds": 0.5,
}
"""At most so much of each figure."""


@dataclass(frozen=True)
class Deployed:
    """A district, and its first deploy's seconds: in all, from planning to the apply's end, until its page has it."""

    district: District
    in_all: float
    worked: float
    shown: float


def portal_run(number: int) -> Deployed:
    """Deploy a district through the portal, and look at its page meanwhile."""
    from django.test import Client

    from provisioning.onboarding.service import onboard
    from provisioning.states.runs import RunState
    from registry.accounts.models import User
    from registry.districts.registration import Registration

    person = User.objects.get(username="bench")
    client = Client(headers={"host": "localhost"})
    client.force_login(person)
    registration = Registration(
        name=f"Bench {number}", slug=f"bench-{number}", account_id=ACCOUNT_ID, monthly_budget_usd=9999
    )
    clicked = time.monotonic()
    run = onboard(registration=registration, actor=person)
    first, shown = None, 0.0
    while run.is_active:
        if first is None:
            first = run.events.filter(kind__in=["init_output", "version", "log"]).order_by("sequence").first()
            if first is not None and first.message in client.get(f"/runs/{run.number}").content.decode():
                shown = time.time() - first.at.timestamp()
        time.sleep(0.02 if first is None else 0.2)
        run.refresh_from_db()
    in_all = time.monotonic() - clicked
    if run.state_badge is not RunState.SUCCEEDED:
        raise SystemExit(f"Run #{run.number} ended {run.state}: {run.error_summary} {run.error_detail}")
    steps = {step.step: step for step in run.steps.all()}
    finished = steps[RunState.APPLYING].finished_at
    assert isinstance(finished, datetime)
    return Deployed(run.district, in_all, (finished - steps[RunState.PLANNING].started_at).total_seconds(), shown)


def seconds(taken: CommandUsage) -> str:
    """Return what processors worked for each command, for people."""
    return ", ".join(f"{command} {spent:.1f} s" for command, spent in taken.cpu_of.items())


def drift_check(district: District) -> None:
    """Have a district checked for drift, and wait for its end."""
    from provisioning.runs.requests import request_run
    from provisioning.states.runs import RunKind, RunState

    run = request_run(district=district, kind=RunKind.DRIFT, actor=None)
    while run.is_active:
        time.sleep(0.2)
        run.refresh_from_db()
    if run.state_badge not in {RunState.NO_CHANGES, RunState.SUCCEEDED}:
        raise SystemExit(f"Run #{run.number} ended {run.state}: {run.error_summary} {run.error_detail}")


def main() -> int:
    """Take turns, and compare the medians."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    folder = VAR / f"bench-{secrets.token_hex(4)}"
    terraform = str(find_terraform())
    ours = MeasuredTerraform(terraform, folder / "ours")
    # What is measured is a run; a preflight comes once in an account.
    more = {"HOMEROOM_PREFLIGHT": "0", "HOMEROOM_TERRAFORM": str(ours.path)}
    with running_portal(folder, more=more) as portal:
        os.environ.update(portal.variables)
        import django

        django.setup()
        from registry.accounts.roles import Role
        from registry.accounts.services import set_user

        make_room()
        set_user(username="bench", password=secrets.token_urlsafe(), role=Role.OPERATOR)
        bare_environment = bare.environment(portal.variables, folder / "work")
        deployed, without, cpu, bare_cpu, calls = [], [], [], [], Counter[str]()
        for number in range(1, rounds + 1):
            deployed.append(portal_run(number))
            taken = ours.taken()
            cpu.append(taken.cpu)
            print(f"round {number}: portal {dict(taken.commands)}, {seconds(taken)}", file=sys.stderr)
            drift_check(deployed[-1].district)
            calls = ours.taken().commands
            spec = {
                "district_name": "Bare",
                "slug": f"bare-{number}",
                "environment": "sandbox",
                "suffix": f"bare-{number}-sbx",
                "account_id": ACCOUNT_ID,
                "cidr": f"10.{200 + number}.0.0/22",
            }
            at = folder / "bare" / str(number)
            theirs = MeasuredTerraform(terraform, folder / "theirs")
            bucket = portal.variables["HOMEROOM_STATE_BUCKET"]
            bare.run(
                bare.script(str(theirs.path), bucket, spec, at, "infra", verify=False),
                bare_environment,
                folder / "bare.log",
            )
            without.append(time.time() - float((at / "began").read_text()))
            taken = theirs.taken()
            bare_cpu.append(taken.cpu)
            print(f"round {number}: bare {dict(taken.commands)}, {seconds(taken)}", file=sys.stderr)
            print(
                f"round {number}: portal {deployed[-1].worked:.1f} s, {cpu[-1]:.1f} of processors, "
                f"bare {without[-1]:.1f} s, {bare_cpu[-1]:.1f} of processors",
                flush=True,
            )
    shutil.rmtree(folder)
    bare_seconds = statistics.median(without)
    figures = {
        "portal_seconds": round(statistics.median(deployment.worked for deployment in deployed), 1),
        "bare_seconds": round(bare_seconds, 1),
        "wall_times_bare": round(statistics.median(deployment.worked for deployment in deployed) / bare_seconds, 2),
        "click_to_live_times_bare": round(
            statistics.median(deployment.in_all for deployment in deployed) / bare_seconds, 2
        ),
        "terraform_cpu_times_bare": round(statistics.median(cpu) / statistics.median(bare_cpu), 2),
        "drift_check_plans": calls["plan"],
        "drift_check_shows": calls["show"],
        "first_event_seconds": round(statistics.median(deployment.shown for deployment in deployed), 2),
    }
    print(json.dumps(figures))
    return int(any(figures[name] > bound for name, bound in BOUNDS.items()))


if __name__ == "__main__":
    raise SystemExit(main())
