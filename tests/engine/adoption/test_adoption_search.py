"""What stands under a district's names and is not its own is left alone and told; what AWS deletes is not there."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from engine.adoption.results import Adoption, Findings
from engine.adoption.rules import Place
from engine.adoption.search import find_adoptable
from engine.aws.clients import DeployRole, client, session_in
from engine.errors import AwsUnavailableError
from engine.settings import EngineSettings
from sandbox.launch import running_sandbox

REGION, SUFFIX = "us-east-1", "maple-sbx"
PLACE = Place(REGION, "123456789012", SUFFIX)
OURS, OTHERS = {"Suffix": SUFFIX}, {"Suffix": "cedar-sbx"}
Clients = Callable[[str], Any]


@pytest.fixture(scope="module")
def engine(tmp_path_factory) -> Iterator[EngineSettings]:
    with running_sandbox() as sandbox:
        yield EngineSettings(
            work_dir=tmp_path_factory.mktemp("work"), state_bucket="states", aws_endpoint_url=sandbox.url
        )


@pytest.fixture(scope="module")
def aws(engine: EngineSettings) -> Clients:
    return functools.cache(lambda service: client(engine, service, REGION))


def search(
    engine: EngineSettings, resources: dict[str, Any], state: dict[str, dict[str, Any]] | None = None
) -> Findings:
    managed = [{"address": key, "mode": "managed", "values": value} for key, value in (state or {}).items()]
    shown = {"values": {"root_module": {"resources": managed}}} if managed else {}
    return find_adoptable(engine, {"resource": resources}, shown, PLACE)


def tag_list(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def queue(aws: Clients, name: str, tags: dict[str, str]) -> str:
    return str(aws("sqs").create_queue(QueueName=name, tags=tags)["QueueUrl"])


def vpc(aws: Clients, cidr: str) -> str:
    tags = [{"ResourceType": "vpc", "Tags": tag_list({**OURS, "Name": f"vpc-{SUFFIX}"})}]
    return str(aws("ec2").create_vpc(CidrBlock=cidr, TagSpecifications=tags)["Vpc"]["VpcId"])


def test_a_queue_of_another_district_or_of_nobody_is_told_and_left_alone(engine, aws):
    kinds = {"ours": OURS, "others": OTHERS, "nobodys": {}}
    urls = {kind: queue(aws, f"{kind}-{SUFFIX}", tags) for kind, tags in kinds.items()}
    declared = {kind: {"name": f"{kind}-{SUFFIX}"} for kind in [*kinds, "absent"]}
    findings = search(engine, {"aws_sqs_queue": declared})
    assert findings.adoptions == (Adoption("aws_sqs_queue.ours", urls["ours"]),)
    assert {(resource.address, resource.identifier) for resource in findings.foreign} == {
        ("aws_sqs_queue.others", urls["others"]),
        ("aws_sqs_queue.nobodys", urls["nobodys"]),
    }
    sentences = {resource.address.partition(".")[2]: resource.sentence for resource in findings.foreign}
    assert "cedar-sbx, not maple-sbx" in sentences["others"]
    assert "no tag Suffix" in sentences["nobodys"]


def test_what_belongs_to_something_foreign_is_not_ours_either(engine, aws):
    iam, trust = aws("iam"), json.dumps({"Version": "2012-10-17", "Statement": []})
    statement = {"Effect": "Allow", "Action": "sqs:ReceiveMessage", "Resource": "arn:aws:sqs:us-east-1:123456789012:x"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    for name, tags in ((f"api-{SUFFIX}", OURS), (f"trail-{SUFFIX}", OTHERS)):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust, Tags=tag_list(tags))
        iam.put_role_policy(RoleName=name, PolicyName=name, PolicyDocument=policy)
    names = {"api": f"api-{SUFFIX}", "trail": f"trail-{SUFFIX}"}
    findings = search(
        engine,
        {
            "aws_iam_role": {key: {"name": name} for key, name in names.items()},
            "aws_iam_role_policy": {
                key: {"name": name, "role": f"${{aws_iam_role.{key}.id}}"} for key, name in names.items()
            },
        },
    )
    assert [adoption.address for adoption in findings.adoptions] == ["aws_iam_role.api", "aws_iam_role_policy.api"]
    assert findings.adoptions[1].import_id == f"api-{SUFFIX}:api-{SUFFIX}"
    assert [resource.address for resource in findings.foreign] == ["aws_iam_role.trail"]


def test_a_bucket_is_ours_before_its_tags_are_set_and_not_with_anothers(engine, aws):
    s3 = aws("s3")
    for kind in ("results", "audit"):
        s3.create_bucket(Bucket=f"homeroom-{kind}-123456789012-{SUFFIX}")
    s3.put_bucket_tagging(Bucket=f"homeroom-audit-123456789012-{SUFFIX}", Tagging={"TagSet": tag_list(OTHERS)})
    declared = {kind: {"bucket": f"homeroom-{kind}-123456789012-{SUFFIX}"} for kind in ("results", "audit")}
    findings = search(engine, {"aws_s3_bucket": declared})
    assert [adoption.address for adoption in findings.adoptions] == ["aws_s3_bucket.results"]
    assert [resource.address for resource in findings.foreign] == ["aws_s3_bucket.audit"]


def test_a_name_is_compared_whole(engine, aws):
    queue(aws, f"alarms-big-{SUFFIX}", {"Suffix": f"big-{SUFFIX}"})
    findings = search(engine, {"aws_sqs_queue": {"alarms": {"name": f"alarms-{SUFFIX}"}}})
    assert findings == Findings()


def test_a_key_that_is_being_deleted_is_not_there(engine, aws):
    kms = aws("kms")
    tags = [{"TagKey": "Suffix", "TagValue": SUFFIX}, {"TagKey": "Name", "TagValue": f"key-{SUFFIX}"}]
    old, new = (kms.create_key(Tags=tags)["KeyMetadata"]["KeyId"] for _ in range(2))
    kms.create_key(Tags=[{"TagKey": "Suffix", "TagValue": "cedar-sbx"}, tags[1]])
    kms.schedule_key_deletion(KeyId=old, PendingWindowInDays=7)
    findings = search(engine, {"aws_kms_key": {"key": {"tags": {"Name": f"key-{SUFFIX}"}}}})
    assert findings == Findings(adoptions=(Adoption("aws_kms_key.key", new),))


def test_an_alias_that_leads_to_another_key_is_told(engine, aws):
    kms = aws("kms")
    ours, other = (kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(2))
    kms.create_alias(AliasName=f"alias/data-{SUFFIX}", TargetKeyId=other)
    declared = {"alias": {"name": f"alias/data-{SUFFIX}", "target_key_id": "${aws_kms_key.key.key_id}"}}
    resources = {"aws_kms_key": {"key": {}}, "aws_kms_alias": declared}
    findings = search(engine, resources, {"aws_kms_key.key": {"key_id": ours}})
    assert not findings.adoptions
    assert [(resource.address, other in resource.sentence) for resource in findings.foreign] == [
        ("aws_kms_alias.alias", True)
    ]
    assert "does not exist" in search(engine, resources).foreign[0].sentence
    findings = search(engine, resources, {"aws_kms_key.key": {"key_id": other}})
    assert [adoption.import_id for adoption in findings.adoptions] == [f"alias/data-{SUFFIX}"]


def test_of_two_networks_the_one_that_the_state_speaks_of_is_ours_and_the_other_is_named(engine, aws):
    first, second = sorted(vpc(aws, "10.7.0.0/22") for _ in range(2))
    resources = {
        "aws_vpc": {"v": {"cidr_block": "10.7.0.0/22", "tags": {"Name": f"vpc-{SUFFIX}"}}},
        "aws_subnet": {"s": {"vpc_id": "${aws_vpc.v.id}", "tags": {"Name": f"data-1-{SUFFIX}"}}},
    }
    for state, chosen, surplus in (({}, first, second), ({"aws_subnet.s": {"vpc_id": second}}, second, first)):
        findings = search(engine, resources, state)
        assert [adoption.import_id for adoption in findings.adoptions] == [chosen]
        assert [resource.identifier for resource in findings.surplus] == [surplus]


def test_a_rule_that_the_stack_does_not_declare_is_named(engine, aws):
    ec2, network = aws("ec2"), vpc(aws, "10.8.0.0/22")
    tags = [{"ResourceType": "security-group", "Tags": tag_list(OURS)}]
    group = ec2.create_security_group(
        GroupName=f"worker-{SUFFIX}", Description="Ingest worker", VpcId=network, TagSpecifications=tags
    )["GroupId"]
    permission = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "10.8.0.0/22"}]}
    rules = ec2.authorize_security_group_egress(GroupId=group, IpPermissions=[permission])["SecurityGroupRules"]
    declared = {
        "security_group_id": "${aws_security_group.worker.id}",
        "ip_protocol": "tcp",
        "from_port": 443,
        "to_port": 443,
        "cidr_ipv4": "10.8.0.0/22",
    }
    resources = {
        "aws_security_group": {"worker": {"name": f"worker-{SUFFIX}", "vpc_id": network}},
        "aws_vpc_security_group_egress_rule": {"out": declared},
        "aws_vpc_security_group_ingress_rule": {"in": declared},
    }
    findings = search(engine, resources)
    assert {adoption.address: adoption.import_id for adoption in findings.adoptions} == {
        "aws_security_group.worker": group,
        "aws_vpc_security_group_egress_rule.out": rules[0]["SecurityGroupRuleId"],
    }
    assert [resource.address for resource in findings.surplus] == ["aws_security_group.worker"]
    ec2.revoke_security_group_egress(GroupId=group, SecurityGroupRuleIds=[findings.surplus[0].identifier])
    assert not search(engine, resources).surplus


def test_a_record_that_leads_elsewhere_is_not_taken_over(engine, aws):
    route53 = aws("route53")
    zone = route53.create_hosted_zone(Name="example.org", CallerReference="1")["HostedZone"]["Id"].rpartition("/")[2]
    record = {
        "Name": "maple.example.org",
        "Type": "CNAME",
        "TTL": 60,
        "ResourceRecords": [{"Value": "old.example.net"}],
    }
    route53.change_resource_record_sets(
        HostedZoneId=zone, ChangeBatch={"Changes": [{"Action": "CREATE", "ResourceRecordSet": record}]}
    )

    def found(value: str) -> Findings:
        declared = {"zone_id": zone, "name": "maple.example.org", "type": "CNAME", "records": [value]}
        return search(engine, {"aws_route53_record": {"address": declared}})

    assert [resource.identifier for resource in found("new.example.net").foreign] == [f"{zone}_maple.example.org_CNAME"]
    assert [adoption.import_id for adoption in found("old.example.net").adoptions] == [
        f"{zone}_maple.example.org_CNAME"
    ]


def test_a_secret_that_gets_a_password_no_database_knows_is_named(engine, aws):
    secrets = aws("secretsmanager")
    name = f"database-application-{SUFFIX}"
    secrets.create_secret(Name=name, SecretString="{}", Tags=tag_list(OURS))
    value = "${ephemeral.aws_secretsmanager_random_password.application.random_password}"
    declared = {"secret_id": "${aws_secretsmanager_secret.s.id}", "secret_string_wo": value}
    resources = {
        "aws_secretsmanager_secret": {"s": {"name": name}},
        "aws_secretsmanager_secret_version": {"v": declared},
    }
    findings = search(engine, resources)
    assert [adoption.address for adoption in findings.adoptions] == ["aws_secretsmanager_secret.s"]
    assert [note.address for note in findings.notes] == ["aws_secretsmanager_secret_version.v"]
    assert "rotate it" in findings.notes[0].sentence


def test_a_teardown_imports_what_does_not_go_along_and_forgets_nothing(engine, aws):
    name = f"homeroom-logs-123456789012-{SUFFIX}"
    aws("s3").create_bucket(Bucket=name)
    aws("s3").put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    value = "${ephemeral.aws_secretsmanager_random_password.owner.random_password}"
    resources = {
        "aws_s3_bucket": {"logs": {"bucket": name}},
        "aws_s3_bucket_versioning": {"logs": {"bucket": "${aws_s3_bucket.logs.id}"}},
        "aws_rds_cluster": {"c": {"cluster_identifier": f"aurora-{SUFFIX}", "master_password_wo": value}},
        "aws_secretsmanager_secret_version": {"v": {"secret_id": "gone", "secret_string_wo": value}},
    }
    state = {
        "values": {"root_module": {"resources": [{"address": "aws_rds_cluster.c", "mode": "managed", "values": {}}]}}
    }
    findings = {
        teardown: find_adoptable(engine, {"resource": resources}, state, PLACE, teardown=teardown)
        for teardown in (False, True)
    }
    expected = ["aws_s3_bucket.logs", "aws_s3_bucket_versioning.logs"]
    assert [adoption.address for adoption in findings[False].adoptions] == expected
    assert [note.address for note in findings[False].forget] == ["aws_rds_cluster.c"]
    assert [adoption.address for adoption in findings[True].adoptions] == expected[:1]
    assert not findings[True].forget


def test_another_account_is_looked_at_through_its_role(engine, aws):
    role, name = DeployRole("arn:aws:iam::210987654321:role/OrganizationAccountAccessRole"), f"there-{SUFFIX}"
    sqs = client(engine, "sqs", REGION, session_in(engine, REGION, role))
    sqs.create_queue(QueueName=name, tags=OURS)
    stack = {"resource": {"aws_sqs_queue": {"q": {"name": name}}}}
    assert find_adoptable(engine, stack, {}, PLACE) == Findings()
    place = replace(PLACE, account="210987654321")
    assert [adoption.address for adoption in find_adoptable(engine, stack, {}, place, role).adoptions] == [
        "aws_sqs_queue.q"
    ]


def test_an_aws_that_does_not_answer_is_said(tmp_path):
    nowhere = EngineSettings(work_dir=tmp_path, state_bucket="states", aws_endpoint_url="http://127.0.0.1:9")
    with pytest.raises(AwsUnavailableError, match="ask sqs for list_queues"):
        search(nowhere, {"aws_sqs_queue": {"alarms": {"name": f"alarms-{SUFFIX}"}}})
