"""No statement of a policy can be taken out unseen: a call of a run is then refused, or what it forbids is admitted."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from devtools.converge import ACCOUNT, combinations
from devtools.golden import OF_AN_ACCOUNT
from devtools.weakened import narrowed, rights, trial
from devtools.weakened.decisions import listed, of_data, recorded
from devtools.weakened.order import Resources
from tests.synthesis import district

IMAGES = combinations()["production-L-3-none"]["images"]
STACKS: dict[str, dict[str, Any]] = {"sandbox-S-2-nat": {"images": IMAGES}, "production-L-3-none": OF_AN_ACCOUNT}
"""Both ways out, a program to run, and a deploy role, beside whom alone a secret's readers read."""


@pytest.fixture(scope="module")
def stacks() -> dict[str, tuple[str, Resources]]:
    specs = {name: combinations()[name] | more for name, more in STACKS.items()}
    return {name: (spec["suffix"], district(spec).data["resource"]) for name, spec in specs.items()}


@pytest.fixture(scope="module")
def trials(stacks) -> dict[str, trial.Trial]:
    return {
        name: trial.tried(resources, account=ACCOUNT, suffix=suffix) for name, (suffix, resources) in stacks.items()
    }


@pytest.mark.parametrize("name", STACKS)
def test_todays_policies_allow_every_call_of_a_run(trials, name: str):
    assert len(recorded()) > 400
    assert trials[name].refused == []
    assert trials[name].idle == []


@pytest.mark.parametrize("name", STACKS)
def test_each_statement_that_is_taken_out_is_noticed(trials, name: str):
    assert {(survivor.place, survivor.statement) for survivor in trials[name].survivors} <= set(trial.EXCUSED)


def test_nothing_is_excused_that_is_noticed(trials):
    left = {(survivor.place, survivor.statement) for tried in trials.values() for survivor in tried.survivors}
    assert left == set(trial.EXCUSED)


def test_each_part_of_a_statement_that_is_taken_out_is_noticed(stacks):
    """One action, one resource, one principal, one value of a condition at a time."""
    left = trial.narrowed(dict(stacks.values()), account=ACCOUNT)
    assert left == set(trial.EXCUSED_PARTS)


@pytest.mark.parametrize("name", STACKS)
def test_what_nobody_may_do_is_refused_and_each_statement_that_says_more_admits_some_of_it(stacks, name: str):
    """A condition fewer, all of a service for one of its resources, everybody for whom it names."""
    suffix, resources = stacks[name]
    tried = trial.widened(resources, account=ACCOUNT, suffix=suffix)
    assert tried.admitted == []
    assert tried.unnoticed == set(trial.EXCUSED_WIDER)


def test_a_bucket_that_lets_every_service_write_is_told_by_what_it_then_admits(stacks):
    suffix, resources = stacks["sandbox-S-2-nat"]
    open_to_all = copy.deepcopy(resources)
    body = open_to_all["aws_s3_bucket_policy"]["audit_records_policy"]
    document = json.loads(body["policy"])
    for statement in document["Statement"]:
        if statement["Effect"] == "Allow":
            statement["Principal"] = "*"
    body["policy"] = json.dumps(document)
    admitted = trial.widened(open_to_all, account=ACCOUNT, suffix=suffix).admitted
    assert any(text.startswith("ec2.amazonaws.com: s3:PutObject") for text in admitted)


def test_a_list_without_one_of_its_entries_is_told_by_that_entry():
    statement = {
        "Action": ["s3:GetObject", "s3:PutObject"],
        "Resource": ["*"],
        "Principal": {"AWS": ["one", "two"]},
        "Condition": {"StringEquals": {"aws:SourceAccount": ["1", "2"], "aws:SourceArn": "x"}},
    }
    told = [(element, value) for element, value, _ in narrowed.narrowings(statement)]
    assert told == [
        *(("Action", f"s3:{action}Object") for action in ("Get", "Put")),
        *(("Principal", name) for name in ("one", "two")),
        *(("aws:SourceAccount", account) for account in ("1", "2")),
    ]
    _, _, without_get = next(narrowed.narrowings(statement))
    assert without_get["Action"] == ["s3:PutObject"]


def test_a_condition_that_no_call_meets_refuses_what_the_statement_allowed(stacks):
    """The trial itself: a right that was narrowed by mistake is a call of a run that is refused."""
    suffix, resources = stacks["sandbox-S-2-nat"]
    narrowed = copy.deepcopy(resources)
    policy = narrowed["aws_iam_role_policy"]["compute_worker_task_role_policy"]
    document = json.loads(policy["policy"])
    (taking,) = [statement for statement in document["Statement"] if statement["Sid"] == "TakeMessages"]
    taking["Condition"] = {"StringEquals": {"aws:ResourceTag/ManagedBy": "somebody"}}
    policy["policy"] = json.dumps(document)
    refusals = trial.tried(narrowed, account=ACCOUNT, suffix=suffix).refused
    assert refusals
    assert all(text.startswith("worker-task: sqs:") for text in refusals)


def test_a_statement_that_refuses_nothing_is_idle(stacks):
    suffix, resources = stacks["sandbox-S-2-nat"]
    documents = trial.documents_of(resources, account=ACCOUNT, suffix=suffix)
    (secret,) = [document for document in documents if document.place.endswith("secret_owner_readers")]
    world = rights.World([secret.without(0)], ACCOUNT, trial.REGION)
    assert [(survivor.statement, idle) for survivor, idle in rights.unrefused(world, [secret])] == [
        ("RefuseOtherAccounts", True)
    ]


@pytest.mark.parametrize("name", STACKS)
def test_no_policy_of_a_stack_names_a_role_of_the_stack_as_its_principal(stacks, name: str):
    """IAM does not know a role yet that has just been made, and a policy that names it is refused."""
    suffix, resources = stacks[name]
    for document in trial.documents_of(resources, account=ACCOUNT, suffix=suffix):
        for statement in document.statements:
            assert ":role/" not in json.dumps(statement.get("Principal")), document.place


LINE = {
    "by": "arn:aws:iam::123456789012:role/homeroom/worker-task-lakeside-sbx",
    "kind": "session",
    "action": "sqs:ReceiveMessage",
    "resource": "arn:aws:sqs:us-east-1:123456789012:results-lakeside-sbx",
    "account": "123456789012",
    "context": {"aws:securetransport": ["true"], "aws:resourcetag/managedby": ["homeroom"], "aws:principaltype": ["x"]},
    "rules": False,
    "allowed": True,
    "through": "",
}


def test_a_recorded_decision_is_kept_with_what_decides_and_nothing_that_names_a_place():
    (decision,) = listed([LINE, LINE | {"allowed": False}, LINE | {"by": "arn:aws:iam::1:user/administrator"}])
    assert (decision.by, decision.resource) == ("worker-task", "arn:aws:sqs:{region}:{account}:results-{suffix}")
    assert decision.context == (("aws:resourcetag/managedby", ("homeroom",)),)
    assert decision.through == "sqs"
    assert of_data(decision.as_data()) == decision
