"""``python -m devtools.calls``: renews the list of calls that a run makes, which the preflight asks AWS about.

Two stacks that together have every kind of resource are applied to an embedded AWS that records its calls, planned
again, read as runs read them, and destroyed. ``--from FILE`` makes the list of a recording that is there.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from devtools.converge import combinations, with_tls
from devtools.engine_settings import settings_for
from devtools.environment import SANDBOX_CREDENTIALS
from devtools.recorded_calls import listed
from engine.aws.clients import client
from engine.aws.data_inventory import bucket_contents
from engine.aws.inventory import Wanted, take_inventory
from engine.aws.pipeline_metrics import read_figures
from engine.aws.quotas import read_quotas
from engine.aws.snapshots import drop_snapshots, take_final_snapshot
from engine.preflight.calls import LIST
from engine.settings import EngineSettings
from engine.state.store import ensure_state_bucket, state_key
from engine.terraform.command import Terraform
from engine.terraform.synthesis import synthesize
from sandbox.launch import running_sandbox

STACKS = ("sandbox-S-2-nat", "production-L-3-none")
REGION = "us-east-1"
TAGS = {"ManagedBy": "homeroom", "Suffix": "", "Environment": "", "District": ""}


def run_life(settings: EngineSettings, spec: dict[str, Any], folder: Path) -> None:
    """Do with one stack what runs do: apply, plan again, migrate, read, keep a snapshot, destroy, look for the rest."""
    suffix = spec["suffix"]
    synthesize(settings, json.dumps(spec), folder)
    terraform = Terraform(settings, folder, state_key(suffix))
    terraform.init()
    terraform.apply(terraform.plan())
    terraform.plan()
    start_migration(settings, suffix)
    read_quotas(settings, REGION)
    read_figures(settings, REGION, suffix, None, now=datetime.now(UTC))
    bucket_contents(settings, REGION, [f"homeroom-results-{spec['account_id']}-{suffix}"])
    tags = [(name, value or suffix) for name, value in TAGS.items()]
    tagged = [{"TagKey": name, "TagValue": value} for name, value in tags]
    key = client(settings, "kms", REGION).create_key(Tags=tagged)["KeyMetadata"]["KeyId"]
    snapshot = take_final_snapshot(settings, REGION, suffix, 1, key=key, tags=tags)
    terraform.apply(terraform.plan(destroy=True))
    take_inventory(
        settings,
        Wanted(REGION, suffix, spec.get("hosted_zone_id", ""), spec.get("domain_name", "")),
    )
    drop_snapshots(settings, REGION, [snapshot.identifier] if snapshot else [])


def start_migration(settings: EngineSettings, suffix: str) -> None:
    """Start the migration task as a run does; here nothing has to come of it."""
    ecs = client(settings, "ecs", REGION)
    cluster = f"processing-{suffix}"
    service = ecs.describe_services(cluster=cluster, services=[f"worker-{suffix}"])["services"][0]
    started = ecs.run_task(
        cluster=cluster,
        taskDefinition=f"migrate-{suffix}",
        launchType="FARGATE",
        networkConfiguration=service["networkConfiguration"],
    )
    ecs.describe_tasks(cluster=cluster, tasks=[started["tasks"][0]["taskArn"]])


def record(file: Path) -> None:
    """Have every call of two stacks' whole lives written to a file."""
    with TemporaryDirectory() as directory:
        folder = Path(directory)
        with running_sandbox(folder=folder / "sandbox", record=file) as sandbox:
            ensure_state_bucket(settings_for(folder, sandbox.url))
            for name in STACKS:
                print(f"{name}: apply, plan, destroy ...", flush=True)
                spec = with_tls(sandbox.url, combinations()[name])
                run_life(settings_for(folder / name, sandbox.url), spec, folder / name / "stack")


def main(arguments: list[str]) -> int:
    """Write the list."""
    parser = argparse.ArgumentParser(prog="python -m devtools.calls", description=__doc__)
    parser.add_argument("--from", dest="recording", type=Path, help="a recording that is there")
    parser.add_argument("--keep", type=Path, help="keep the recording in this file")
    options = parser.parse_args(arguments)
    os.environ.update(SANDBOX_CREDENTIALS)
    with TemporaryDirectory() as directory:
        recording = options.recording or options.keep or Path(directory) / "calls.ndjson"
        if options.recording is None:
            record(recording)
        calls = listed(json.loads(line) for line in recording.read_text().splitlines())
    LIST.write_text(json.dumps([call.as_data() for call in calls], indent=0) + "\n")
    print(f"{len(calls)} calls in {LIST.name}. Look at the difference before you commit it.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
