"""``make policy``: every size's stack and the platform's, scanned by checkov; ends with 1 when a check fails.

What is skipped stands in ``skipped.toml``, each with its reason; a skip that no stack needs any more is an error too.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

from devtools.converge import combinations
from devtools.paths import ROOT, VAR
from devtools.tool_environment import program as tool

REQUIREMENTS = ROOT / "requirements" / "policy.txt"
ENVIRONMENT = VAR / "checkov"
SKIPPED = Path(__file__).parent / "skipped.toml"


def stack(spec: dict[str, Any], folder: Path, *kind: str) -> Path:
    """Return the folder of a synthesized stack."""
    shutil.rmtree(folder, ignore_errors=True)
    command = [sys.executable, "-m", "infra", *kind, "-", str(folder)]
    subprocess.run(command, cwd=ROOT, input=json.dumps(spec), text=True, check=True, stdout=subprocess.DEVNULL)
    return folder


def scan(program: Path, folder: Path) -> tuple[int, list[dict[str, Any]]]:
    """Return how many checks passed, and those that failed; raises RuntimeError where the stack was not read."""
    # The scanner asks its maker's server for guidelines unless it is told not to.
    quiet = {"LOG_LEVEL": "CRITICAL", "BC_SKIP_MAPPING": "TRUE", "CKV_IGNORE_HIDDEN_DIRECTORIES": "true"}
    command = [str(program), "-d", str(folder), "--framework", "terraform_json", "--skip-download", "-o", "json"]
    completed = subprocess.run(command, env={**os.environ, **quiet}, capture_output=True, text=True, check=False)
    try:
        report = json.loads(completed.stdout)
        report = report[0] if isinstance(report, list) else report
        summary, failed = report["summary"], report["results"]["failed_checks"]
    except (ValueError, KeyError, IndexError) as error:
        raise RuntimeError(
            f"checkov did not scan {folder}:\n{completed.stdout[-1000:]}{completed.stderr[-1000:]}"
        ) from error
    if summary["parsing_errors"] or not summary["passed"]:
        raise RuntimeError(f"checkov could not read {folder}.")
    return int(summary["passed"]), failed


def main() -> int:
    """Scan every stack and say what failed; exit status 1 unless all is clean."""
    reasons = tomllib.loads(SKIPPED.read_text())
    program = tool("checkov", REQUIREMENTS, ENVIRONMENT)
    specs: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
        name: (spec, ()) for name, spec in combinations().items()
    }
    specs["platform"] = (PLATFORM, ("platform",))
    used: set[str] = set()
    failures = 0
    for name, (spec, kind) in specs.items():
        passed, failed = scan(program, stack(spec, VAR / "policy" / name, *kind))
        skipped = dict(reasons["skipped"])
        if name == "platform":
            skipped |= reasons["skipped_on_the_platform"]
        elif not {"certificate_arn", "hosted_zone_id"} & set(spec):
            skipped |= reasons["skipped_without_certificate"]
        remaining = [check for check in failed if check["check_id"] not in skipped]
        used |= {check["check_id"] for check in failed}
        failures += len(remaining)
        print(
            f"{name:<22} {passed:>4} passed  {len(failed) - len(remaining):>3} skipped  {len(remaining):>3} failed",
            flush=True,
        )
        for check in remaining:
            print(f"  {check['check_id']} {check['resource']}: {check['check_name']}")
    unused = {check_id for section in reasons.values() for check_id in section} - used
    for check_id in sorted(unused):
        print(f"skipped.toml names {check_id}, which no stack fails: remove it.")
    return 1 if failures or unused else 0


PLATFORM = {
    "account_id": "123456789012",
    "external_id": "0123456789abcdef",
    "portal_principal_arns": ["arn:aws:iam::123456789012:role/homeroom-portal"],
    "state_bucket": "homeroom-terraform-state",
}


if __name__ == "__main__":
    raise SystemExit(main())
