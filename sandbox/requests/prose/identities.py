"""IAM, and tags of every service: how much a policy may hold, which keys are AWS's own, how many there may be."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from sandbox.requests.prose.rule import Rule
from sandbox.requests.reading import ParsedRequest
from sandbox.requests.speech import Fault, speech_of

SPACES = re.compile(r"\s")
MOST_TAGS = 50
RESERVED = "aws:"
TAGGED = ("Tags", "tags", "TagList", "TagSet", "ResourceTags", "BackupVaultTags", "BackupPlanTags", "TagsList")
KEYS, VALUES = ("Key", "key", "TagKey"), ("Value", "value", "TagValue")
LONGEST_KEY, LONGEST_VALUE = 128, 256
ALL_OF_UNICODE = frozenset({"ec2", "s3"})
"""Services that name no characters which a tag has to be made of (EC2 User Guide, "Tag your Amazon EC2 resources":
restrictions; Amazon S3 User Guide, "Using cost allocation S3 bucket tags")."""
NOT_OF_A_TAG = re.compile(r"[^\w\s.:/=+\-@]")


def is_at_most(size: int) -> Any:
    """Return what says whether a policy has at most so many characters; IAM counts no white space."""
    return lambda text: len(SPACES.sub("", text)) <= size


def is_json(text: str) -> bool:
    """Return whether a policy is a JSON object at all."""
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


SIZES = "IAM User Guide, 'IAM and AWS STS quotas': characters of policies, white space not counted"
RULES = (
    Rule(
        "iam",
        ("CreateRole", "UpdateAssumeRolePolicy"),
        "AssumeRolePolicyDocument || PolicyDocument",
        is_json,
        "MalformedPolicyDocument",
        "This policy contains invalid Json",
        "IAM API Reference, CreateRole, MalformedPolicyDocument",
    ),
    Rule(
        "iam",
        ("PutRolePolicy", "CreatePolicy", "CreatePolicyVersion"),
        "PolicyDocument",
        is_json,
        "MalformedPolicyDocument",
        "Syntax errors in policy.",
        "IAM API Reference, PutRolePolicy, MalformedPolicyDocument",
    ),
    Rule(
        "iam",
        ("CreateRole", "UpdateAssumeRolePolicy"),
        "AssumeRolePolicyDocument || PolicyDocument",
        is_at_most(4096),
        "LimitExceeded",
        "Cannot exceed quota for ACLSizePerRole: 4096",
        SIZES + "; a role's trust policy has 2,048, and up to 4,096 on request",
    ),
    Rule(
        "iam",
        ("PutRolePolicy",),
        "PolicyDocument",
        is_at_most(10_240),
        "LimitExceeded",
        "Maximum policy size of 10240 bytes exceeded for role",
        SIZES,
    ),
    Rule(
        "iam",
        ("CreatePolicy", "CreatePolicyVersion"),
        "PolicyDocument",
        is_at_most(6144),
        "LimitExceeded",
        "Cannot exceed quota for PolicySize: 6144",
        SIZES,
    ),
)


def fault_in_tags(request: ParsedRequest) -> Fault | None:
    """Return the error for a tag that is AWS's own, too long, empty, twice there or of characters that no tag has, or
    for more tags than a resource can have.

    Source: AWS Tagging Best Practices, "Tag naming limits and requirements": keys that begin with `aws:` are reserved;
    at most 50 tags for a resource, each key once; 128 characters of a key and 256 of a value, which are letters,
    digits, spaces and `+ - = . _ : / @` wherever a resource is tagged through every service.
    """
    for tags in _tag_lists(request.members):
        keys = [key for key in _keys(tags) if isinstance(key, str)]
        invalid = speech_of(request.service).invalid
        own = next((key for key in keys if key.lower().startswith(RESERVED)), None)
        if own is not None:
            return Fault(invalid, f"Tag keys starting with 'aws:' are reserved for internal use: {own}")
        if len(keys) > MOST_TAGS:
            return Fault(invalid, f"{len(keys)} tags are more than the {MOST_TAGS} that a resource can have.")
        if len(set(keys)) < len(keys):
            return Fault(invalid, "Duplicate tag keys found. A tag key is there once.")
        for key, value in _pairs(tags):
            if not 1 <= len(key) <= LONGEST_KEY or len(value) > LONGEST_VALUE:
                return Fault(invalid, f"A tag has a key of 1 to 128 and a value of up to 256 characters: {key}")
            if request.service not in ALL_OF_UNICODE and NOT_OF_A_TAG.search(key + value):
                return Fault(
                    invalid, f"A tag has letters, digits, spaces and '_', '.', ':', '/', '=', '+', '-', '@': {key}"
                )
    return None


def _tag_lists(members: dict[str, Any]) -> Iterator[Any]:
    for name in TAGGED:
        if members.get(name):
            yield members[name]
    for specification in members.get("TagSpecifications") or ():
        yield specification.get("Tags") or ()
    tagging = members.get("Tagging")
    if isinstance(tagging, dict):
        yield tagging.get("TagSet") or ()


def _pairs(tags: Any) -> Iterator[tuple[str, str]]:
    """Yield the keys and values of a map or a list of tags; what only names keys has no values."""
    if isinstance(tags, dict):
        yield from ((str(key), str(value or "")) for key, value in tags.items())
        return
    for tag in tags:
        if isinstance(tag, dict):
            key, value = (next((tag[name] for name in names if name in tag), None) for names in (KEYS, VALUES))
            yield str(key or ""), str(value or "")


def _keys(tags: Any) -> Iterator[Any]:
    if isinstance(tags, dict):
        yield from tags
        return
    for tag in tags:
        if isinstance(tag, dict):
            yield next((tag[name] for name in KEYS if name in tag), None)
