"""A district that is a day old goes in one teardown: recovery points, very many versions, rotated secrets, and what AWS
adds by itself. A week later its database has another minor version, and it has not drifted.

The whole stack, applied and destroyed by the walk of a run; the embedded AWS's time is moved.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from engine.aws.clients import client
from provisioning.drift.service import check_now
from provisioning.engine_settings import engine_settings
from provisioning.models import DriftItem, RemovalCertificate, Run, RunEvent
from provisioning.states.runs import RunState
from provisioning.tasks import execute_run
from provisioning.teardown.service import request_teardown
from registry.districts.statuses import DistrictStatus
from sandbox.launch import Sandbox, running_sandbox
from tests.builders import ACCOUNT_ID, a_run
from tests.sandbox.levers import forward, pull

pytestmark = [
    pytest.mark.soak,
    pytest.mark.terraform,
    pytest.mark.long,
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
]
VERSIONS = 1_000_000
PAGES = 16
"""Under how many prefixes they lie."""
MONITORING = {
    "Name": "RUNTIME_MONITORING",
    "Status": "ENABLED",
    "AdditionalConfiguration": [{"Name": "ECS_FARGATE_AGENT_MANAGEMENT", "Status": "ENABLED"}],
}


@pytest.fixture
def aws(settings) -> Iterator[Sandbox]:
    with running_sandbox() as running:
        settings.AWS_ENDPOINT_URL = running.url
        settings.REMOVAL_SETTLE_SECONDS, settings.REMOVAL_QUIET_SECONDS = 60, 5
        yield running


def asked(service: str) -> Any:
    return client(engine_settings(), service, "us-east-1")


def carried_out(run: Run) -> Run:
    execute_run(run.number)
    run.refresh_from_db()
    run.district.refresh_from_db()
    return run


def test_a_day_old_district_is_removed_in_one_teardown(aws):
    asked("guardduty").create_detector(Enable=True, Features=[MONITORING])
    run = carried_out(a_run(slug="maple"))
    assert (run.state, run.district.status) == (RunState.SUCCEEDED, DistrictStatus.LIVE), run.error_detail
    suffix = run.spec["suffix"]
    bucket = f"homeroom-results-{ACCOUNT_ID}-{suffix}"
    for page in range(PAGES):
        pull(aws.url, "crowd", bucket=bucket, prefix=f"incoming/{page}/", count=VERSIONS // PAGES, size=1_000)
    forward(aws.url, days=1, hours=1)
    rotated(suffix)
    points = asked("backup").list_recovery_points_by_backup_vault(BackupVaultName=f"backup-{suffix}")["RecoveryPoints"]
    assert points, "a day has gone by"
    endpoints = asked("ec2").describe_vpc_endpoints(Filters=[{"Name": "tag:GuardDutyManaged", "Values": ["true"]}])
    assert len(endpoints["VpcEndpoints"]) == 1
    before = versions()
    forward(aws.url, days=7)
    after = versions()
    # Of the cache's engine there is no later minor version.
    assert (before[0] == after[0], before[1] == after[1]) == (False, True), (before, after)
    checked = carried_out(check_now(district=run.district, actor=None))
    assert (checked.state, list(DriftItem.objects.all())) == (RunState.NO_CHANGES, [])

    gone = carried_out(
        request_teardown(district=run.district, typed_name=run.district.suffix, reason="The end", actor=None)
    )
    assert (gone.state, gone.district.status) == (RunState.SUCCEEDED, DistrictStatus.REMOVED), gone.error_detail
    assert gone.left_behind == []
    assert RemovalCertificate.objects.filter(district=gone.district).count() == 1
    emptied = RunEvent.objects.filter(run=gone, kind="emptying").exclude(data={})
    counts = {event.data["bucket"]: event.data["versions"] for event in emptied}
    assert counts[bucket] == VERSIONS
    messages = RunEvent.objects.filter(run=gone, kind="sweep").values_list("message", flat=True)
    assert any("GuardDuty" in text for text in messages)
    planned = asked("secretsmanager").list_secrets(IncludePlannedDeletion=True)["SecretList"]
    assert [secret["Name"] for secret in planned if suffix in secret["Name"]] == [], "no name of a secret is held"


def versions() -> tuple[set[str], set[str]]:
    """Return what versions the database's instances and the cache's nodes have."""
    instances = asked("rds").describe_db_instances()["DBInstances"]
    nodes = asked("elasticache").describe_cache_clusters()["CacheClusters"]
    return {instance["EngineVersion"] for instance in instances}, {node["EngineVersion"] for node in nodes}


def rotated(suffix: str) -> None:
    """Leave the secrets as two rotations do, the last of which has not come to its end."""
    manager = asked("secretsmanager")
    for secret in (f"database-owner-{suffix}", f"database-application-{suffix}"):
        manager.put_secret_value(SecretId=secret, SecretString="{}", VersionStages=["AWSCURRENT"])
        manager.put_secret_value(SecretId=secret, SecretString="{}", VersionStages=["AWSPENDING"])
        stages = manager.describe_secret(SecretId=secret)["VersionIdsToStages"].values()
        assert sorted(label for labels in stages for label in labels) == ["AWSCURRENT", "AWSPENDING", "AWSPREVIOUS"]
