"""Measures what `make test` costs, in times of one bare `terraform plan` on the same machine.

Run: .venv/bin/python benchmarks/suite.py [--command "make test"], or --from FOLDER for the costs of a former run.
The run's processor time is all that its processes spend, those that outlive their parents among them: this process
takes them as its children. Prints the ratio, and the twenty costliest tests and files. Fails over the bound.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import resource
import secrets
import shlex
import shutil
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from devtools.environment import SANDBOX_CREDENTIALS, inherited, toolchain_variables
from devtools.paths import ROOT, VAR
from tests.costs import VARIABLE

BOUND = 400
SHOWN = 20
PLANS = 3
# linux/prctl.h: orphans below this process become its children.
PR_SET_CHILD_SUBREAPER = 36
PLANNED = {
    "terraform": {"required_providers": {"aws": {"source": "hashicorp/aws", "version": "5.100.0"}}},
    "provider": {
        "aws": {
            "region": "us-east-1",
            "skip_credentials_validation": True,
            "skip_metadata_api_check": True,
            "skip_region_validation": True,
            "skip_requesting_account_id": True,
        }
    },
    "resource": {"aws_sqs_queue": {"one": {"name": "one"}}},
}


def spent() -> float:
    """Return the processor seconds of all children that ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def adopt_orphans() -> None:
    """Have the kernel give this process the children whose parents end before them; raises OSError."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl refused")


def reap() -> None:
    """Wait for every child that is left."""
    while True:
        try:
            os.wait()
        except ChildProcessError:
            return


def run(command: list[str], environment: dict[str, str]) -> int:
    """Run a command, wait for whatever is orphaned meanwhile, and return the command's exit code.

    An orphan that nobody waits for stays as a zombie, and what looks whether it has ended would say no.
    """
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    while True:
        pid, status = os.wait()
        if pid == process.pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            return process.returncode


def plan_seconds(folder: Path) -> float:
    """Return the processor seconds of one plan of one resource with its own provider start: the median of some."""
    folder.mkdir(parents=True)
    (folder / "main.tf.json").write_text(json.dumps(PLANNED))
    variables = toolchain_variables()
    # As Terraform runs by itself: no collector's setting, no provider that runs already.
    machine = {name: value for name, value in inherited().items() if name not in ("GOGC", "GOMEMLIMIT")}
    environment = {**machine, **variables, **SANDBOX_CREDENTIALS}
    terraform = variables["HOMEROOM_TERRAFORM"]

    def run(*arguments: str) -> float:
        before = spent()
        command = [terraform, f"-chdir={folder}", *arguments, "-input=false"]
        subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
        return spent() - before

    run("init", "-backend=false")
    return statistics.median(run("plan", "-refresh=false") for _ in range(PLANS))


def costs(folder: Path) -> list[tuple[str, float]]:
    """Return every test with its processor seconds, from the files of the costs plugin."""
    lines = (line for path in sorted(folder.glob("*.jsonl")) for line in path.read_text().splitlines())
    return [(str(row["test"]), float(row["cpu_seconds"])) for row in map(json.loads, lines)]


def by_file(rows: Iterable[tuple[str, float]]) -> list[tuple[str, float]]:
    """Return every file with the processor seconds of its tests."""
    sums: dict[str, float] = defaultdict(float)
    for test, seconds in rows:
        sums[test.partition("::")[0]] += seconds
    return list(sums.items())


def show(title: str, rows: list[tuple[str, float]]) -> None:
    """Print the costliest of these."""
    whole = sum(seconds for _, seconds in rows)
    print(f"\nThe {SHOWN} costliest of {len(rows)} {title}, {whole:.0f} processor seconds in all:")
    for name, seconds in sorted(rows, key=lambda row: -row[1])[:SHOWN]:
        print(f"{seconds:8.1f}  {name}")


def main() -> int:
    """Plan, run, and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--from", dest="former", type=Path, help="a folder of costs (PYTEST_COSTS) of a former run")
    parser.add_argument("--command", default="make test", help="what to measure")
    arguments = parser.parse_args()
    folder = VAR / f"bench-{secrets.token_hex(4)}"
    adopt_orphans()
    try:
        plan = plan_seconds(folder / "plan")
        status, wall, of = 0, None, arguments.former or folder / "costs"
        if arguments.former is None:
            before, began = spent(), time.perf_counter()
            environment = {**os.environ, VARIABLE: str(of)}
            status = run(shlex.split(arguments.command), environment)
            wall = round(time.perf_counter() - began, 1)
            reap()
            processor = spent() - before
        tests = costs(of)
        if arguments.former is not None:
            processor = sum(seconds for _, seconds in tests)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    show("tests", tests)
    show("files", by_file(tests))
    ratio = processor / plan
    figures = {
        "wall_seconds": wall,
        "processor_seconds": round(processor, 1),
        "plan_processor_seconds": round(plan, 2),
        "plans": round(ratio),
        "bound": BOUND,
    }
    print(f"\n{json.dumps(figures)}")
    return status or int(ratio > BOUND)


if __name__ == "__main__":
    raise SystemExit(main())
