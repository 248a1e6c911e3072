"""Buckets, keys, secrets and backups: names, waiting times, lifecycles."""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv4Address
from typing import Any

from sandbox.requests.prose.networks import matches
from sandbox.requests.prose.rule import Rule

BUCKET = re.compile(r"[a-z0-9](?!.*\.\.)[a-z0-9.-]{1,61}[a-z0-9]")
PREFIXES = ("xn--", "sthree-", "amzn-s3-demo-")
SUFFIXES = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")
SECRET = re.compile(r"[A-Za-z0-9/_+=.@!-]{1,512}")
VAULT = re.compile(r"[A-Za-z0-9_-]{2,50}")
COLD_DAYS = 90


def is_bucket_name(name: str) -> bool:
    """Return whether a general purpose bucket can have this name."""
    try:
        IPv4Address(name)
    except AddressValueError:
        return BUCKET.fullmatch(name) is not None and not name.startswith(PREFIXES) and not name.endswith(SUFFIXES)
    return False


def is_waiting_time(days: int) -> bool:
    """Return whether a deletion can wait so many days."""
    return 7 <= days <= 30


def is_lifecycle(lifecycle: dict[str, Any]) -> bool:
    """Return whether what goes to cold storage stays there for at least 90 days."""
    cold: int = lifecycle.get("MoveToColdStorageAfterDays") or 0
    gone: int = lifecycle.get("DeleteAfterDays") or 0
    return cold <= 0 or gone <= 0 or gone >= cold + COLD_DAYS


def is_alias(name: str) -> bool:
    """Return whether a key can be given this alias."""
    return name.startswith("alias/") and not name.startswith("alias/aws/")


RULES = (
    Rule(
        "s3",
        ("CreateBucket",),
        "Bucket",
        is_bucket_name,
        "InvalidBucketName",
        "The specified bucket is not valid.",
        "Amazon S3 User Guide, 'General purpose bucket naming rules'",
    ),
    Rule(
        "kms",
        ("ScheduleKeyDeletion",),
        "PendingWindowInDays",
        is_waiting_time,
        "ValidationException",
        "The waiting period must be between 7 and 30 days: {value}",
        "AWS KMS API Reference, ScheduleKeyDeletion, PendingWindowInDays",
    ),
    Rule(
        "kms",
        ("CreateAlias",),
        "AliasName",
        is_alias,
        "InvalidAliasNameException",
        "An alias begins with 'alias/' and not with 'alias/aws/': {value}",
        "AWS KMS API Reference, CreateAlias, AliasName",
    ),
    Rule(
        "secretsmanager",
        ("CreateSecret",),
        "Name",
        matches(SECRET),
        "ValidationException",
        "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!",
        "AWS Secrets Manager API Reference, CreateSecret, Name",
    ),
    Rule(
        "secretsmanager",
        ("DeleteSecret",),
        "RecoveryWindowInDays",
        is_waiting_time,
        "InvalidParameterException",
        "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).",
        "AWS Secrets Manager API Reference, DeleteSecret, RecoveryWindowInDays",
    ),
    Rule(
        "secretsmanager",
        ("DeleteSecret",),
        "@",
        lambda parameters: (
            not (parameters.get("ForceDeleteWithoutRecovery") and parameters.get("RecoveryWindowInDays"))
        ),
        "InvalidParameterException",
        "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.",
        "AWS Secrets Manager API Reference, DeleteSecret, ForceDeleteWithoutRecovery",
    ),
    Rule(
        "backup",
        ("CreateBackupVault",),
        "BackupVaultName",
        matches(VAULT),
        "InvalidParameterValueException",
        "Backup vault name {value} is not valid",
        "AWS Backup API Reference, CreateBackupVault, BackupVaultName: 2 to 50 letters, digits, hyphens, underscores",
    ),
    Rule(
        "backup",
        ("CreateBackupPlan", "UpdateBackupPlan"),
        "BackupPlan.Rules[].Lifecycle",
        is_lifecycle,
        "InvalidParameterValueException",
        "DeleteAfterDays cannot be less than 90 days apart from MoveToColdStorageAfterDays",
        "AWS Backup API Reference, Lifecycle",
    ),
)
