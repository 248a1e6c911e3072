"""What moto keeps of a resource that a request only names: its whole ARN, its tags, its own policy.

Every caller holds moto's lock. What is not there has no tags and no policy.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from sandbox.authorization.documents import Document, read, statements
from sandbox.authorization.settling import deciding_tags, is_settled

PARTITION = "aws"
MEMBER_ROLE = "OrganizationAccountAccessRole"
"""What AWS Organizations makes in every account that it makes (Organizations User Guide); here every account has it."""
Tags = dict[str, str]


def own_account() -> str:
    """Return the embedded AWS's own account."""
    from moto.core import DEFAULT_ACCOUNT_ID

    return str(DEFAULT_ACCOUNT_ID)


def backend(service: str, account: str, region: str) -> Any:
    """Return moto's backend of a service; services of a whole account are kept by partition."""
    from moto.awslambda.utils import get_backend as functions_of
    from moto.backends import get_backend

    if service == "lambda":
        # Moto has two, and says itself which of them serves.
        return functions_of(account, region)
    backends = get_backend(service)
    regions = backends[account]
    return regions[region if region in regions.regions else PARTITION]


def parts(arn: str) -> tuple[str, str, str, str]:
    """Return service, region, account and the rest of an ARN."""
    _, _, service, region, account, rest = arn.split(":", 5)
    return service, region, account, rest


def role_arn(account: str, name: str, path: str = "/") -> str:
    """Return the ARN of a role by its name, with the path that it has or would have."""
    role = backend("iam", account, PARTITION).roles.values()
    arn = next((candidate.arn for candidate in role if candidate.name == name), None)
    return arn or f"arn:aws:iam::{account}:role{path}{name}"


def secret_arn(account: str, region: str, name: str) -> str:
    """Return a secret's ARN by its name; one that is not there yet will have six characters more, whichever."""
    if name.startswith("arn:"):
        return name
    secrets = backend("secretsmanager", account, region).secrets
    secret = secrets.get(name)
    return secret.arn if secret is not None else f"arn:aws:secretsmanager:{region}:{account}:secret:{name}-??????"


def key_arn(account: str, region: str, named: str) -> str | None:
    """Return a key's ARN by its id, its ARN or an alias; nothing for an alias of none, and for AWS's own keys."""
    if ":key/" in named:
        return named
    keys = backend("kms", account, region).keys
    alias = named.partition(":alias/")[2] or named.removeprefix("alias/")
    if "alias/" in named:
        return next((key.arn for key in keys.values() if f"alias/{alias}" in key.aliases), None)
    return f"arn:aws:kms:{region}:{account}:key/{named}"


def scalable_target_arn(account: str, region: str, resource: str, dimension: str) -> str | None:
    """Return the ARN of a scalable target by what it scales."""
    target = backend("applicationautoscaling", account, region).targets.get(dimension, {}).get(resource)
    return target.arn if target is not None else None


def route_table_of(account: str, region: str, association: str) -> str | None:
    """Return the route table of an association."""
    tables = backend("ec2", account, region).route_tables
    return next((id_ for id_, table in tables.items() if association in table.all_associations_ids), None)


def task_definition_arn(account: str, region: str, family: str) -> str:
    """Return the ARN of a family's newest revision that may be run, which is what its name stands for."""
    revisions = backend("ecs", account, region).task_definitions.get(family, {})
    newest = max((int(number) for number, revision in revisions.items() if revision.status == "ACTIVE"), default=None)
    return f"arn:aws:ecs:{region}:{account}:task-definition/{family}:{'*' if newest is None else newest}"


def address_of(account: str, region: str, association: str) -> str | None:
    """Return the elastic address of an association, by its allocation's id."""
    addresses = backend("ec2", account, region).addresses
    return next((address.allocation_id for address in addresses if address.association_id == association), None)


def tags_of(arn: str) -> Tags:
    """Return a resource's tags."""
    service, region, account, rest = parts(arn)
    reader = TAGS.get(service)
    if reader is None or "*" in arn or (not region and service not in GLOBAL):
        return {}
    owner = account or _bucket_account(rest)
    return reader(arn, owner, region, rest) if owner else {}


GLOBAL = frozenset({"iam", "s3"})


