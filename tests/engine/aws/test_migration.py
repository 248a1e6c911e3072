"""The migration task, run for a district: to its end, with its reasons where it fails."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from engine.aws.clients import client
from engine.aws.migration import MigrationTask, failure, migrate
from engine.errors import MigrationFailedError
from engine.settings import EngineSettings
from sandbox.launch import running_sandbox
from tests.sandbox.small_stack import lead_out

REGION = "us-east-1"
TASK = MigrationTask("processing-x", "worker-x", "migrate-x")
PROCESSOR = "registry.example/homeroom/processor:1"


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineSettings]:
    folder = tmp_path_factory.mktemp("migration")
    with running_sandbox(folder=folder, processes=True) as sandbox:
        yield EngineSettings(work_dir=folder, state_bucket="state", aws_endpoint_url=sandbox.url)


@pytest.fixture(scope="module")
def network(settings: EngineSettings) -> dict[str, Any]:
    session: Any = boto3.session.Session()
    ec2, ecs = (
        session.client(name, region_name=REGION, endpoint_url=settings.aws_endpoint_url) for name in ("ec2", "ecs")
    )
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    lead_out(ec2, vpc)
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(GroupName="tasks", Description="tasks", VpcId=vpc)["GroupId"]
    ecs.create_cluster(clusterName=TASK.cluster)
    return {"awsvpcConfiguration": {"subnets": [subnet], "securityGroups": [group]}}


def define(settings: EngineSettings, family: str, image: str, command: str) -> None:
    client(settings, "ecs", REGION).register_task_definition(
        family=family,
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="256",
        memory="512",
        containerDefinitions=[{"name": command, "image": image, "command": [command]}],
    )


def looks(many: list[float]) -> Any:
    def pause(seconds: float) -> None:
        many.append(seconds)
        assert len(many) < 200, "the task never ended"
        time.sleep(0.05)

    return pause


def test_without_its_service_there_is_no_network_to_run_in(settings, network):
    with pytest.raises(MigrationFailedError, match="worker-x is not there"):
        migrate(settings, REGION, None, TASK, pause=looks([]))


def test_a_task_is_waited_for_and_its_failure_told(settings, network):
    define(settings, "migrate-x", PROCESSOR, "migrate")
    define(settings, "idle-x", "registry.example/idle:1", "idle")
    ecs = client(settings, "ecs", REGION)
    ecs.create_service(
        cluster=TASK.cluster,
        serviceName=TASK.service,
        taskDefinition="idle-x",
        desiredCount=0,
        launchType="FARGATE",
        networkConfiguration=network,
    )
    many: list[float] = []
    with pytest.raises(MigrationFailedError, match="migrate ended with status 2") as raised:
        migrate(settings, REGION, None, TASK, pause=looks(many))
    assert many, "it was not looked at more than once"
    assert ":task/" in raised.value.detail
    assert "/migrate" in raised.value.remedy


def test_a_task_that_ends_well_is_enough(settings, network):
    define(settings, "migrate-y", "registry.example/other:1", "migrate")
    migrate(settings, REGION, None, MigrationTask("processing-x", "worker-x", "migrate-y"), pause=looks([]))


def test_a_stack_names_its_task_or_has_none():
    outputs = {"cluster_name": "c", "worker_service_name": "w", "migrate_task_family": "m", "other": "o"}
    assert MigrationTask.of(outputs) == MigrationTask("c", "w", "m")
    assert MigrationTask.of({**outputs, "migrate_task_family": None}) is None
    assert MigrationTask.of({}) is None


@pytest.mark.parametrize(
    ("containers", "expected"),
    [
        ([{"name": "migrate", "exitCode": 0}], ""),
        ([{"name": "migrate", "exitCode": 1}], "migrate ended with status 1; stopped"),
        ([{"name": "migrate", "reason": "CannotPullContainerError"}], "CannotPullContainerError; stopped"),
        ([], "stopped"),
    ],
)
def test_why_a_task_failed(containers: list[dict[str, Any]], expected: str):
    assert failure({"containers": containers, "stoppedReason": "stopped"}) == expected
