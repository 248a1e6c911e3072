"""Applies every combination of size, zones and egress to the embedded AWS, and proves that each converges and goes.

For each: apply, a search for its passwords in plan, state and logs, a second plan that must be empty, a plan of another
size, image and retention that must lose no data, destroy, and AWS's own inventory, which must be empty too but for the
log groups that AWS makes again by itself: as in a teardown, they are deleted. Each has a sandbox of its own. Slow by
nature: some minutes for each.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from devtools.engine_settings import settings_for
from devtools.environment import SANDBOX_CREDENTIALS, STATE_BUCKET
from devtools.paths import VAR
from engine.aws.inventory import InventoryItem, left_behind, remaining
from engine.aws.late_log_groups import remove_late_groups
from engine.errors import EngineError
from engine.settings import EngineSettings
from engine.state.store import ensure_state_bucket, state_key
from engine.terraform.command import Terraform
from engine.terraform.policy import PolicyCode, assess
from engine.terraform.synthesis import synthesize
from sandbox.launch import running_sandbox

ACCOUNT = "123456789012"
DIGEST = "sha256:" + "0123456789abcdef" * 4
IMAGE = f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/homeroom/processor@{DIGEST}"
CERTIFICATE = f"arn:aws:acm:us-east-1:{ACCOUNT}:certificate/0b0b0b0b-1111-2222-3333-444444444444"
DOMAIN = "lakeside.example.org"
STACKS = {"sandbox-S": ("sbx", "S"), "staging-M": ("stg", "M"), "production-L": ("prod", "L")}
TLS: dict[str, dict[str, str]] = {
    "sandbox": {},
    "staging": {"certificate_arn": CERTIFICATE},
    "production": {"hosted_zone_id": "Z0123456789ABC", "domain_name": DOMAIN},
}
"""Both ways to a certificate: one that is given, and one that the stack makes in a hosted zone."""
SIGN_IN = {
    "issuer": "https://login.example.org",
    "client_id": "data-office",
    "keys": json.dumps(
        {"keys": [{"kty": "EC", "kid": "one", "crv": "P-256", "x": "MKBCTNIcKUSD", "y": "4Etl6SRW2Yi"}]}
    ),
}
"""An issuer that nobody asks: a stack without a way out is given its keys."""
NOT_OF_A_RUN = {".terraform", "jsii", "plugins"}
"""Folders of programs, which no run writes into."""


@dataclass(frozen=True)
class Outcome:
    """What became of one combination; empty `problem` means that all held."""

    name: str
    resources: int
    apply_seconds: float
    destroy_seconds: float
    problem: str


def combinations() -> dict[str, dict[str, Any]]:
    """Return the specification of each combination by its name, such as ``staging-M-3-none``."""
    specifications = {}
    for stack, (code, size) in STACKS.items():
        for zones in (2, 3):
            for egress in ("nat", "none"):
                environment = stack.partition("-")[0]
                specifications[f"{stack}-{zones}-{egress}"] = {
                    "spec_version": 1,
                    "district_name": "Lakeside Unified",
                    "slug": "lakeside",
                    "environment": environment,
                    "suffix": f"lakeside-{code}",
                    "account_id": ACCOUNT,
                    "cidr": "10.0.0.0/22",
                    "size": size,
                    "zones": zones,
                    "egress": egress,
                    **TLS[environment],
                    "sign_in": SIGN_IN,
                    "images": {"api": IMAGE, "worker": IMAGE} if environment == "production" else {},
                    "district_ids": ["3904380"],
                    "alarm_emails": ["oncall@example.org"],
                }
    return specifications


def with_tls(url: str, spec: dict[str, Any]) -> dict[str, Any]:
    """Return the specification with a certificate or a hosted zone that exists in this embedded AWS."""
    if "certificate_arn" in spec:
        acm = boto3.client("acm", region_name="us-east-1", endpoint_url=url)
        return {**spec, "certificate_arn": acm.request_certificate(DomainName=DOMAIN)["CertificateArn"]}
    if "hosted_zone_id" in spec:
        zones = boto3.client("route53", region_name="us-east-1", endpoint_url=url)
        zone = zones.create_hosted_zone(Name=DOMAIN.partition(".")[2], CallerReference=spec["suffix"])
        return {**spec, "hosted_zone_id": zone["HostedZone"]["Id"].rpartition("/")[2]}
    return spec


def lost_by_growing(settings: EngineSettings, spec: dict[str, Any], folder: Path) -> list[str]:
    """Return what of the data a change of size, tags, image and retention would replace or delete: nothing may."""
    image = IMAGE.replace("0123", "4567")
    changed = {
        "size": {"S": "M", "M": "L", "L": "M"}[spec["size"]],
        "tags": {"Team": "Assessment"},
        "images": {"api": image, "worker": image},
        "retention_days": 400,
        "backup_days": 14,
    }
    synthesize(settings, json.dumps(spec | changed), folder / "changed")
    terraform = Terraform(settings, folder / "changed", state_key(spec["suffix"]))
    terraform.init()
    stateful = {PolicyCode.STATEFUL_DELETED, PolicyCode.STATEFUL_REPLACED}
    return [finding.sentence for finding in assess(terraform.plan().shown) if finding.code in stateful]


def holding_passwords(url: str, folder: Path, spec: dict[str, Any], plan: dict[str, Any]) -> list[str]:
    """Return where the district's passwords stand beside its secrets: plan, state, and all that a run left behind."""
    secrets = boto3.client("secretsmanager", region_name="us-east-1", endpoint_url=url)
    store = boto3.client("s3", region_name="us-east-1", endpoint_url=url)
    names = [f"database-{kind}-{spec['suffix']}" for kind in ("owner", "application")]
    texts = [secrets.get_secret_value(SecretId=name)["SecretString"] for name in names]
    passwords = [json.loads(text)["password"].encode() for text in texts]
    places = {"the plan": json.dumps(plan).encode()}
    for entry in store.list_objects_v2(Bucket=STATE_BUCKET)["Contents"]:
        places[entry["Key"]] = store.get_object(Bucket=STATE_BUCKET, Key=entry["Key"])["Body"].read()
    for path in folder.rglob("*"):
        if not path.is_file() or path.is_symlink() or NOT_OF_A_RUN & set(path.parts):
            continue
        places[str(path.relative_to(folder))] = path.read_bytes()
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                places |= {f"{path.name}: {member}": archive.read(member) for member in archive.namelist()}
    if not any("tfplan" in place for place in places):
        return ["the plan's file was not there to be searched"]
    return [
        f"a password is in {place}" for place, text in places.items() if any(password in text for password in passwords)
    ]