def _by_tagger(service: str, attribute: str) -> Callable[[str, str, str, str], Tags]:
    def read_tags(arn: str, account: str, region: str, _rest: str) -> Tags:
        tagger = getattr(backend(service, account, region or PARTITION), attribute)
        return dict(tagger.get_tag_dict_for_resource(arn))

    return read_tags


def _by_listing(service: str) -> Callable[[str, str, str, str], Tags]:
    def read_tags(arn: str, account: str, region: str, _rest: str) -> Tags:
        resources = backend(service, account, region).iter_tagged_resources()
        return next((dict(resource.tags) for resource in resources if resource.arn == arn), {})

    return read_tags


def _of_ec2(_arn: str, account: str, region: str, rest: str) -> Tags:
    return dict(backend("ec2", account, region).tags.get(rest.rpartition("/")[2], {}))


def _of_kms(_arn: str, account: str, region: str, rest: str) -> Tags:
    kms, name = backend("kms", account, region), rest.rpartition("/")[2]
    return deciding_tags(kms.keys.get(name), dict(kms.tagger.get_tag_dict_for_resource(name)))


def _of_logs(_arn: str, account: str, region: str, rest: str) -> Tags:
    name = rest.removeprefix("log-group:").partition(":")[0]
    logs = backend("logs", account, region)
    group = logs.groups.get(name)
    return dict(logs.tagger.get_tag_dict_for_resource(group.arn)) if group is not None else {}


def _of_rds(arn: str, account: str, region: str, rest: str) -> Tags:
    rds = backend("rds", account, region)
    kind, _, name = rest.partition(":")
    resource = getattr(rds, RDS_KINDS.get(kind, ""), {}).get(name)
    if resource is None:
        return {}
    tags = resource.get_tags() if hasattr(resource, "get_tags") else getattr(resource, "tags", [])
    return {tag["Key"]: tag["Value"] for tag in tags or []}


RDS_KINDS = {
    "cluster": "clusters",
    "cluster-pg": "db_cluster_parameter_groups",
    "cluster-snapshot": "cluster_snapshots",
    "db": "databases",
    "es": "event_subscriptions",
    "pg": "db_parameter_groups",
    "snapshot": "database_snapshots",
    "subgrp": "subnet_groups",
}


def _of_iam(arn: str, account: str, _region: str, _rest: str) -> Tags:
    iam = backend("iam", account, PARTITION)
    role = next((role for role in iam.roles.values() if role.arn == arn), None)
    if role is not None:
        return {tag["Key"]: tag["Value"] for tag in role.tags or []}
    policy = iam.managed_policies.get(arn)
    return {key: tag["Value"] for key, tag in policy.tags.items()} if policy is not None else {}


def _of_scalable_target(arn: str, account: str, region: str, _rest: str) -> Tags:
    return dict(getattr(backend("applicationautoscaling", account, region), "sandbox_tags", {}).get(arn, {}))


TAGS: dict[str, Callable[[str, str, str, str], Tags]] = {
    "acm": _by_listing("acm"),
    "application-autoscaling": _of_scalable_target,
    "backup": _by_tagger("backup", "tagger"),
    "cloudtrail": _by_tagger("cloudtrail", "tagging_service"),
    "cloudwatch": _by_tagger("cloudwatch", "tagger"),
    "ec2": _of_ec2,
    "ecs": _by_listing("ecs"),
    "elasticache": _by_tagger("elasticache", "tagging_service"),
    "elasticloadbalancing": _by_tagger("elbv2", "tagging_service"),
    "iam": _of_iam,
    "kms": _of_kms,
    "lambda": _by_listing("lambda"),
    "logs": _of_logs,
    "rds": _of_rds,
    "s3": _by_tagger("s3", "tagger"),
    "secretsmanager": _by_listing("secretsmanager"),
    "sns": _by_listing("sns"),
    "sqs": _by_listing("sqs"),
    "wafv2": _by_tagger("wafv2", "tagging_service"),
}


def bucket_of(name: str) -> Any:
    """Return moto's bucket, whosever it is, or nothing."""
    from moto.s3.models import s3_backends

    owner = s3_backends.bucket_accounts.get(name)
    return s3_backends[owner[1]][owner[0]].buckets.get(name) if owner else None


def encryption_rule(bucket: Any) -> dict[str, Any]:
    """Return how a bucket encrypts by itself; nothing where it does not, or is not there."""
    rule: Any = (getattr(bucket, "encryption", None) or {}).get("Rule", {})
    first: dict[str, Any] = rule[0] if isinstance(rule, list) else rule
    return first


