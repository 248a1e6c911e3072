"""The preflight says of an account and region whether a run would come through, and changes nothing there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from engine.aws import quotas
from engine.aws.clients import DeployRole
from engine.preflight import offers
from engine.preflight.access import tried
from engine.preflight.checks import CHECKS, preflight
from engine.preflight.finding import Finding, Verdict
from engine.preflight.place import Place, Wanted
from engine.settings import EngineSettings
from infra.deploy_rights import deploy_statements, without_names
from infra.frame import policy
from infra.spec import CacheEngine
from sandbox.launch import Sandbox, running_sandbox
from tests.sandbox.conftest import admit_trails

ACCOUNT = "123456789012"
EXTERNAL = "0123456789abcdef"
ROLE = DeployRole(f"arn:aws:iam::{ACCOUNT}:role/homeroom-deploy", EXTERNAL)
HELPLESS = DeployRole(f"arn:aws:iam::{ACCOUNT}:role/helpless", EXTERNAL)
BUCKET = "homeroom-terraform-state"
READS = re.compile(r"(Describe|Get|List|Simulate)\w+|AssumeRole")
NEEDS = {quotas.VPCS.code: 1.0, quotas.TRAILS.code: 1.0}


def client(url: str, service: str) -> Any:
    own = boto3.session.Session(region_name="us-east-1")
    return own.client(service, endpoint_url=url)  # type: ignore[call-overload]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """An AWS whose account has the platform's deploy role, and one beside it that may only ask."""
    with running_sandbox() as running:
        iam = client(running.url, "iam")
        condition = {"StringEquals": {"sts:ExternalId": EXTERNAL}}
        trust = policy({"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole", "Condition": condition})
        document = policy(*without_names(deploy_statements(ACCOUNT)))
        rights = iam.create_policy(PolicyName="homeroom-deploy", PolicyDocument=document)["Policy"]["Arn"]
        iam.create_role(RoleName="homeroom-deploy", AssumeRolePolicyDocument=trust, PermissionsBoundary=rights)
        iam.attach_role_policy(RoleName="homeroom-deploy", PolicyArn=rights)
        iam.create_role(RoleName="helpless", AssumeRolePolicyDocument=trust)
        asking = policy(
            {"Effect": "Allow", "Action": ["iam:ListRoles", "iam:SimulatePrincipalPolicy"], "Resource": "*"}
        )
        iam.put_role_policy(RoleName="helpless", PolicyName="asking", PolicyDocument=asking)
        yield running


def place(url: str, *, role: DeployRole | None = ROLE, region: str = "us-east-1", **more: Any) -> Place:
    settings = EngineSettings(work_dir=Path(), state_bucket=BUCKET, aws_endpoint_url=url)
    wanted = Wanted(**({"needs": NEEDS} | more))
    return Place(settings, ACCOUNT, region, role, wanted)


def findings(where: Place, *only: str) -> dict[str, Finding]:
    return {finding.check: finding for finding in preflight(where, only or CHECKS)}


def verdicts(by_check: dict[str, Finding]) -> dict[str, str]:
    return {name: finding.verdict.value for name, finding in by_check.items()}


def test_an_account_with_its_platform_is_looked_at_whole_and_nothing_is_changed(sandbox):
    where, called = place(sandbox.url), []
    where.session.events.register("before-call.*.*", lambda model, params, **more: called.append((model.name, params)))
    by_check = findings(where)
    assert list(by_check) == ["Identity", *CHECKS]
    assert [finding for finding in by_check.values() if finding.verdict is Verdict.REFUSED] == []
    assert {name for name, verdict in verdicts(by_check).items() if verdict == "warning"} == {
        "Certificates",
        "State bucket",
        "Management trail",
        "GuardDuty",
    }
    assert all(finding.remedy for finding in by_check.values() if finding.verdict is not Verdict.FINE)
    changing = [(name, params["body"]) for name, params in called if not READS.fullmatch(name)]
    assert {name for name, _ in changing} == {"CreateVpc", "AllocateAddress", "CreateInternetGateway"}
    assert all(body["DryRun"] == "true" for _, body in changing)


