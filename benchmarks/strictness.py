"""What the embedded AWS's strictness costs an apply of the whole stack: with all of it, beside none of it.

    python -m benchmarks.strictness [--stack sandbox-S-2-nat] [--rounds 3]

Each round applies the stack's plan to an embedded AWS that decides by policies, checks requests and does late what AWS
does late, and to one that does none of that (`lenient_aws`), in turns; what is compared is the median of each. Fails
above 1.1 times. Whatever else the machine does shows in single rounds: the ratio is of one run.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import time
from pathlib import Path

from devtools.converge import combinations, with_tls
from devtools.engine_settings import settings_for
from devtools.environment import SANDBOX_CREDENTIALS
from devtools.paths import VAR
from engine.state.store import ensure_state_bucket, state_key
from engine.terraform.command import Terraform
from engine.terraform.synthesis import synthesize
from sandbox.launch import started_sandbox

MOST = 1.1
WORLDS = {"strict": "sandbox", "lenient": "benchmarks.lenient_aws"}


def apply_seconds(module: str, stack: str, folder: Path) -> float:
    """Return how long the apply of a first plan takes."""
    with started_sandbox(folder=folder / "aws", module=module) as sandbox:
        settings = settings_for(folder, sandbox.url)
        spec = with_tls(sandbox.url, combinations()[stack])
        synthesize(settings, json.dumps(spec), folder / "stack")
        ensure_state_bucket(settings)
        terraform = Terraform(settings, folder / "stack", state_key(spec["suffix"]))
        terraform.init()
        plan = terraform.plan()
        began = time.monotonic()
        terraform.apply(plan)
        return time.monotonic() - began


def main() -> int:
    """Measure in turns, and compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stack", default="sandbox-S-2-nat", choices=list(combinations()))
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    os.environ.update(SANDBOX_CREDENTIALS)
    folder = VAR / "bench-strictness"
    seconds: dict[str, list[float]] = {world: [] for world in WORLDS}
    try:
        for number in range(options.rounds):
            # Whoever goes first finds colder files: the order turns with each round.
            for world in sorted(WORLDS, reverse=bool(number % 2)):
                shutil.rmtree(folder, ignore_errors=True)
                seconds[world].append(apply_seconds(WORLDS[world], options.stack, folder))
                print(f"{world:<8} {seconds[world][-1]:6.1f} s", flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    medians = {world: round(statistics.median(some), 1) for world, some in seconds.items()}
    ratio = medians["strict"] / medians["lenient"]
    print(json.dumps({"stack": options.stack, **medians, "ratio": round(ratio, 3), "bound": MOST}))
    return int(ratio > MOST)


if __name__ == "__main__":
    raise SystemExit(main())
