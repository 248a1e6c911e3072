"""Measures how well many runs share the workers: N runs on N slots against `xargs -P N` over the same commands.

Run: .venv/bin/python benchmarks/fleet_throughput.py [--runs N] [--rounds ROUNDS] [--small]. Both sides synthesize,
initialize, plan, apply and verify a district's stack, N districts at a time, in turns, against the same embedded AWS.
Fails over 5 %. With --small it is the tests' small stack, which is over in seconds: what a run costs once, such as
reading its plan for the policy, is a larger part of it, and the bound is not made for it.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import bare
from benchmarks.room import ACCOUNT_ID, make_room
from devtools.environment import inherited
from devtools.paths import VAR
from devtools.services.celery import running_worker
from devtools.services.portal import Portal, running_portal

BOUND_PERCENT = 5.0
SMALL = "tests.faults.small_stack"


def by_portal(count: int, number: int) -> float:
    """Deploy that many districts at the same time; return the seconds until the last has ended."""
    from provisioning.models import Run
    from provisioning.onboarding.service import onboard
    from provisioning.states.runs import RunState
    from registry.districts.registration import Registration

    started = time.monotonic()
    runs = [
        onboard(
            registration=Registration(
                name=f"Bench {number} {index}",
                slug=f"bench-{number}-{index}",
                account_id=ACCOUNT_ID,
                monthly_budget_usd=9999,
            ),
            actor=None,
        )
        for index in range(count)
    ]
    numbers = [run.pk for run in runs]
    final = {RunState.SUCCEEDED.value, RunState.FAILED.value}
    while Run.objects.filter(pk__in=numbers).exclude(state__in=final).exists():
        time.sleep(0.05)
    taken = time.monotonic() - started
    if Run.objects.filter(pk__in=numbers, state=RunState.FAILED.value).exists():
        raise SystemExit("A run failed; read the worker's log.")
    return taken


def by_xargs(
    count: int, number: int, portal: Portal, environment: Mapping[str, str], folder: Path, stack: str
) -> float:
    """Do the same in a shell; return the seconds until the last has ended."""
    scripts = []
    for index in range(count):
        spec = {
            "district_name": "Bare",
            "slug": f"bare-{number}-{index}",
            "environment": "sandbox",
            "suffix": f"bare-{number}-{index}-sbx",
            "region": "us-east-1",
            "account_id": ACCOUNT_ID,
            "cidr": f"10.{100 + number}.{index * 4}.0/22",
        }
        variables = portal.variables
        text = bare.script(
            variables["HOMEROOM_TERRAFORM"],
            variables["HOMEROOM_STATE_BUCKET"],
            spec,
            folder / "bare" / str(number) / str(index),
            stack,
            verify=True,
        )
        path = folder / f"bare-{number}-{index}.sh"
        path.write_text(text)
        scripts.append(str(path))
    started = time.monotonic()
    with (folder / "bare.log").open("ab") as log:
        command = ["xargs", "-P", str(count), "-n", "1", "sh"]
        subprocess.run(
            command, input="\n".join(scripts).encode(), env=dict(environment), check=True, stdout=log, stderr=log
        )
    return time.monotonic() - started


def main() -> int:
    """Take turns, and compare the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--small", action="store_true", help="the tests' small stack")
    arguments = parser.parse_args()
    count, stack = arguments.runs, SMALL if arguments.small else "infra"
    folder = VAR / f"bench-{secrets.token_hex(4)}"
    os.environ["HOMEROOM_STACK_MODULE"] = stack
    # What is measured is a run; a preflight comes once in an account.
    with running_portal(folder, more={"HOMEROOM_PREFLIGHT": "0"}) as portal:
        variables = dict(portal.variables) | {"HOMEROOM_STACK_MODULE": stack, "HOMEROOM_RUNS_PER_ACCOUNT": str(count)}
        os.environ.update(variables)
        import django

        django.setup()
        make_room()
        portal.services["worker"].stop()
        environment = inherited() | variables
        bare_environment = bare.environment(variables, folder / "work")
        with running_worker(folder / "logs", environment, name="fleet", concurrency=count):
            with_portal, without = [], []
            for number in range(1, arguments.rounds + 1):
                with_portal.append(by_portal(count, number))
                without.append(by_xargs(count, number, portal, bare_environment, folder, stack))
                print(f"round {number}: portal {with_portal[-1]:.1f} s, xargs {without[-1]:.1f} s", flush=True)
    shutil.rmtree(folder)
    percent = 100 * (statistics.median(with_portal) / statistics.median(without) - 1)
    figures = {
        "runs": count,
        "stack": stack,
        "portal_seconds": round(statistics.median(with_portal), 1),
        "xargs_seconds": round(statistics.median(without), 1),
        "overhead_percent": round(percent, 1),
    }
    print(json.dumps(figures))
    return int(percent > BOUND_PERCENT)


if __name__ == "__main__":
    raise SystemExit(main())