def test_what_was_missing_is_fine_once_it_is_there(sandbox):
    s3, trail = client(sandbox.url, "s3"), client(sandbox.url, "cloudtrail")
    s3.create_bucket(Bucket=BUCKET)
    admit_trails(s3, "records")
    assert findings(place(sandbox.url), "State bucket")["State bucket"].told.endswith("keeps no versions of states.")
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    trail.create_trail(Name="homeroom-platform", S3BucketName="records", IsMultiRegionTrail=True)
    client(sandbox.url, "guardduty").create_detector(Enable=True)
    arn = client(sandbox.url, "acm").request_certificate(DomainName="lakeside.example.org")["CertificateArn"]
    watching = ("Management trail", "GuardDuty", "State bucket")
    by_check = findings(place(sandbox.url), *watching)
    assert {verdicts(by_check)[name] for name in watching} == {"fine"}
    gone = findings(place(sandbox.url, certificates=(f"{arn}0",)), "Certificates")["Certificates"]
    assert (gone.verdict, "is not there" in gone.detail) == (Verdict.WARNING, True)


def test_rights_that_are_missing_are_named_before_a_run_meets_them(sandbox):
    by_check = findings(place(sandbox.url, role=HELPLESS), "Rights", "Service-linked roles")
    assert by_check["Rights"].verdict is Verdict.REFUSED
    assert "would be denied to arn:aws:iam::123456789012:role/helpless." in by_check["Rights"].told
    assert "rds:CreateDBCluster on arn:aws:rds:us-east-1:123456789012:cluster:aurora-preflight-sbx: implicitDeny" in (
        by_check["Rights"].detail
    )
    assert "python -m infra platform" in by_check["Rights"].remedy
    assert by_check["Service-linked roles"].verdict is Verdict.REFUSED
    assert "aws iam create-service-linked-role --aws-service-name=rds.amazonaws.com" in (
        by_check["Service-linked roles"].detail
    )


def test_an_account_that_is_not_the_one_asked_for_is_asked_nothing_more(sandbox):
    settings = EngineSettings(work_dir=Path(), state_bucket=BUCKET, aws_endpoint_url=sandbox.url)
    (only,) = preflight(Place(settings, "999999999999", "us-east-1"))
    assert only.told == f"The account {ACCOUNT} answered, not 999999999999."


def test_where_nobody_lets_us_in_awss_own_words_are_kept(sandbox):
    (only,) = preflight(place(sandbox.url, role=DeployRole(ROLE.arn, "another-external-id")))
    assert (only.check, only.verdict) == ("Identity", Verdict.REFUSED)
    assert "AccessDenied" in only.detail


def test_who_is_no_role_is_told_that_nothing_could_be_simulated(sandbox):
    assert findings(place(sandbox.url, role=None), "Rights")["Rights"].verdict is Verdict.WARNING


def test_a_full_account_is_told_with_the_quotas_code(sandbox):
    full = findings(place(sandbox.url, needs={quotas.VPCS.code: 5.0}), "Quotas")["Quotas"]
    assert (full.verdict, full.told) == (Verdict.REFUSED, "No more VPCs are left.")
    assert "L-F678F1CE" in full.remedy
    raised = place(sandbox.url, needs={quotas.VPCS.code: 5.0}, free={quotas.VPCS.code: 20.0})
    assert findings(raised, "Quotas")["Quotas"].verdict is Verdict.FINE
    fixed = findings(place(sandbox.url, needs={quotas.TRAILS.code: 9.0}), "Quotas")["Quotas"]
    assert "does not raise" in fixed.remedy


def test_versions_that_are_not_offered_are_told(sandbox, monkeypatch):
    monkeypatch.setattr(offers, "POSTGRES_FIRST", "16.99")
    by_check = findings(place(sandbox.url), "Database engine", "Zones")
    assert by_check["Database engine"].told == "RDS does not offer Aurora PostgreSQL 16.99 in us-east-1."
    assert "16.6" in by_check["Database engine"].remedy
    assert by_check["Zones"].verdict is Verdict.REFUSED, "no zone has serverless instances of it"
    monkeypatch.setattr(offers, "CACHE_VERSIONS", {CacheEngine.REDIS: ("9.9",)})
    assert findings(place(sandbox.url), "Cache engines")["Cache engines"].verdict is Verdict.REFUSED


