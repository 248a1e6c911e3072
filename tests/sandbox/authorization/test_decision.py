"""Who may do what, by every kind of policy: IAM User Guide, "Policy evaluation logic"."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.authorization.conditions import MalformedPolicyError
from sandbox.authorization.decision import AccessRequest, Decision, Source, decide
from sandbox.authorization.documents import Document, read, statements
from sandbox.authorization.identities import EVERYTHING, Caller, Kind, anybody, service

OWN, OTHER = "123456789012", "210987654321"
ROLE = f"arn:aws:iam::{OWN}:role/homeroom/api"
SESSION = f"arn:aws:sts::{OWN}:assumed-role/api/task"
USER = f"arn:aws:iam::{OWN}:user/ada"
QUEUE = f"arn:aws:sqs:us-east-1:{OWN}:results"
SEND = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": QUEUE}
ALL_BUT_ADA = {**SEND, "NotPrincipal": {"AWS": USER}}
NEVER = {"Effect": "Deny", "Action": "sqs:*", "Resource": "*"}


def document(*parts: dict[str, Any]) -> Document:
    return statements(list(parts), "policy")


def to(principal: Any, part: dict[str, Any] = SEND, **more: Any) -> Document:
    return document({**part, "Principal": principal, **more})


def session(*parts: dict[str, Any], **more: Any) -> Caller:
    return Caller(Kind.SESSION, SESSION, OWN, ROLE, document(*parts), **more)


def user(*parts: dict[str, Any], **more: Any) -> Caller:
    return Caller(Kind.USER, USER, OWN, policies=document(*parts), **more)


def asked(policy: Document | None = None, **more: Any) -> AccessRequest:
    defaults = {"action": "sqs:SendMessage", "resource": QUEUE, "account": OWN, "context": {}}
    return AccessRequest(**(defaults | more), policy=policy)


def decided(caller: Caller, policy: Document | None = None, **more: Any) -> Decision:
    return decide(caller, asked(policy, **more))


ALLOWED = {
    "by its own policy": (session(SEND), None),
    "by the queue's, which names its role": (session(), to({"AWS": ROLE})),
    "by the queue's, which names everybody": (session(), to("*")),
    "by its own, where the queue's names the account": (session(SEND), to({"AWS": f"arn:aws:iam::{OWN}:root"})),
    "by the queue's, which names the session, whatever its boundary leaves out": (
        session(boundary=document(), session=document()),
        to({"AWS": SESSION}),
    ),
    "by the queue's, which names the user, whatever its boundary leaves out": (
        user(boundary=document()),
        to({"AWS": [USER]}),
    ),
    "a service, by the queue's policy": (service("s3.amazonaws.com"), to({"Service": "s3.amazonaws.com"})),
    "anybody, where the queue's names everybody": (anybody(), to({"AWS": "*"})),
    "all but those that are named": (session(), document(ALL_BUT_ADA)),
    "all actions and resources but those that are named": (
        session({"Effect": "Allow", "NotAction": "sqs:Delete*", "NotResource": "arn:aws:s3:::*"}),
        None,
    ),
}
REFUSED: dict[str, tuple[Caller, Document | None, Source]] = {
    "nothing allows it": (session(), None, Source.IDENTITY),
    "the queue's names the account alone": (session(), to({"AWS": OWN}), Source.IDENTITY),
    "its boundary leaves it out": (session(SEND, boundary=document()), None, Source.BOUNDARY),
    "its session's policy leaves it out": (session(SEND, session=document()), None, Source.SESSION),
    "the queue's names its role, and the boundary leaves it out": (
        session(boundary=document()),
        to({"AWS": ROLE}),
        Source.BOUNDARY,
    ),
    "the queue's names another service": (
        service("s3.amazonaws.com"),
        to({"Service": "sns.amazonaws.com"}),
        Source.RESOURCE,
    ),
    "nobody is signed in": (anybody(), to({"AWS": ROLE}), Source.RESOURCE),
    "all but it are named": (
        user(),
        document(ALL_BUT_ADA),
        Source.IDENTITY,
    ),
}


@pytest.mark.parametrize("name", ALLOWED)
def test_a_call_is_allowed(name):
    assert decided(*ALLOWED[name]).allowed


@pytest.mark.parametrize("name", REFUSED)
def test_a_call_is_refused_for_want_of_an_allow(name):
    caller, policy, missing = REFUSED[name]
    decision = decided(caller, policy)
    assert (decision.allowed, decision.missing) == (False, missing)


@pytest.mark.parametrize(
    ("caller", "policy", "source"),
    [
        (session(SEND, NEVER), None, Source.IDENTITY),
        (session(SEND, boundary=document(SEND, NEVER)), None, Source.BOUNDARY),
        (session(SEND, session=document(SEND, NEVER)), None, Source.SESSION),
        (session(SEND), to("*", NEVER), Source.RESOURCE),
        (session(SEND), to({"AWS": ROLE}, NEVER), Source.RESOURCE),
    ],
)
def test_a_deny_of_any_policy_comes_before_every_allow(caller, policy, source):
    denied = decided(caller, policy).denied_by
    assert denied is not None
    assert denied[0] is source


def test_another_account_has_to_allow_what_the_resources_own_account_allows_too():
    stranger = Caller(Kind.SESSION, f"arn:aws:sts::{OTHER}:assumed-role/x/y", OTHER, f"arn:aws:iam::{OTHER}:role/x")
    trusting = to({"AWS": f"arn:aws:iam::{OTHER}:root"})
    assert decided(stranger, trusting).missing is Source.IDENTITY
    able = dataclasses.replace(stranger, policies=document(SEND))
    assert decided(able).missing is Source.RESOURCE
    assert decided(able, trusting).allowed
    assert decided(able, to({"AWS": able.role_arn})).allowed
    assert decided(dataclasses.replace(able, boundary=document()), to({"AWS": able.arn})).missing is Source.BOUNDARY


def test_a_key_is_used_by_nobody_whom_its_policy_does_not_admit():
    key = f"arn:aws:kms:us-east-1:{OWN}:key/1"
    use = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}
    may = session(use)
    ruled: dict[str, Any] = {"action": "kms:Decrypt", "resource": key, "policy_rules": True}
    assert decided(may, document(), **ruled).missing is Source.RESOURCE
    assert decided(may, to({"AWS": f"arn:aws:iam::{OWN}:root"}, use), **ruled).allowed
    assert decided(session(), to({"AWS": f"arn:aws:iam::{OWN}:root"}, use), **ruled).missing is Source.IDENTITY
    assert decided(session(), to({"AWS": ROLE}, use), **ruled).allowed


def test_a_resource_is_told_by_its_callers_tags():
    own = {**SEND, "Resource": "arn:aws:sqs:*:*:${aws:PrincipalTag/Queue}"}
    assert decided(session(own), context={"aws:principaltag/queue": ("results",)}).allowed
    assert not decided(session(own), context={"aws:principaltag/queue": ("others",)}).allowed
    assert not decided(session(own)).allowed


def test_a_refusal_says_which_statement_would_have_allowed_it():
    condition = {"StringEquals": {"aws:ResourceTag/ManagedBy": "homeroom"}}
    near = {**SEND, "Sid": "Change", "Condition": condition}
    far = {**near, "Sid": "Far", "Resource": "arn:aws:sqs:*:*:other"}
    nearest = decided(session(far, near), context={"aws:resourcetag/managedby": ("somebody",)}).nearest
    assert "statement Change of policy would have allowed it" in nearest
    assert "StringEquals aws:ResourceTag/ManagedBy homeroom, which is somebody" in nearest
    assert "no statement" in decided(session()).nearest
    assert "other principals" in decided(service("s3.amazonaws.com"), to({"Service": "sns.amazonaws.com"})).nearest
    assert "says Deny" in decided(session(SEND, NEVER)).nearest


@pytest.mark.parametrize(
    "text",
    [
        "{",
        '{"Statement": {"Effect": "Maybe", "Action": "*", "Resource": "*"}}',
        '{"Statement": {"Effect": "Allow", "Resource": "*"}}',
        '{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"Strings": {"a": "b"}}}}',
    ],
)
def test_a_document_that_iam_would_not_take_is_an_error(text):
    with pytest.raises(MalformedPolicyError):
        read(text, "policy")


PART = st.fixed_dictionaries(
    {
        "Effect": st.sampled_from(["Allow", "Deny"]),
        "Action": st.sampled_from(["sqs:SendMessage", "sqs:*", "SQS:send*", "s3:*"]),
        "Resource": st.sampled_from([QUEUE, "*", "arn:aws:sqs:*:*:res?lts", "arn:aws:s3:::*"]),
    }
)
PARTS = st.lists(PART, max_size=4)


@given(PARTS, PARTS, PART)
def test_a_deny_never_allows_more_and_an_allow_never_less(own, boundary, more):
    def allows(own_parts: list[dict[str, Any]], boundary_parts: list[dict[str, Any]]) -> bool:
        return decided(session(*own_parts, boundary=document(*boundary_parts))).allowed

    before, after = allows(own, boundary), allows([*own, more], boundary)
    assert before <= after if more["Effect"] == "Allow" else after <= before
    assert allows(own, boundary) <= decided(session(*own)).allowed, "a boundary gave a right"
    assert decided(session(boundary=EVERYTHING)).allowed is False