def left_after(settings: EngineSettings, suffix: str) -> tuple[InventoryItem, ...]:
    """Return what is left after the log groups that AWS makes again have been deleted; it makes each a few times."""
    while True:
        left = left_behind(remaining(settings, "us-east-1", suffix))
        if not remove_late_groups(settings, "us-east-1", suffix, left):
            return left


def converge(name: str, spec: dict[str, Any], folder: Path) -> Outcome:
    """Carry one combination through; what goes wrong is told in the outcome."""
    shutil.rmtree(folder, ignore_errors=True)
    resources, applied, destroyed = 0, 0.0, 0.0
    with running_sandbox(folder=folder / "sandbox") as sandbox:
        settings = settings_for(folder, sandbox.url)
        try:
            spec = with_tls(sandbox.url, spec)
            resources = synthesize(settings, json.dumps(spec), folder / "stack").resource_count
            ensure_state_bucket(settings)
            terraform = Terraform(settings, folder / "stack", state_key(spec["suffix"]))
            terraform.init()
            started = time.monotonic()
            first = terraform.plan()
            terraform.apply(first)
            applied = time.monotonic() - started
            problems = holding_passwords(sandbox.url, folder, spec, first.shown)
            problems += [f"{change.address}: {change.action}" for change in terraform.plan().resources]
            problems += lost_by_growing(settings, spec, folder)
            started = time.monotonic()
            terraform.apply(terraform.plan(destroy=True))
            destroyed = time.monotonic() - started
            left = left_after(settings, spec["suffix"])
            problems += [f"left: {item.service} {item.kind} {item.identifier}" for item in left]
            problem = "; ".join(problems)
        except EngineError as error:
            problem = f"{error.summary} {error.detail}"
    if not problem:
        shutil.rmtree(folder)
    return Outcome(name, resources, applied, destroyed, problem)


def main(arguments: list[str]) -> int:
    """Run the combinations named, or all; exit status 1 when one did not hold."""
    parser = argparse.ArgumentParser(prog="make converge", description=__doc__)
    parser.add_argument("names", nargs="*", help="such as staging-M-3-none; all of them when none is named")
    parser.add_argument("--jobs", type=int, default=2, help="how many at a time")
    options = parser.parse_args(arguments)
    known = combinations()
    if unknown := set(options.names) - set(known):
        parser.error(f"{', '.join(sorted(unknown))} is none of {', '.join(known)}")
    os.environ.update(SANDBOX_CREDENTIALS)
    selected = {name: known[name] for name in options.names or known}
    passed = True
    with ThreadPoolExecutor(options.jobs) as pool:
        waiting = [pool.submit(converge, name, spec, VAR / "converge" / name) for name, spec in selected.items()]
        for future in waiting:
            outcome = future.result()
            passed = passed and not outcome.problem
            result = outcome.problem or "converges, and goes"
            times = f"apply {outcome.apply_seconds:4.0f} s  destroy {outcome.destroy_seconds:4.0f} s"
            print(f"{outcome.name:<22} {outcome.resources:>4} resources  {times}  {result}", flush=True)
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