def test_a_region_with_two_zones_is_told_as_such(sandbox):
    finding = findings(place(sandbox.url, region="us-west-1"), "Zones")["Zones"]
    assert (finding.verdict, finding.told) == (Verdict.WARNING, "2 of 2 zones have all that a stack needs.")


def test_a_zone_without_fargate_for_arm64_is_told_by_its_id_and_no_district_is_put_there(sandbox):
    finding = findings(place(sandbox.url), "Zones")["Zones"]
    assert (finding.verdict, finding.told) == (Verdict.FINE, "5 of 6 zones have all that a stack needs.")
    assert "us-east-1b: no tasks with ARM64 (use1-az3)" in finding.detail


def test_backups_that_somebody_has_switched_off_are_told_with_the_command_that_switches_them_on(sandbox):
    backup = client(sandbox.url, "backup")
    assert findings(place(sandbox.url), "AWS Backup")["AWS Backup"].verdict is Verdict.FINE
    backup.update_region_settings(ResourceTypeOptInPreference={"Aurora": False})
    off = findings(place(sandbox.url), "AWS Backup")["AWS Backup"]
    backup.update_region_settings(ResourceTypeOptInPreference={"Aurora": True})
    assert off.verdict is Verdict.WARNING
    assert "--resource-type-opt-in-preference Aurora=true --region us-east-1" in off.remedy


def test_a_key_for_snapshots_has_to_be_there_and_enabled(sandbox):
    kms = client(sandbox.url, "kms")
    created = kms.create_key()["KeyMetadata"]
    key = created["Arn"]
    assert findings(place(sandbox.url, snapshot_key=key), "Keys")["Keys"].verdict is Verdict.FINE
    kms.disable_key(KeyId=created["KeyId"])
    for name in (key, "alias/nowhere"):
        assert findings(place(sandbox.url, snapshot_key=name), "Keys")["Keys"].verdict is Verdict.REFUSED


DENIALS = {
    "with an explicit deny in a service control policy: arn:aws:organizations::1:policy/o-1/p-1": "control policies",
    "because no identity-based policy allows the ec2:CreateVpc action": "python -m infra platform",
}


@pytest.mark.parametrize(("reason", "remedy"), DENIALS.items(), ids=["organization", "own policy"])
def test_what_a_dry_run_is_refused_by_is_told_from_awss_words(sandbox, reason, remedy):
    """The embedded AWS is in no organization: EC2's answer is put in its place."""
    where = place(sandbox.url)
    with Stubber(where.make("ec2")) as stub:
        stub.add_client_error("create_vpc", "UnauthorizedOperation", f"You are not authorized, {reason}.")
        for operation in ("allocate_address", "create_internet_gateway"):
            stub.add_client_error(operation, "DryRunOperation", "Request would have succeeded, but DryRun is set.")
        finding = tried(where)
    assert finding.verdict is Verdict.REFUSED
    assert finding.told.startswith("ec2:CreateVpc would be refused")
    assert remedy in finding.remedy
    assert reason in finding.detail


def test_a_denial_of_the_organization_that_iam_only_simulates_refuses_no_run(sandbox):
    """IAM simulates an organization's conditions wrongly: dry runs decide (aws/aws-sdk, issue 102)."""
    where = place(sandbox.url)

    def answer(parsed: dict[str, Any], **more: Any) -> None:
        for result in parsed["EvaluationResults"]:
            result |= {"EvalDecision": "implicitDeny", "OrganizationsDecisionDetail": {"AllowedByOrganizations": False}}

    where.session.events.register("after-call.iam.SimulatePrincipalPolicy", answer)
    finding = findings(where, "Rights")["Rights"]
    assert finding.verdict is Verdict.WARNING
    assert "organization" in finding.told


def test_a_finding_survives_as_data():
    finding = Finding("Zones", Verdict.WARNING, "told", "remedy", "detail")
    assert Finding.of(json.loads(json.dumps(finding.as_data()))) == finding