def has_bucket_key(name: str) -> bool:
    """Return whether a bucket spares calls of KMS by an S3 Bucket Key."""
    return str(encryption_rule(bucket_of(name)).get("BucketKeyEnabled", "")).lower() == "true"


def _bucket_account(rest: str) -> str:
    """Return the account of a bucket, whose ARN names none; nothing for a bucket that is not there."""
    from moto.s3.models import s3_backends

    owner = s3_backends.bucket_accounts.get(rest.partition("/")[0])
    return str(owner[1]) if owner else ""


def account_of(arn: str) -> str:
    """Return the account that a resource is in; nothing for a bucket that is not there, which may become anybody's."""
    service, _, account, rest = parts(arn)
    return _bucket_account(rest) if service == "s3" else account


def policy_of(arn: str) -> Document | None:
    """Return the policy of a resource itself, or nothing where there is none."""
    service, region, account, rest = parts(arn)
    reader = POLICIES.get(service)
    return reader(account, region, rest) if reader is not None else None


def _of_bucket(_account: str, _region: str, rest: str) -> Document | None:
    name = rest.partition("/")[0]
    bucket = bucket_of(name)
    return read(bucket.policy.decode(), f"the policy of {name}") if bucket is not None and bucket.policy else None


def _of_key(account: str, region: str, rest: str) -> Document | None:
    id_ = rest.removeprefix("key/")
    key = backend("kms", account, region).keys.get(id_)
    return read(key.policy, f"the policy of key {id_}") if key is not None else None


def _of_queue(account: str, region: str, rest: str) -> Document | None:
    queue = backend("sqs", account, region).queues.get(rest)
    text = queue.policy if queue is not None else None
    return read(text, f"the policy of queue {rest}") if text else None


def _of_topic(account: str, region: str, rest: str) -> Document | None:
    topic = backend("sns", account, region).topics.get(f"arn:aws:sns:{region}:{account}:{rest}")
    return read(topic.policy, f"the policy of topic {rest}") if topic is not None and topic.policy else None


def _of_secret(account: str, region: str, rest: str) -> Document | None:
    secret = backend("secretsmanager", account, region).secrets.get(f"arn:aws:secretsmanager:{region}:{account}:{rest}")
    text = getattr(secret, "policy", None)
    return read(text, f"the policy of {rest}") if text else None


def _of_function(account: str, region: str, rest: str) -> Document | None:
    name = rest.split(":")[1]
    arn = f"arn:aws:lambda:{region}:{account}:function:{name}"
    function = next(
        (
            candidate
            for candidate in backend("lambda", account, region).list_functions()
            if candidate.function_arn == arn
        ),
        None,
    )
    entries = function.policy.statements if function is not None and function.policy is not None else []
    return statements(json.loads(json.dumps(entries)), f"the policy of function {name}") if entries else None


def _of_role(account: str, _region: str, rest: str) -> Document | None:
    iam = backend("iam", account, PARTITION)
    role = next((role for role in iam.roles.values() if role.arn == f"arn:aws:iam::{account}:{rest}"), None)
    if role is not None:
        # Of a role that has just been made IAM knows nothing yet.
        settled = is_settled(role)
        return read(role.assume_role_policy_document, f"the trust policy of {role.name}") if settled else ()
    return _of_member_role() if rest == f"role/{MEMBER_ROLE}" else None


def _of_member_role() -> Document:
    """Return the trust policy that Organizations gives a member account's role: its management account."""
    principal = {"AWS": f"arn:aws:iam::{own_account()}:root"}
    trust = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    return statements(trust, f"the trust policy of {MEMBER_ROLE}")


def _of_repository(account: str, region: str, rest: str) -> Document | None:
    name = rest.removeprefix("repository/")
    repository = backend("ecr", account, region).repositories.get(name)
    return (
        read(repository.policy, f"the policy of repository {name}")
        if repository is not None and repository.policy
        else None
    )


POLICIES: dict[str, Callable[[str, str, str], Document | None]] = {
    "ecr": _of_repository,
    "iam": _of_role,
    "kms": _of_key,
    "lambda": _of_function,
    "s3": _of_bucket,
    "secretsmanager": _of_secret,
    "sns": _of_topic,
    "sqs": _of_queue,
}
