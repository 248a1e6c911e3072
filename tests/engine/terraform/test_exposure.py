"""Drift that widens exposure is told from drift that does not, by rules over values."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engine.terraform.drift import drift_of
from engine.terraform.exposure import RULES, Drifted, ExposureCode, exposure_of

GROUP, RULE = "aws_security_group", "aws_vpc_security_group_ingress_rule"
ALLOW_ALL = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}
DENY_PLAIN = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}


def added(source: str, port: int = 5432) -> dict[str, Any]:
    return {"protocol": "tcp", "from_port": port, "to_port": port, "source": source}


@pytest.mark.parametrize(
    ("drifted", "code"),
    [
        (Drifted(GROUP, "ingress[]", None, added("0.0.0.0/0"), foreign=True), "open_port"),
        (Drifted(GROUP, "ingress[]", None, added("::/0"), foreign=True), "open_port"),
        (Drifted(GROUP, "ingress[]", None, added("128.0.0.0/1"), foreign=True), "open_port"),
        (Drifted(GROUP, "ingress[]", None, added("52.1.2.3/32"), foreign=True), "open_port"),
        (Drifted(GROUP, "ingress[]", None, added("10.0.0.0/8"), foreign=True), ""),
        (Drifted(GROUP, "ingress[]", None, added("sg-0ab1"), foreign=True), ""),
        (Drifted(RULE, "cidr_ipv4", "10.0.0.0/22", "0.0.0.0/0"), "open_port"),
        (Drifted(RULE, "cidr_ipv4", "0.0.0.0/0", "10.0.0.0/22"), ""),
        (Drifted(RULE, "to_port", 443, 65535), "open_port"),
        (Drifted(RULE, "to_port", 65535, 443), ""),
        (Drifted("aws_route_table", "route[]", None, {"to": "0.0.0.0/0", "by": "igw-1"}, foreign=True), "open_port"),
        (Drifted("aws_route_table", "route[]", None, {"to": "10.9.0.0/16", "by": "pcx-1"}, foreign=True), ""),
        (Drifted("aws_s3_bucket_public_access_block", "block_public_policy", True, False), "public_access"),
        (Drifted("aws_s3_bucket_public_access_block", "block_public_policy", False, True), ""),
        (Drifted("aws_s3_bucket_public_access_block", "", gone=True), "public_access"),
        (Drifted("aws_s3_bucket_policy", "", gone=True), "public_access"),
        (Drifted("aws_rds_cluster_instance", "publicly_accessible", False, True), "public_access"),
        (Drifted("aws_lb", "internal", True, False), "public_access"),
        (Drifted("aws_s3_bucket_policy", "policy.Statement[]", None, ALLOW_ALL), "wider_principal"),
        (Drifted("aws_s3_bucket_policy", "policy.Statement[]", DENY_PLAIN, None), "wider_principal"),
        (Drifted("aws_s3_bucket_policy", "policy.Statement[]", ALLOW_ALL, None), ""),
        (Drifted("aws_s3_bucket_policy", "policy.Statement[0].Principal.AWS", "arn:a", "*"), "wider_principal"),
        (Drifted("aws_kms_key", "policy.Statement[1].Condition", {"Bool": {}}, None), "wider_principal"),
        (Drifted("aws_iam_role", "assume_role_policy.Statement[0].Principal.AWS", "a", ["a", "b"]), "wider_principal"),
        (Drifted("aws_iam_role", "managed_policy_arns[]", None, "arn:x", foreign=True), "wider_rights"),
        (Drifted("aws_iam_role", "inline_policy[]", None, "more", foreign=True), "wider_rights"),
        (Drifted("aws_iam_role_policy", "policy.Statement[0].Action", "s3:Get*", "s3:*"), "wider_rights"),
        (Drifted("aws_iam_role_policy", "policy.Statement[0].Action", "s3:*", "s3:Get*"), ""),
        (Drifted("aws_rds_cluster_parameter_group", 'parameter["rds.force_ssl"].value', "1", "0"), "no_tls"),
        (Drifted("aws_rds_cluster_parameter_group", 'parameter["log_statement"].value', "1", "0"), ""),
        (Drifted("aws_elasticache_replication_group", "transit_encryption_enabled", True, False), "no_tls"),
        (Drifted("aws_lb_listener", "protocol", "HTTPS", "HTTP"), "no_tls"),
        (Drifted("aws_sqs_queue", "kms_master_key_id", "key", None), "no_encryption"),
        (Drifted("aws_sqs_queue", "kms_master_key_id", None, "key"), ""),
        (Drifted("aws_cloudwatch_log_group", "kms_key_id", "key", ""), "no_encryption"),
        (Drifted("aws_cloudtrail", "enable_logging", True, False), "no_record"),
        (Drifted("aws_cloudwatch_log_group", "retention_in_days", 365, 30), ""),
        (Drifted("aws_sns_topic", "", gone=True), ""),
        (Drifted(GROUP, "description", "a", "0.0.0.0/0"), ""),
    ],
    ids=lambda value: f"{value.type}-{value.path}-{value.after}" if isinstance(value, Drifted) else value or "none",
)  # fmt: skip
def test_what_widens_exposure_is_told_by_its_kind(drifted: Drifted, code: str):
    exposure = exposure_of(drifted)
    assert (exposure.code.value if exposure else "") == code
    assert exposure is None or exposure.source


def test_every_kind_has_a_rule_and_every_rule_its_source():
    assert {rule.code for rule in RULES} == set(ExposureCode)
    assert all(rule.source for rule in RULES)


def test_a_parameter_is_told_by_its_name_wherever_it_stands_in_its_group():
    def group(*parameters: tuple[str, str]) -> dict[str, Any]:
        return {
            "parameter": [{"name": name, "value": value, "apply_method": "immediate"} for name, value in parameters]
        }

    before = group(("log_statement", "ddl"), ("rds.force_ssl", "1"))
    after = group(("rds.force_ssl", "0"), ("log_statement", "none"))
    change = {"actions": ["update"], "before": before, "after": after}
    kind = "aws_rds_cluster_parameter_group"
    drift = drift_of({"resource_drift": [{"address": f"{kind}.p", "type": kind, "change": change}]})
    assert [(difference.path, difference.before, difference.after) for difference in drift] == [
        ('parameter["log_statement"].value', "ddl", "none"),
        ('parameter["rds.force_ssl"].value', "1", "0"),
    ]
    codes = [
        exposure_of(Drifted(difference.type, difference.path, difference.before, difference.after))
        for difference in drift
    ]
    assert [code.code if code else None for code in codes] == [None, ExposureCode.NO_TLS]


def test_a_policy_that_drifted_is_seen_through_the_drift_itself():
    def policy(*statements: Any) -> str:
        return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})

    change = {
        "actions": ["update"],
        "before": {"policy": policy(DENY_PLAIN)},
        "after": {"policy": policy(DENY_PLAIN, ALLOW_ALL)},
    }
    kind = "aws_s3_bucket_policy"
    drift = drift_of({"resource_drift": [{"address": f"{kind}.p", "type": kind, "change": change}]})
    assert [
        exposure_of(Drifted(difference.type, difference.path, difference.before, difference.after)) is not None
        for difference in drift
    ] == [True]
