"""What the data-bearing resources of a plan hold, as far as AWS tells: never what is written in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from engine.aws.clients import DeployRole, answering, client, error_code, session_in
from engine.kinds import KINDS
from engine.settings import EngineSettings
from engine.terraform.redaction import is_marked
from messages.message import message

MOST_VERSIONS = 10_000
"""Where the count of a bucket stops: ten calls of ListObjectVersions."""

SAYS = {name: kind.holds for name, kind in KINDS.items() if kind.holds}
"""What a kind holds; buckets are counted."""


@dataclass(frozen=True)
class Contents:
    """What a bucket holds; `more` says that the count was stopped."""

    versions: int
    size: int
    more: bool

    def says(self) -> str:
        """Put it in a sentence."""
        if not self.versions:
            return message("Empty.")
        size = human_size(self.size)
        if self.versions == 1:
            return message("1 object version, {size}.", size=size)
        return (
            message("More than {versions} object versions, {size}.", versions=f"{self.versions:,}", size=size)
            if self.more
            else message("{versions} object versions, {size}.", versions=f"{self.versions:,}", size=size)
        )


@dataclass(frozen=True)
class Removed:
    """One resource that a plan removes."""

    address: str
    type: str
    id: str
    arn: str
    bucket: str = ""


def removed_by(plan: Mapping[str, Any]) -> tuple[Removed, ...]:
    """Return what a plan (``terraform show -json``) removes; of its attributes only those that identify."""
    return tuple(
        _removed(change)
        for change in plan.get("resource_changes", [])
        if change.get("mode", "managed") == "managed" and "delete" in change["change"]["actions"]
    )


def _removed(change: Mapping[str, Any]) -> Removed:
    before, masks = change["change"].get("before") or {}, change["change"].get("before_sensitive") or {}

    def visible_text(name: str) -> str:
        value = before.get(name)
        hidden = is_marked(masks.get(name)) if isinstance(masks, Mapping) else bool(masks)
        return value if isinstance(value, str) and not hidden else ""

    bucket = visible_text("bucket") if change["type"] == "aws_s3_bucket" else ""
    return Removed(str(change["address"]), str(change["type"]), visible_text("id"), visible_text("arn"), bucket)


def bucket_contents(
    settings: EngineSettings, region: str, buckets: list[str], role: DeployRole | None = None
) -> dict[str, Contents | None]:
    """Return what each bucket holds, up to a limit; None for one that is not there. Raises AwsUnavailableError."""
    if not buckets:
        return {}
    s3 = client(settings, "s3", region, session_in(settings, region, role))
    with answering(message("list what the buckets hold")):
        return {bucket: _contents(s3, bucket) for bucket in buckets}


def _contents(s3: Any, bucket: str) -> Contents | None:
    versions = size = 0
    try:
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            object_versions = page.get("Versions", [])
            versions += len(object_versions)
            size += sum(version["Size"] for version in object_versions)
            if versions >= MOST_VERSIONS:
                return Contents(versions, size, bool(page.get("IsTruncated")))
    except ClientError as error:
        if error_code(error) == "NoSuchBucket":
            return None
        raise
    return Contents(versions, size, more=False)


def human_size(size: int) -> str:
    """Write a number of bytes as people read it, in powers of 1,000."""
    amount, units = float(size), ["bytes", "kB", "MB", "GB", "TB"]
    while amount >= 1000 and len(units) > 1:
        amount /= 1000
        units.pop(0)
    return f"{size} bytes" if units[0] == "bytes" else f"{amount:.1f} {units[0]}"
