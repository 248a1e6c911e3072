"""Measures what the portal adds to Terraform: a run's planning and applying against the same commands in a shell.

Run: .venv/bin/python benchmarks/run_overhead.py [ROUNDS]. Both take turns against the same embedded AWS with the whole
stack of a sandbox district. Prints seconds of `init`, `plan` and `apply` together, the difference in percent, and how
long the first event of Terraform takes to be on the run's page. Fails over 5 % or half a second.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import statistics
import sys
import time
from datetime import datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import bare
from benchmarks.room import ACCOUNT_ID, make_room
from devtools.paths import VAR
from devtools.services.portal import running_portal

BOUND_PERCENT, BOUND_FIRST_EVENT = 5.0, 0.5


def portal_run(number: int) -> tuple[float, float]:
    """Deploy a district through the portal; return seconds from planning to the end of the apply, and to the page."""
    from django.test import Client

    from portal.accounts.models import User
    from portal.districts.registration import Registration
    from provisioning.services.onboarding import onboard
    from provisioning.states import RunState

    person = User.objects.get(username="bench")
    client = Client(headers={"host": "localhost"})
    client.force_login(person)
    registration = Registration(
        name=f"Bench {number}", slug=f"bench-{number}", account_id=ACCOUNT_ID, monthly_budget_usd=9999
    )
    run = onboard(registration=registration, actor=person)
    first, shown = None, 0.0
    while run.is_active:
        if first is None:
            first = run.events.filter(kind__in=["init_output", "version", "log"]).order_by("sequence").first()
            if first is not None and first.message in client.get(f"/runs/{run.number}").content.decode():
                shown = time.time() - first.at.timestamp()
        time.sleep(0.02 if first is None else 0.2)
        run.refresh_from_db()
    if run.state_badge is not RunState.SUCCEEDED:
        raise SystemExit(f"Run #{run.number} ended {run.state}: {run.error_summary} {run.error_detail}")
    steps = {step.step: step for step in run.steps.all()}
    ended = steps[RunState.APPLYING].finished_at
    assert isinstance(ended, datetime)
    return (ended - steps[RunState.PLANNING].started_at).total_seconds(), shown


def main() -> int:
    """Take turns, and compare the medians."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    folder = VAR / f"bench-{secrets.token_hex(4)}"
    # What is measured is a run; a preflight comes once in an account.
    with running_portal(folder, more={"HOMEROOM_PREFLIGHT": "0"}) as portal:
        os.environ.update(portal.variables)
        import django

        django.setup()
        from portal.accounts.roles import Role
        from portal.accounts.services import set_user

        make_room()
        set_user(username="bench", password=secrets.token_urlsafe(), role=Role.OPERATOR)
        given = bare.environment(portal.variables, folder / "work")
        with_portal, without, first = [], [], []
        for number in range(1, rounds + 1):
            taken, shown = portal_run(number)
            with_portal.append(taken)
            first.append(shown)
            spec = {
                "district_name": "Bare",
                "slug": f"bare-{number}",
                "environment": "sandbox",
                "suffix": f"bare-{number}-sbx",
                "account_id": ACCOUNT_ID,
                "cidr": f"10.{200 + number}.0.0/22",
            }
            at = folder / "bare" / str(number)
            terraform = portal.variables["HOMEROOM_TERRAFORM"]
            bucket = portal.variables["HOMEROOM_STATE_BUCKET"]
            bare.run(bare.script(terraform, bucket, spec, at, "infra", verify=False), given, folder / "bare.log")
            without.append(time.time() - float((at / "began").read_text()))
            print(f"round {number}: portal {taken:.1f} s, bare {without[-1]:.1f} s", flush=True)
    shutil.rmtree(folder)
    percent = 100 * (statistics.median(with_portal) / statistics.median(without) - 1)
    figures = {
        "portal_seconds": round(statistics.median(with_portal), 1),
        "bare_seconds": round(statistics.median(without), 1),
        "overhead_percent": round(percent, 1),
        "first_event_seconds": round(statistics.median(first), 2),
    }
    print(json.dumps(figures))
    return int(percent > BOUND_PERCENT or figures["first_event_seconds"] > BOUND_FIRST_EVENT)


if __name__ == "__main__":
    raise SystemExit(main())
