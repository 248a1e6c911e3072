"""The inventory asks AWS: what exists is found by tag or by name, what is gone is not, what AWS keeps is told apart."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from devtools.paths import ROOT
from engine.aws.clients import client
from engine.aws.coverage import COVERAGE, MADE_BY_AWS
from engine.aws.inventory import InventoryItem, Wanted, left_behind, remaining, take_inventory
from engine.aws.named_kinds import BY_NAME
from engine.errors import AwsUnavailableError
from engine.settings import EngineSettings
from engine.state.store import delete_state, ensure_state_bucket, state_exists, state_key
from sandbox.launch import running_sandbox
from tests.engine.kinds.making import make_named, make_tagged

REGION, SUFFIX = "us-east-1", "maple-sbx"
TAGS = [{"Key": "Suffix", "Value": SUFFIX}]


@pytest.fixture(scope="module")
def engine(tmp_path_factory) -> Iterator[EngineSettings]:
    with running_sandbox() as sandbox:
        yield EngineSettings(
            work_dir=tmp_path_factory.mktemp("work"), state_bucket="states", aws_endpoint_url=sandbox.url
        )


@pytest.fixture
def fresh(engine, tmp_path) -> Iterator[EngineSettings]:
    """An account of its own, with nothing in it."""
    with running_sandbox() as sandbox:
        yield dataclasses.replace(engine, aws_endpoint_url=sandbox.url)


@contextlib.contextmanager
def troubled(url: str, *, failures: int) -> Iterator[tuple[str, Callable[[], int]]]:
    """Stand before an AWS and answer the first calls by 503, as a service under load does."""
    left = [failures]

    class Door(BaseHTTPRequestHandler):
        def pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if left[0]:
                left[0] -= 1
                self.answer(503, b"", {})
                return
            request = urllib.request.Request(url + self.path, body or None, dict(self.headers), method=self.command)
            try:
                with urllib.request.urlopen(request) as answer:
                    self.answer(answer.status, answer.read(), dict(answer.headers))
            except urllib.error.HTTPError as error:
                self.answer(error.code, error.read(), dict(error.headers))

        def answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in headers.items():
                if name.lower() in {"content-type", "x-amzn-requestid"}:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """Keep quiet."""

        do_GET = do_POST = do_PUT = do_HEAD = pass_on  # noqa: N815

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", lambda: failures - left[0]
    finally:
        server.shutdown()
        server.server_close()


def kinds(engine: EngineSettings, suffix: str = SUFFIX) -> set[str]:
    return kinds_of(remaining(engine, REGION, suffix))


def kinds_of(items: Iterable[InventoryItem]) -> set[str]:
    return {f"{item.service} {item.kind}" for item in left_behind(items)}


@functools.cache
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
    left = remaining(engine, REGION, SUFFIX)
    assert kinds_of(left) == set()
    assert all(item.scheduled for item in left)


def test_an_endpoint_that_ec2_still_shows_after_its_deletion_is_not_left_behind(fresh):
    ec2, tagged = make(fresh, "ec2"), [{"ResourceType": "vpc-endpoint", "Tags": TAGS}]
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/22")["Vpc"]["VpcId"]
    endpoint = ec2.create_vpc_endpoint(
        VpcId=vpc, ServiceName="com.amazonaws.us-east-1.s3", VpcEndpointType="Gateway", TagSpecifications=tagged
    )["VpcEndpoint"]["VpcEndpointId"]
    assert kinds(fresh) == {"ec2 vpc-endpoint"}
    ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint])
    assert ec2.describe_vpc_endpoints()["VpcEndpoints"], "EC2 shows it for a time"
    assert kinds(fresh) == set()


def test_a_district_does_not_claim_what_one_with_a_longer_name_has(engine):
    s3, bucket = make(engine, "s3"), "homeroom-results-123456789012-big-maple-sbx"
    s3.create_bucket(Bucket=bucket)
    assert kinds(engine, "big-maple-sbx") == {"s3 bucket"}
    assert kinds(engine) == set()
    s3.delete_bucket(Bucket=bucket)


GOLDEN = sorted((ROOT / "tests" / "infra" / "golden").glob("*.json"))
NAMES = {
    "aws_s3_bucket": "bucket",
    "aws_cloudwatch_dashboard": "dashboard_name",
    "aws_cloudwatch_metric_alarm": "alarm_name",
    "aws_lambda_function": "function_name",
    "aws_rds_cluster": "cluster_identifier",
    "aws_rds_cluster_instance": "identifier",
    "aws_elasticache_replication_group": "replication_group_id",
    "aws_elasticache_user": "user_id",
    "aws_elasticache_user_group": "user_group_id",
}
WRITTEN = {
    "aws_appautoscaling_target": "service/processing-{suffix}/api-{suffix}",
    "aws_ecs_task_definition": "{family}:1",
    "aws_s3_bucket": "{bucket}",
}
"""Where the listed name is not the argument itself."""


def declared() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path in GOLDEN:
        stack = json.loads(path.read_text())
        suffix = stack["resource"]["aws_kms_alias"]["encryption_alias"]["name"].removeprefix("alias/data-")
        for kind, bodies in stack["resource"].items():
            for body in bodies.values():
                yield suffix, kind, body


def test_every_type_of_the_stack_would_be_seen_if_it_stayed():
    assert GOLDEN
    assert {kind for _, kind, _ in declared()} == set(COVERAGE)
    named = {kind.called for kind in BY_NAME}
    for kind, coverage in {**COVERAGE, **MADE_BY_AWS}.items():
        assert coverage.tag or coverage.name or coverage.lookup or (coverage.parent and coverage.why), kind
        assert not coverage.name or coverage.name in named, kind
        if coverage.parent:
            parent = COVERAGE[coverage.parent]
            assert parent.tag or parent.name or parent.lookup or parent.parent, kind
    assert named <= {entry.name for entry in [*COVERAGE.values(), *MADE_BY_AWS.values()]}


def test_every_name_of_the_stack_that_is_looked_for_by_name_is_known():
    checked = set()
    for suffix, kind, body in declared():
        coverage = COVERAGE[kind]
        if not coverage.name or coverage.name.startswith("ec2 "):
            continue
        values = {**body, "suffix": suffix}
        name = WRITTEN[kind].format(**values) if kind in WRITTEN else str(body[NAMES.get(kind, "name")])
        assert any(row.matches(name, suffix) for row in BY_NAME if row.called == coverage.name), (kind, name)
        checked.add(kind)
    assert checked == {kind for kind, entry in COVERAGE.items() if entry.name and not entry.name.startswith("ec2 ")}


def test_one_untagged_thing_of_each_named_kind_is_seen_and_nothing_of_anybody_else(fresh):
    for number, suffix in enumerate((SUFFIX, "big-maple-sbx", "other-sbx"), 1):
        make_named(lambda service: make(fresh, service), suffix, number)
    suffixes = (SUFFIX, "big-maple-sbx", "other-sbx")
    by_suffix = {suffix: remaining(fresh, REGION, suffix) for suffix in suffixes}
    expected = {kind.called for kind in BY_NAME if not kind.by_tag} - {"elasticache snapshot"}
    for suffix in suffixes:
        assert kinds_of(by_suffix[suffix]) == expected, suffix
    identifiers = {suffix: {item.identifier for item in by_suffix[suffix]} for suffix in suffixes}
    assert not identifiers[SUFFIX] & (identifiers["big-maple-sbx"] | identifiers["other-sbx"])


def test_what_its_tag_alone_shows_is_seen_and_a_network_tells_what_keeps_it(fresh):
    for number, suffix in enumerate((SUFFIX, "other-sbx"), 1):
        make_tagged(lambda service: make(fresh, service), suffix, number)
    by_tag_alone = {entry.tag for entry in COVERAGE.values() if entry.tag and (not entry.name or "ec2" in entry.name)}
    by_suffix = {suffix: remaining(fresh, REGION, suffix) for suffix in (SUFFIX, "other-sbx")}
    # Listeners are not in the sandbox's tag index, and go with their balancer; its ARN of a flow log is not AWS's.
    assert kinds_of(by_suffix[SUFFIX]) - {"ec2 flow-logs"} == by_tag_alone - {"elasticloadbalancing listener"} | {
        "ec2 network-interface"
    }
    ours, theirs = ({item.identifier for item in items} for items in by_suffix.values())
    assert not ours & theirs


def test_records_of_the_districts_name_are_seen_in_a_zone_that_is_not_ours(fresh):
    dns, name = make(fresh, "route53"), "maple.results.example.org"
    zone = dns.create_hosted_zone(Name="example.org", CallerReference="1")["HostedZone"]["Id"].rpartition("/")[2]
    for record, kind in ((name, "A"), (f"_abc.{name}", "CNAME"), (f"big-{name}", "A"), (f"_abc.big-{name}", "CNAME")):
        value = "10.0.0.1" if kind == "A" else "validation.example.org"
        change = {"Name": record, "Type": kind, "TTL": 60, "ResourceRecords": [{"Value": value}]}
        batch = {"Changes": [{"Action": "CREATE", "ResourceRecordSet": change}]}
        dns.change_resource_record_sets(HostedZoneId=zone, ChangeBatch=batch)
    inventory = take_inventory(fresh, Wanted(REGION, SUFFIX, zone, name)).left_behind
    assert {item.identifier for item in inventory} == {f"{zone}/{name}/A", f"{zone}/_abc.{name}/CNAME"}
    assert take_inventory(fresh, Wanted(REGION, SUFFIX, "Z0000000000", name)).items == ()


def test_a_secret_in_scheduled_deletion_and_a_snapshot_kept_on_purpose_are_told_apart(fresh):
    secrets, rds = make(fresh, "secretsmanager"), make(fresh, "rds")
    secrets.create_secret(Name=f"database-owner-{SUFFIX}", SecretString="x", Tags=TAGS)
    secrets.delete_secret(SecretId=f"database-owner-{SUFFIX}", RecoveryWindowInDays=7)
    rds.create_db_cluster(
        DBClusterIdentifier=f"aurora-{SUFFIX}",
        Engine="aurora-postgresql",
        MasterUsername="owner",
        MasterUserPassword="correct-horse",
    )
    arns = [
        rds.create_db_cluster_snapshot(DBClusterSnapshotIdentifier=name, DBClusterIdentifier=f"aurora-{SUFFIX}")[
            "DBClusterSnapshot"
        ]["DBClusterSnapshotArn"]
        for name in ("wanted", "forgotten")
    ]
    rds.delete_db_cluster(DBClusterIdentifier=f"aurora-{SUFFIX}", SkipFinalSnapshot=True)
    inventory = take_inventory(fresh, Wanted(REGION, SUFFIX, keep=((arns[0], "asked for"),)))
    assert [item.identifier for item in inventory.left_behind] == [arns[1]]
    assert {item.kept for item in inventory.items if item.identifier == arns[0]} == {"asked for"}
    dated = secrets.describe_secret(SecretId=f"database-owner-{SUFFIX}")["DeletedDate"]
    assert [item.scheduled for item in inventory.items if item.kind == "secret"] == [
        f"in scheduled deletion, dated {dated:%Y-%m-%d}"
    ]


def test_the_inventory_says_where_it_looked_and_by_which_calls(engine):
    inventory = take_inventory(engine, Wanted(REGION, "nobody-sbx"))
    assert (inventory.scope.account, inventory.scope.region, inventory.items) == ("123456789012", REGION, ())
    calls = dict(inventory.calls)
    assert calls["resourcegroupstaggingapi:GetResources"] == 1
    assert calls["iam:ListRoles"] >= 1
    assert ("kms alias", r"alias/data-nobody\-sbx") in inventory.names


def test_a_call_that_fails_for_a_moment_is_tried_again(engine):
    with troubled(engine.aws_endpoint_url or "", failures=3) as (url, failed):
        through = dataclasses.replace(engine, aws_endpoint_url=url)
        assert take_inventory(through, Wanted(REGION, "nobody-sbx")).items == ()
        assert failed() == 3


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
    with pytest.raises(AwsUnavailableError, match="name the account"):
        remaining(nowhere, REGION, SUFFIX)
