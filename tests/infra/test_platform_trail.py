"""The account's one trail of management events: whole, kept from those whom it watches, read by auditors alone."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests import synthesis
from tests.infra.iam import allowed
from tests.infra.order import needed
from tests.infra.test_platform import ACCOUNT, MADE, OURS, PLATFORM, SPEC, arn

BUCKET = f"arn:aws:s3:::homeroom-trail-{ACCOUNT}"
TRAIL = arn("cloudtrail", "trail/homeroom-platform")
GROUP = arn("logs", "log-group:/homeroom-platform/trail")


@pytest.fixture(scope="module")
def resources() -> dict[str, dict[str, Any]]:
    declared: dict[str, dict[str, Any]] = synthesis.platform(SPEC).data["resource"]
    return declared


def document(body: dict[str, Any], name: str = "policy") -> list[dict[str, Any]]:
    statements: list[dict[str, Any]] = json.loads(body[name])["Statement"]
    return statements


def test_it_records_every_management_event_of_every_region(resources):
    (trail,) = resources["aws_cloudtrail"].values()
    (selector,) = trail["advanced_event_selector"]
    assert selector["field_selector"] == [{"field": "eventCategory", "equals": ["Management"]}]
    assert trail["is_multi_region_trail"] is True
    assert trail["include_global_service_events"] is True
    assert trail["enable_log_file_validation"] is True
    assert trail["kms_key_id"] == "${aws_kms_key.key_key.arn}"


WATCHED = [
    ("cloudtrail:StopLogging", TRAIL),
    ("cloudtrail:DeleteTrail", TRAIL),
    ("cloudtrail:PutEventSelectors", TRAIL),
    ("s3:GetObject", f"{BUCKET}/AWSLogs/{ACCOUNT}/CloudTrail/x"),
    ("s3:DeleteObject", f"{BUCKET}/AWSLogs/{ACCOUNT}/CloudTrail/x"),
    ("s3:PutBucketPolicy", BUCKET),
    ("logs:DeleteLogGroup", GROUP),
    ("logs:TagResource", GROUP),
    ("logs:FilterLogEvents", f"{GROUP}:*"),
]


@pytest.mark.parametrize(("action", "resource"), WATCHED)
@pytest.mark.parametrize("name", ["deploy_rights", "deploy_district_boundary"])
def test_nobody_whom_it_watches_reads_or_changes_it(resources, action, resource, name):
    rights = document(resources["aws_iam_policy"][name])
    for context in (PLATFORM, PLATFORM | MADE, {}):
        assert not allowed(rights, action, resource, context)


AUDITORS = [
    ("s3:ListBucket", BUCKET),
    ("s3:GetObject", f"{BUCKET}/AWSLogs/{ACCOUNT}/CloudTrail-Digest/x"),
    ("logs:StartQuery", f"{GROUP}:*"),
    ("logs:GetQueryResults", f"{GROUP}:*"),
    ("logs:DescribeQueries", "*"),
    ("logs:StopQuery", "*"),
    ("cloudtrail:DescribeTrails", "*"),
    ("cloudtrail:ListPublicKeys", "*"),
    ("kms:Decrypt", arn("kms", "key/of-the-platform")),
]


def resolved(statements: list[dict[str, Any]]) -> list[dict[str, Any]]:
    arns = {"${aws_kms_key.key_key.arn}": arn("kms", "key/of-the-platform")}
    return [
        part | {"Resource": [arns.get(reference, reference) for reference in part["Resource"]]} for part in statements
    ]


@pytest.mark.parametrize(("action", "resource"), AUDITORS)
def test_the_accounts_auditor_finds_a_districts_events_and_proves_that_nothing_was_changed(resources, action, resource):
    assert allowed(resolved(document(resources["aws_iam_role_policy"]["trail_auditor_rights"])), action, resource, {})


def test_the_auditor_reads_and_changes_nothing_else(resources):
    rights = resolved(document(resources["aws_iam_role_policy"]["trail_auditor_rights"]))
    for action, resource in (
        ("s3:DeleteObject", f"{BUCKET}/AWSLogs/x"),
        ("s3:GetObject", "arn:aws:s3:::homeroom-terraform-state/districts/maple-sbx/terraform.tfstate"),
        ("s3:GetObject", f"arn:aws:s3:::homeroom-results-{ACCOUNT}-maple-sbx/results.csv"),
        ("logs:DeleteLogGroup", GROUP),
        ("cloudtrail:StopLogging", TRAIL),
    ):
        assert not allowed(rights, action, resource, OURS)
    trust = document(resources["aws_iam_role"]["trail_auditor"], "assume_role_policy")
    assert trust[0]["Condition"] == {"Bool": {"aws:MultiFactorAuthPresent": "true"}}


def test_the_auditor_alone_reads_the_files_and_cloudtrail_alone_writes_them(resources):
    statements = {part["Sid"]: part for part in document(resources["aws_s3_bucket_policy"]["trail_policy"])}
    reading = statements["AuditorAloneReads"]
    assert (reading["Effect"], reading["Condition"]) == (
        "Deny",
        {"ArnNotEquals": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/homeroom-auditor"}},
    )
    for name in ("TrailWrites", "TrailChecks"):
        assert statements[name]["Principal"] == {"Service": "cloudtrail.amazonaws.com"}
        assert statements[name]["Condition"] == {"StringEquals": {"aws:SourceArn": TRAIL}}
    keyed = {part["Sid"]: part for part in document(resources["aws_kms_key"]["key_key"])}
    assert keyed["TrailEncrypts"]["Condition"] == {"StringEquals": {"aws:SourceArn": TRAIL}}
    # The bucket has a bucket key, with which CloudTrail decrypts too (CloudTrail User Guide, KMS key policies).
    assert keyed["TrailEncrypts"]["Action"] == ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey*"]


KEY = "${aws_kms_key.key_key.arn}"


def test_all_that_the_platform_keeps_is_under_its_own_key_which_is_renewed(resources):
    assert resources["aws_kms_key"]["key_key"]["enable_key_rotation"] is True
    rules = {
        name: body["rule"] for name, body in resources["aws_s3_bucket_server_side_encryption_configuration"].items()
    }
    encrypted = {"sse_algorithm": "aws:kms", "kms_master_key_id": KEY}
    rule = {"apply_server_side_encryption_by_default": encrypted, "bucket_key_enabled": True}
    assert rules == {"state_encryption": [rule], "trail_encryption": [rule]}
    assert {body["kms_key_id"] for body in resources["aws_cloudwatch_log_group"].values()} == {KEY}
    (images,) = resources["aws_ecr_repository"].values()
    assert images["encryption_configuration"] == [{"encryption_type": "KMS", "kms_key": KEY}]


def test_the_trails_bucket_has_no_access_control_lists(resources):
    owned = resources["aws_s3_bucket_ownership_controls"]["trail_ownership"]
    assert owned == {
        "bucket": "${aws_s3_bucket.trail_bucket.id}",
        "rule": {"object_ownership": "BucketOwnerEnforced"},
    }


def test_the_trail_is_made_when_its_bucket_and_its_writer_may_take_it(resources):
    """Else CloudTrail refuses the bucket or the role (CreateTrail, errors)."""
    first = {"aws_s3_bucket_policy.trail_policy", "aws_iam_role_policy.trail_writes"}
    assert first <= needed(resources, "aws_cloudtrail.trail_trail")


def test_where_the_organization_records_the_account_no_second_trail_is_made():
    declared = synthesis.platform(SPEC | {"management_trail": False}).data["resource"]
    assert "aws_cloudtrail" not in declared
    assert "aws_cloudwatch_log_group" not in declared
