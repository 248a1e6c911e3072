"""Secrets Manager's four steps of a rotation; each may come twice, or stop halfway, and the end is the same.

A secret that names a ``masterarn`` is the application's: it takes turns between two users, so that the one in use keeps
its password until the next rotation. Any other is its user's own: that user changes its own password.
Where a rotation is set up that begins later, Secrets Manager tries testSecret alone, on a pending version with the
current value, before there is a database or a user; then there is nothing to test (RotateSecret, RotateImmediately).
Source: AWS Secrets Manager, "Rotation by Lambda function" and "Alternating users". Never logs a secret.
"""

from __future__ import annotations

import json
import logging
import os
from typing import Any

import boto3
from rotation import database

logger = logging.getLogger("rotation")
logger.setLevel(logging.INFO)

PASSWORD_LENGTH = 40
CURRENT, PENDING = "AWSCURRENT", "AWSPENDING"
CLONE = "_clone"


class RotationRefusedError(Exception):
    """The request does not fit the secret's state; Secrets Manager shows the sentence."""


def handle(event: dict[str, Any], context: object) -> None:
    """Carry out the step that the event names, on the version that it names."""
    arn, token, step = event["SecretId"], event["ClientRequestToken"], event["Step"]
    client = boto3.client("secretsmanager", endpoint_url=os.environ.get("SECRETS_MANAGER_ENDPOINT") or None)
    stages = client.describe_secret(SecretId=arn).get("VersionIdsToStages", {})
    if token not in stages:
        raise RotationRefusedError("The version to rotate to is not known.")
    if CURRENT in stages[token]:
        logger.info("The version is current already; %s has nothing to do.", step)
        return
    if PENDING not in stages[token]:
        raise RotationRefusedError("The version to rotate to is not pending.")
    STEPS[step](client, arn, token)
    logger.info("%s is done.", step)


def create_secret(client: Any, arn: str, token: str) -> None:
    """Make a new password, and name the other user of two, unless this version has them.

    A version that a test of the configuration left behind has the current password, and takes no other. Until it is
    no longer pending, Secrets Manager begins no rotation (RotateSecret): so its label is taken away.
    """
    current = value(client, arn, CURRENT)
    try:
        pending = value(client, arn, PENDING, token)
    except client.exceptions.ResourceNotFoundException:
        generated = client.get_random_password(PasswordLength=PASSWORD_LENGTH, ExcludePunctuation=True)
        fields = current | {"username": next_user(current), "password": generated["RandomPassword"]}
        client.put_secret_value(
            SecretId=arn, ClientRequestToken=token, SecretString=json.dumps(fields), VersionStages=[PENDING]
        )
        return
    if pending == current:
        client.update_secret_version_stage(SecretId=arn, VersionStage=PENDING, RemoveFromVersionId=token)
        raise RotationRefusedError(
            "The pending version holds the current password, and is no longer pending: rotate again."
        )


def next_user(current: dict[str, Any]) -> str:
    """Return the user whose password is set: of two the one that is not in use, otherwise the same."""
    username = str(current["username"])
    if "masterarn" not in current:
        return username
    return username.removesuffix(CLONE) if username.endswith(CLONE) else username + CLONE


def set_secret(client: Any, arn: str, token: str) -> None:
    """Set the new password in the database, unless it opens the database already."""
    pending, current = value(client, arn, PENDING, token), value(client, arn, CURRENT)
    if (pending["host"], pending["username"]) != (current["host"], next_user(current)):
        raise RotationRefusedError("Host or user of the new version are not those of the current one.")
    if database.opens(pending):
        return
    if "masterarn" not in current:
        database.set_password(current, pending["username"], pending["password"])
        return
    owner = value(client, current["masterarn"], CURRENT)
    if owner["host"] != pending["host"]:
        raise RotationRefusedError("The owner's secret is of another database.")
    database.set_application_user(owner, pending["username"], pending["password"])


def test_secret(client: Any, arn: str, token: str) -> None:
    """Sign in with the new password, where there is one."""
    pending = value(client, arn, PENDING, token)
    if pending == value(client, arn, CURRENT):
        logger.info("The pending version holds the current password: there is nothing to test yet.")
        return
    if not database.opens(pending):
        raise RotationRefusedError("The new password does not open the database.")


def finish_secret(client: Any, arn: str, token: str) -> None:
    """Make the new version the current one; one without a value never is."""
    try:
        value(client, arn, PENDING, token)
    except client.exceptions.ResourceNotFoundException:
        raise RotationRefusedError("The version to rotate to has no value.") from None
    stages = client.describe_secret(SecretId=arn)["VersionIdsToStages"]
    current = next((version for version, names in stages.items() if CURRENT in names), None)
    client.update_secret_version_stage(
        SecretId=arn, VersionStage=CURRENT, MoveToVersionId=token, RemoveFromVersionId=current
    )


def value(client: Any, arn: str, stage: str, token: str | None = None) -> dict[str, Any]:
    """Return the fields of one version."""
    which = {"VersionId": token} if token else {}
    fields: dict[str, Any] = json.loads(
        client.get_secret_value(SecretId=arn, VersionStage=stage, **which)["SecretString"]
    )
    return fields


STEPS = {
    "createSecret": create_secret,
    "setSecret": set_secret,
    "testSecret": test_secret,
    "finishSecret": finish_secret,
}
