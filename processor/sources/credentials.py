"""Client ids and secrets of sources: one secret of the district, and in it a version for each source, under a label.

Whoever enters one writes a version and can read none; the worker alone reads. A label moves to the version that is
written last, and a version without a label is deleted by Secrets Manager.

Source: AWS Secrets Manager, "PutSecretValue" (VersionStages, ClientRequestToken), "UpdateSecretVersionStage", "Quotas":
20 labels a secret.
"""

from __future__ import annotations

import json
import uuid
from typing import Any

from botocore.exceptions import ClientError

from processor.sources.client import Credentials
from processor.sources.problems import SourceProblemError

MOST_SOURCES = 15
"""Below the 20 labels that a secret may have, two of which are Secrets Manager's own."""
EMPTY = "{}"


def label(source_id: int) -> str:
    """Return the staging label of a source's version."""
    return f"source-{source_id}"


def write(manager: Any, arn: str, source_id: int, credentials: Credentials) -> uuid.UUID:
    """Keep a source's id and secret, in place of former ones, and return the version."""
    # The first version of all keeps the label AWSCURRENT for ever: it must hold nothing.
    manager.put_secret_value(
        SecretId=arn, SecretString=EMPTY, ClientRequestToken=str(uuid.uuid5(uuid.NAMESPACE_URL, arn))
    )
    version = uuid.uuid4()
    payload = {"client_id": credentials.client_id, "client_secret": credentials.client_secret}
    manager.put_secret_value(
        SecretId=arn,
        SecretString=json.dumps(payload),
        ClientRequestToken=str(version),
        VersionStages=[label(source_id)],
    )
    return version


def forget(manager: Any, arn: str, source_id: int, version: uuid.UUID) -> None:
    """Take the label from a source's version, which ends it; one that is gone already is no error."""
    try:
        manager.update_secret_version_stage(
            SecretId=arn, VersionStage=label(source_id), RemoveFromVersionId=str(version)
        )
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("InvalidParameterException", "ResourceNotFoundException"):
            raise


def read(manager: Any, arn: str, source_id: int) -> Credentials:
    """Return a source's id and secret; raises SourceProblemError where there are none."""
    try:
        answer = manager.get_secret_value(SecretId=arn, VersionStage=label(source_id))
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        raise SourceProblemError(
            "no_credentials", "The source's client id and secret are not there.", "Enter them again."
        ) from error
    payload = json.loads(answer["SecretString"])
    return Credentials(payload["client_id"], payload["client_secret"])
