"""What a plan would do that a person ought to know: from plans of the real Terraform, and from tables of cases."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devtools.environment import SANDBOX_CREDENTIALS
from engine.terraform.policy import Finding, PolicyCode, assess
from sandbox.launch import running_sandbox

OPEN_RULE = "aws_vpc_security_group_ingress_rule"


def base() -> dict[str, Any]:
    """A small stack of every kind that the policy looks at."""
    trust = {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
    rights = {"Effect": "Allow", "Action": ["sqs:ReceiveMessage"], "Resource": ["arn:aws:sqs:us-east-1:1:queue"]}
    return {
        "terraform": {"required_providers": {"aws": {"source": "hashicorp/aws", "version": "5.100.0"}}},
        "provider": {"aws": {"region": "us-east-1"}},
        "resource": {
            "aws_s3_bucket": {"results": {"bucket": "homeroom-results-small", "force_destroy": True}},
            "aws_s3_bucket_public_access_block": {
                "closed": {
                    "bucket": "${aws_s3_bucket.results.id}",
                    **dict.fromkeys(
                        ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"),
                        True,
                    ),
                }
            },
            "aws_kms_key": {"key": {"description": "Small"}},
            "aws_sqs_queue": {"queue": {"name": "results-small"}},
            "aws_vpc": {"vpc": {"cidr_block": "10.0.0.0/22"}},
            "aws_security_group": {"tasks": {"name": "tasks-small", "vpc_id": "${aws_vpc.vpc.id}"}},
            OPEN_RULE: {"inside": rule("10.0.0.0/22", 5432)},
            "aws_iam_role": {"task": {"name": "task-small", "assume_role_policy": document(trust)}},
            "aws_iam_role_policy": {
                "task": {"name": "task-small", "role": "${aws_iam_role.task.id}", "policy": document(rights)}
            },
        },
    }


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def rule(cidr: str, port: int) -> dict[str, Any]:
    ports = {"from_port": port, "to_port": port, "ip_protocol": "tcp"}
    return {"security_group_id": "${aws_security_group.tasks.id}", "cidr_ipv4": cidr, **ports}


class Small:
    """The small stack, applied; plans of its changes."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.environment = os.environ | SANDBOX_CREDENTIALS | {"AWS_ENDPOINT_URL": url, "AWS_S3_USE_PATH_STYLE": "1"}
        self.write(base())
        self.terraform("init", "-input=false")
        self.terraform("apply", "-auto-approve", "-input=false")

    def write(self, data: dict[str, Any]) -> None:
        data["provider"]["aws"]["s3_use_path_style"] = True
        (self.folder / "main.tf.json").write_text(json.dumps(data))

    def terraform(self, *arguments: str) -> str:
        completed = subprocess.run(
            [os.environ["HOMEROOM_TERRAFORM"], *arguments, *([] if arguments[0] == "show" else ["-no-color"])],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert completed.returncode == 0, completed.stdout[-2000:] + completed.stderr[-2000:]
        return completed.stdout

    def plan(self, data: dict[str, Any], *flags: str) -> dict[str, Any]:
        self.write(data)
        self.terraform("plan", "-input=false", "-refresh=false", "-out=small.tfplan", *flags)
        shown: dict[str, Any] = json.loads(self.terraform("show", "-json", "small.tfplan"))
        return shown


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> Iterator[Small]:
    with running_sandbox() as sandbox:
        yield Small(tmp_path_factory.mktemp("small"), sandbox.url)


def only(findings: tuple[Finding, ...]) -> Finding:
    assert len(findings) == 1, findings
    return findings[0]


@pytest.mark.terraform
class TestPlansOfTerraform:
    def test_a_plan_without_changes_has_no_findings(self, small):
        assert assess(small.plan(base())) == ()

    def test_a_bucket_that_is_replaced_says_why_and_what_is_lost_and_all_of_a_service_blocks(self, small):
        data = base()
        data["resource"]["aws_s3_bucket"]["results"]["bucket"] = "another-name"
        data["resource"]["aws_iam_role_policy"]["task"]["policy"] = document(
            {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}
        )
        findings = assess(small.plan(data))
        replaced = only(tuple(one for one in findings if one.code is PolicyCode.STATEFUL_REPLACED))
        assert (replaced.address, replaced.blocks) == ("aws_s3_bucket.results", True)
        assert "because of bucket" in replaced.sentence
        assert "every object" in replaced.sentence
        widened = only(tuple(one for one in findings if one.code is PolicyCode.IAM_WIDENED))
        assert (widened.address, widened.blocks) == ("aws_iam_role_policy.task", True)

    def test_a_bucket_whose_creation_was_cut_short_is_replaced_without_consent(self, small):
        # As Terraform marks what a cancel, or an error of AWS, met behind its creation's first answer.
        small.terraform("taint", "aws_s3_bucket.results")
        finding = next(
            finding for finding in assess(small.plan(base())) if finding.code is PolicyCode.STATEFUL_REPLACED
        )
        small.terraform("untaint", "aws_s3_bucket.results")
        assert (finding.address, finding.blocks) == ("aws_s3_bucket.results", False)
        assert "cut short" in finding.sentence

    def test_a_teardown_was_asked_for(self, small):
        assert assess(small.plan(base(), "-destroy"), teardown=True) == ()
        assert assess(small.plan(base(), "-destroy")) != ()

    def test_what_loses_opens_or_widens_is_told_of_each_and_the_load_balancers_own_rule_is_not(self, small):
        data = base()
        resources = data["resource"]
        del resources["aws_kms_key"]
        resources[OPEN_RULE]["inside"] = rule("0.0.0.0/0", 5432)
        resources[OPEN_RULE]["security_clients_1_443"] = rule("0.0.0.0/0", 443)
        resources["aws_s3_bucket_public_access_block"]["closed"]["block_public_policy"] = False
        queue, stranger = "arn:aws:sqs:us-east-1:1:queue", {"AWS": "arn:aws:iam::999999999999:root"}
        resources["aws_iam_role_policy"]["task"]["policy"] = document(
            {"Effect": "Allow", "Action": ["sqs:ReceiveMessage", "sqs:DeleteMessage"], "Resource": [queue]}
        )
        resources["aws_iam_role"]["task"]["assume_role_policy"] = document(
            {"Effect": "Allow", "Principal": stranger, "Action": "sts:AssumeRole"}
        )
        findings = assess(small.plan(data))
        assert sorted((finding.address, finding.code.value, finding.blocks) for finding in findings) == [
            ("aws_iam_role.task", "iam_widened", True),
            ("aws_iam_role_policy.task", "iam_widened", False),
            ("aws_kms_key.key", "stateful_deleted", True),
            ("aws_s3_bucket_public_access_block.closed", "public_exposure", True),
            (f"{OPEN_RULE}.inside", "public_exposure", True),
        ]
        told = {finding.address: finding.sentence for finding in findings}
        assert "999999999999" in told["aws_iam_role.task"]
        assert "sqs:DeleteMessage" in told["aws_iam_role_policy.task"]
        assert "sqs:ReceiveMessage" not in told["aws_iam_role_policy.task"]
        assert "block_public_policy" in told["aws_s3_bucket_public_access_block.closed"]
        assert "0.0.0.0/0 to port 5432" in told[f"{OPEN_RULE}.inside"]


def change(kind: str, actions: list[str], before: Any, after: Any, **more: Any) -> dict[str, Any]:
    details = {"actions": actions, "before": before, "after": after, **more}
    return {"resource_changes": [{"address": f"{kind}.it", "type": kind, "mode": "managed", "change": details}]}


EVERYBODY = document({"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"})
INLINE = {"cidr_blocks": ["0.0.0.0/0"], "from_port": 0, "to_port": 0, "protocol": "-1"}
BLOCKING = [
    ("aws_rds_cluster_instance", {"publicly_accessible": True}, "publicly_accessible"),
    ("aws_subnet", {"map_public_ip_on_launch": True}, "public address"),
    ("aws_s3_bucket_policy", {"policy": EVERYBODY}, "any principal"),
    ("aws_security_group", {"ingress": [INLINE]}, "every port"),
    (OPEN_RULE, {"cidr_ipv6": "::/0", "from_port": 22, "to_port": 23, "ip_protocol": "tcp"}, "ports 22 to 23"),
    (OPEN_RULE, {"cidr_ipv4": "0.0.0.0/0", "from_port": 443, "to_port": 443, "ip_protocol": "tcp"}, "port 443"),
    ("aws_iam_role_policy_attachment", {"policy_arn": "arn:aws:iam::aws:policy/AdministratorAccess"}, "Administrator"),
    ("aws_iam_role", {"assume_role_policy": document({"Effect": "Allow", "Principal": {"AWS": "*"}})}, "everybody"),
]


@pytest.mark.parametrize(("kind", "after", "words"), BLOCKING, ids=lambda part: str(part)[:30])
def test_what_opens_the_stack_blocks(kind, after, words):
    finding = only(assess(change(kind, ["create"], None, after)))
    assert finding.blocks
    assert words in finding.sentence


@pytest.mark.parametrize(
    ("kind", "blocks"),
    [("aws_rds_cluster", True), ("aws_elasticache_replication_group", False), ("aws_rds_cluster_instance", False)],
)
def test_what_is_made_anew_does_not_block(kind, blocks):
    finding = only(assess(change(kind, ["delete", "create"], {}, {}, replace_paths=[["engine_version"]])))
    assert (finding.code, finding.blocks) == (PolicyCode.STATEFUL_REPLACED, blocks)


GROUP, CLUSTER, RULES = "aws_cloudwatch_log_group", "aws_rds_cluster", "aws_s3_bucket_lifecycle_configuration"


def expiring(*days: int) -> dict[str, Any]:
    return {"rule": [{"id": "tidy", "expiration": [{"days": number}]} for number in days]}


@pytest.mark.parametrize(
    ("kind", "before", "after", "sentence"),
    [
        (GROUP, {"retention_in_days": 365}, {"retention_in_days": 30}, "Logs older than 30 days are deleted."),
        (GROUP, {"retention_in_days": 0}, {"retention_in_days": 1}, "Logs older than a day are deleted."),
        (
            CLUSTER,
            {"backup_retention_period": 35},
            {"backup_retention_period": 7},
            "Database backups older than 7 days are deleted.",
        ),
        (RULES, expiring(365), expiring(30), "Logs older than 30 days are deleted."),
    ],
    ids=["logs", "logs that were kept without end", "backups", "access logs"],
)
def test_history_that_is_kept_for_fewer_days_blocks_and_says_what_is_deleted(kind, before, after, sentence):
    finding = only(assess(change(kind, ["update"], before, after)))
    assert (finding.code, finding.sentence, finding.blocks) == (PolicyCode.HISTORY_SHORTENED, sentence, True)
    assert assess(change(kind, ["update"], after, before)) == ()
    assert assess(change(kind, ["create"], None, after)) == ()


def test_that_many_log_groups_are_shortened_is_said_once():
    groups = [change(GROUP, ["update"], {"retention_in_days": 90}, {"retention_in_days": 7}) for _ in range(3)]
    together = {"resource_changes": [one["resource_changes"][0] | {"address": f"{GROUP}.{place}"}
                                     for place, one in enumerate(groups)]}  # fmt: skip
    assert only(assess(together)).address == f"{GROUP}.0"


def test_a_boundary_that_is_lost_blocks_and_one_that_is_not_yet_known_does_not():
    before = {"permissions_boundary": "arn:aws:iam::123456789012:policy/homeroom-district"}
    assert only(assess(change("aws_iam_role", ["update"], before, {}))).blocks
    unknown = {"permissions_boundary": True}
    assert assess(change("aws_iam_role", ["update"], before, {}, after_unknown=unknown)) == ()


def test_a_resource_policy_with_a_condition_is_no_exposure():
    conditioned = document(
        {
            "Effect": "Allow",
            "Principal": "*",
            "Action": "sqs:*",
            "Condition": {"StringEquals": {"aws:SourceAccount": "1"}},
        }
    )
    assert assess(change("aws_sqs_queue_policy", ["create"], None, {"policy": conditioned})) == ()


def test_a_cost_over_the_budget_blocks_with_both_figures():
    finding = only(assess({}, monthly_cost_usd=1234.4, monthly_budget_usd=500))
    assert (finding.code, finding.blocks) == (PolicyCode.OVER_BUDGET, True)
    assert "$1,234" in finding.sentence
    assert "$500" in finding.sentence
    assert assess({}, monthly_cost_usd=500, monthly_budget_usd=500) == ()


def test_what_blocks_comes_first():
    deleted = change("aws_elasticache_replication_group", ["delete"], {}, None)["resource_changes"]
    opened = change("aws_subnet", ["create"], None, {"map_public_ip_on_launch": True})["resource_changes"]
    assert [finding.blocks for finding in assess({"resource_changes": deleted + opened})] == [True, False]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)


@given(
    kind=st.sampled_from(["aws_iam_role", "aws_iam_role_policy", "aws_s3_bucket_policy", "aws_security_group"]),
    given_document=JSON.map(json.dumps) | st.text() | JSON,
    statement=st.fixed_dictionaries({"Effect": st.just("Allow"), "Principal": JSON, "Action": JSON, "Resource": JSON}),
)
def test_no_document_however_odd_raises(kind, given_document, statement):
    for text in (given_document, json.dumps({"Statement": [statement]})):
        after = {"policy": text, "assume_role_policy": text, "ingress": text}
        assert isinstance(assess(change(kind, ["update"], {}, after)), tuple)
