"""The inventory asks AWS: what exists is found by tag or by name, what is gone is not, what AWS keeps is told apart."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from provisioning.engine.aws import client
from provisioning.engine.errors import AwsUnavailable
from provisioning.engine.inventory import BY_NAME, left_behind, remaining
from provisioning.engine.settings import EngineSettings
from provisioning.engine.state_store import delete_state, ensure_state_bucket, state_exists, state_key
from provisioning.engine.synthesis import synthesize
from sandbox.launch import running_sandbox

REGION, SUFFIX = "us-east-1", "maple-sbx"
TAGS = [{"Key": "Suffix", "Value": SUFFIX}]


@pytest.fixture(scope="module")
def engine(tmp_path_factory) -> Iterator[EngineSettings]:
    with running_sandbox() as sandbox:
        yield EngineSettings(
            work_dir=tmp_path_factory.mktemp("work"), state_bucket="states", aws_endpoint_url=sandbox.url
        )


def kinds(engine: EngineSettings, suffix: str = SUFFIX) -> set[str]:
    return {f"{item.service} {item.kind}" for item in left_behind(remaining(engine, REGION, suffix))}


def make(engine: EngineSettings, service: str) -> Any:
    return client(engine, service, REGION)


def test_what_exists_is_found_and_what_is_deleted_is_not_left_behind(engine):
    ec2, ecs, kms, iam = (make(engine, name) for name in ("ec2", "ecs", "kms", "iam"))
    tagged = [{"ResourceType": "natgateway", "Tags": TAGS}]
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/22")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    nat = ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address, TagSpecifications=tagged)["NatGateway"]
    ecs.create_cluster(clusterName="processing-maple-sbx", tags=[{"key": "Suffix", "value": SUFFIX}])
    key = kms.create_key(Tags=[{"TagKey": "Suffix", "TagValue": SUFFIX}])["KeyMetadata"]["KeyId"]
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    iam.create_role(RoleName="api-task-maple-sbx", AssumeRolePolicyDocument=trust)
    assert kinds(engine) == {"ec2 natgateway", "ecs cluster", "kms key", "iam role"}
    assert kinds(engine, "other-sbx") == set()

    ec2.delete_nat_gateway(NatGatewayId=nat["NatGatewayId"])
    ecs.delete_cluster(cluster="processing-maple-sbx")
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    iam.delete_role(RoleName="api-task-maple-sbx")
    assert kinds(engine) == set()
    assert all(item.scheduled for item in remaining(engine, REGION, SUFFIX))


def test_a_district_does_not_claim_what_one_with_a_longer_name_has(engine):
    s3, bucket = make(engine, "s3"), "homeroom-results-123456789012-big-maple-sbx"
    s3.create_bucket(Bucket=bucket)
    assert kinds(engine, "big-maple-sbx") == {"s3 bucket"}
    assert kinds(engine) == set()
    s3.delete_bucket(Bucket=bucket)


NAMES = {
    "aws_iam_role": ("role", "name"),
    "aws_kms_alias": ("alias", "name"),
    "aws_cloudwatch_dashboard": ("dashboard", "dashboard_name"),
    "aws_s3_bucket": ("bucket", "bucket"),
}


def test_every_name_of_the_stack_that_is_looked_for_by_name_is_known(engine, tmp_path):
    spec = {
        "district_name": "Maple",
        "slug": "maple",
        "environment": "sandbox",
        "suffix": SUFFIX,
        "account_id": "123456789012",
        "cidr": "10.0.0.0/22",
    }
    synthesize(engine, json.dumps(spec), tmp_path)
    declared = json.loads((tmp_path / "cdk.tf.json").read_text())["resource"]
    patterns = {wanted.kind: wanted for wanted in BY_NAME}
    for resource_type, (kind, field) in NAMES.items():
        assert declared[resource_type]
        for resource in declared[resource_type].values():
            assert patterns[kind].matches(resource[field], SUFFIX), resource[field]


def test_the_state_bucket_is_made_once_and_a_state_goes_with_all_its_versions(engine):
    ensure_state_bucket(engine)
    ensure_state_bucket(engine)
    s3, key = make(engine, "s3"), state_key(SUFFIX)
    assert s3.get_bucket_versioning(Bucket="states")["Status"] == "Enabled"
    for body in (b"one", b"two"):
        s3.put_object(Bucket="states", Key=key, Body=body)
    assert state_exists(engine, key)
    delete_state(engine, key)
    assert not state_exists(engine, key)
    assert "Versions" not in s3.list_object_versions(Bucket="states", Prefix=key)


def test_an_aws_that_does_not_answer_is_said(tmp_path: Path):
    nowhere = EngineSettings(work_dir=tmp_path, state_bucket="states", aws_endpoint_url="http://127.0.0.1:9")
    with pytest.raises(AwsUnavailable, match="list the district's resources"):
        remaining(nowhere, REGION, SUFFIX)
