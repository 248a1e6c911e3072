"""The bucket that holds every district's Terraform state: versioned, encrypted, closed to the public."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from engine.aws.clients import answering, client, error_code
from engine.errors import AwsUnavailableError
from engine.settings import EngineSettings
from messages.message import message

MISSING = {"404", "NoSuchBucket", "NotFound"}
OURS = {"BucketAlreadyOwnedByYou"}
MOST_AT_ONCE = 1000
"""Objects of one call (AWS, "DeleteObjects")."""
ARCHIVE = "/events.ndjson.gz"
"""How the keys of archived events end: a part of the record, which outlives the district."""
ERRORED = "/errored/"
"""Where states lie that could not be stored: each goes by itself, once it was pushed or a person has discarded it."""


def state_key(suffix: str) -> str:
    """Return the object's key of a district's state."""
    return f"districts/{suffix}/terraform.tfstate"


def ensure_state_bucket(settings: EngineSettings) -> None:
    """Create the bucket unless it is there; raises AwsUnavailableError. A bucket that exists is left as it is."""
    bucket, region = settings.state_bucket, settings.state_region
    s3 = client(settings, "s3", region)
    with answering(message("open the state bucket {bucket}", bucket=bucket)):
        try:
            s3.head_bucket(Bucket=bucket)
            return
        except ClientError as error:
            if error_code(error) not in MISSING:
                raise
        # us-east-1 is the one region that S3 refuses as a location constraint.
        location = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        try:
            s3.create_bucket(Bucket=bucket, **location)
        except ClientError as error:
            if error_code(error) not in OURS:
                raise
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        s3.put_bucket_encryption(
            Bucket=bucket,
            ServerSideEncryptionConfiguration={
                "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}, "BucketKeyEnabled": True}]
            },
        )
        closed = dict.fromkeys(
            ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
        )
        s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=closed)
        s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(_tls_only(bucket)))


def _tls_only(bucket: str) -> dict[str, object]:
    arn = f"arn:aws:s3:::{bucket}"
    statement = {
        "Sid": "RefusePlainHttp",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def state_exists(settings: EngineSettings, key: str) -> bool:
    """Return whether there is a state under this key; raises AwsUnavailableError."""
    s3 = client(settings, "s3", settings.state_region)
    with answering(message("read the state bucket")):
        try:
            s3.head_object(Bucket=settings.state_bucket, Key=key)
        except ClientError as error:
            if error_code(error) in MISSING | {"NoSuchKey"}:
                return False
            raise
    return True


def states(settings: EngineSettings) -> list[str]:
    """Return the suffix of every district that has a state; raises AwsUnavailableError."""
    s3 = client(settings, "s3", settings.state_region)
    keys = []
    with answering(message("list the states")):
        try:
            for page in s3.get_paginator("list_objects_v2").paginate(Bucket=settings.state_bucket, Prefix="districts/"):
                keys += [str(part["Key"]) for part in page.get("Contents", [])]
        except ClientError as error:
            if error_code(error) not in MISSING:
                raise
    parts = [key.split("/") for key in keys]
    return sorted(part[1] for part in parts if len(part) == 3 and state_key(part[1]) == "/".join(part))


def state_identity(settings: EngineSettings, key: str) -> tuple[str, int]:
    """Return the state's lineage and serial, ``("", 0)`` where there is none; raises AwsUnavailableError."""
    state = read_state(settings, key) or {}
    return str(state.get("lineage", "")), int(state.get("serial", 0))


def read_state(settings: EngineSettings, key: str) -> dict[str, Any] | None:
    """Return a state as it lies in the bucket, None where there is none; raises AwsUnavailableError.

    It may hold secrets: callers take out of it what identifies things, and nothing else.
    """
    s3 = client(settings, "s3", settings.state_region)
    with answering(message("read the district's state")):
        try:
            body = s3.get_object(Bucket=settings.state_bucket, Key=key)["Body"].read()
        except ClientError as error:
            if error_code(error) in MISSING | {"NoSuchKey"}:
                return None
            raise
    state: dict[str, Any] = json.loads(body)
    return state


def delete_state(settings: EngineSettings, key: str, *, begin: Callable[[], object] = lambda: None) -> None:
    """Delete a district's state, lock and plans with all the versions that there are now.

    Archives of its runs' events stay, and so does a kept state that nobody has decided on.
    One that is not there is fine. `begin` is called between the listing and the deletion: where it raises, nothing is
    deleted; and what is written from then on stays, whatever pauses whoever deletes. Raises AwsUnavailableError.
    """
    folder = key.rpartition("/")[0]
    with answering(message("delete the district's state")):
        goes = [
            version
            for version in _versions(settings, f"{folder}/")
            if not version["Key"].endswith(ARCHIVE) and ERRORED not in version["Key"]
        ]
    begin()
    with answering(message("delete the district's state")):
        failed = _delete(settings, goes)
    if failed:
        raise AwsUnavailableError(
            message("AWS did not let us delete the district's state."),
            detail="\n".join(f"{part['Key']}: {part['Code']} {part['Message']}" for part in failed),
        )


def delete_version(settings: EngineSettings, key: str, version: str) -> None:
    """Delete one version of an object; the object itself where its bucket has none. Raises boto3's errors."""
    which = {"VersionId": version} if version else {}
    s3 = client(settings, "s3", settings.state_region)
    s3.delete_object(Bucket=settings.state_bucket, Key=key, **which)


def delete_versions(settings: EngineSettings, key: str) -> None:
    """Delete one object with all its versions; one that is not there is fine. Raises boto3's errors."""
    for version in _versions(settings, key):
        if version["Key"] == key:
            delete_version(settings, key, version["VersionId"])


def delete_versions_below(settings: EngineSettings, prefix: str) -> None:
    """Delete every object whose key begins so, with all its versions; none is fine. Raises boto3's errors."""
    for version in _versions(settings, prefix):
        delete_version(settings, version["Key"], version["VersionId"])


def _versions(settings: EngineSettings, prefix: str) -> list[dict[str, str]]:
    """Return key and version of all that lies below a prefix; raises boto3's errors."""
    s3 = client(settings, "s3", settings.state_region)
    pages = s3.get_paginator("list_object_versions").paginate(Bucket=settings.state_bucket, Prefix=prefix)
    return [
        {"Key": version["Key"], "VersionId": version["VersionId"]}
        for page in pages
        for version in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
    ]


def _delete(settings: EngineSettings, versions: list[dict[str, str]]) -> list[Any]:
    """Delete these versions of objects; return what AWS says of those that it did not. Raises boto3's errors."""
    s3 = client(settings, "s3", settings.state_region)
    failed: list[Any] = []
    for begin in range(0, len(versions), MOST_AT_ONCE):
        part = versions[begin : begin + MOST_AT_ONCE]
        answer = s3.delete_objects(Bucket=settings.state_bucket, Delete={"Objects": part, "Quiet": True})
        failed += answer.get("Errors", [])
    return failed
