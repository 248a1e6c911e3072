"""The database's credentials in Secrets Manager: one secret for the owner, one for the application, both rotated.

No password is in a plan, a state or a log: the first ones are ephemeral and write-only, all later ones are made by
the rotation function (`infra.rotation`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from infra.cdk import (
    Construct,
    SecretsmanagerSecret,
    SecretsmanagerSecretPolicy,
    SecretsmanagerSecretVersion,
    TerraformStack,
)
from infra.database import DATABASE_NAME, MASTER
from infra.frame import Frame, policy

PASSWORD_LENGTH = 40
PASSWORD_VERSION = 1
"""Raised to make Terraform set a new password; rotation never needs it."""

APPLICATION = "homeroom_app"
"""The application's user; the rotation function takes turns between it and ``homeroom_app_clone``."""

OWNER_KIND, APPLICATION_KIND = "database-owner", "database-application"


def declare_password(stack: TerraformStack, name: str) -> str:
    """Declare a first password as an ephemeral resource, and return the expression that names its value.

    CDKTF has no ephemeral blocks, so the stack's override writes it (Terraform, "Ephemeral resources").
    """
    stack.add_override(
        f"ephemeral.aws_secretsmanager_random_password.{name}",
        {"password_length": PASSWORD_LENGTH, "exclude_punctuation": True},
    )
    return f"${{ephemeral.aws_secretsmanager_random_password.{name}.random_password}}"


@dataclass(frozen=True)
class Readers:
    """Which of the district's own roles may read a secret, by their kinds."""

    kinds: tuple[str, ...]


class Credentials(Construct):
    """One secret with its first version and the policy that says who reads it."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        frame: Frame,
        *,
        kind: str,
        description: str,
        key_arn: str,
        fields: dict[str, Any],
        readers: Readers,
    ) -> None:
        super().__init__(scope, id_)
        secret = SecretsmanagerSecret(
            self,
            "secret",
            name=frame.name(kind),
            description=description,
            kms_key_id=key_arn,
            recovery_window_in_days=0,
        )
        self.version = SecretsmanagerSecretVersion(self, "first_version", secret_id=secret.id)
        # Write-only arguments are in neither plan nor state (Terraform, "Write-only arguments").
        self.version.add_override("secret_string_wo", json.dumps(fields))
        self.version.add_override("secret_string_wo_version", PASSWORD_VERSION)
        SecretsmanagerSecretPolicy(
            self,
            "readers",
            secret_arn=secret.arn,
            block_public_policy=True,
            policy=policy(*refusals(frame, secret.arn, readers)),
        )
        self.arn: str = secret.arn


def refused_strangers(frame: Frame, secret_arn: str) -> dict[str, Any]:
    """Return the statement that refuses a secret to every other account."""
    return {
        "Sid": "RefuseOtherAccounts",
        "Effect": "Deny",
        "Principal": "*",
        "Action": ["secretsmanager:*"],
        "Resource": [secret_arn],
        "Condition": {
            "StringNotEquals": {"aws:PrincipalAccount": frame.spec.account_id},
            "Bool": {"aws:PrincipalIsAWSService": "false"},
        },
    }


def refused_to_others(
    frame: Frame, arn: str, sid: str, actions: tuple[str, ...], admitted: tuple[str, ...]
) -> dict[str, Any]:
    """Return what is refused to everybody but these roles; the deploy role has no need of it either."""
    return {
        "Sid": sid,
        "Effect": "Deny",
        "Principal": "*",
        "Action": [f"secretsmanager:{action}" for action in actions],
        "Resource": [arn],
        "Condition": {"ArnNotEquals": {"aws:PrincipalArn": [frame.role_arn(kind) for kind in admitted]}},
    }


CHANGES = ("CancelRotateSecret", "PutSecretValue", "RotateSecret", "UpdateSecretVersionStage")


def guarded_secret(
    scope: Construct,
    id_: str,
    frame: Frame,
    *,
    kind: str,
    description: str,
    key_arn: str,
    readers: tuple[str, ...],
    writers: tuple[str, ...],
) -> str:
    """Make an empty secret that these roles alone read and those alone write versions of; return its ARN."""
    secret = SecretsmanagerSecret(
        scope,
        id_,
        name=frame.name(kind),
        description=description,
        kms_key_id=key_arn,
        recovery_window_in_days=0,
    )
    SecretsmanagerSecretPolicy(
        scope,
        "readers",
        secret_arn=secret.arn,
        block_public_policy=True,
        policy=policy(
            refused_strangers(frame, secret.arn),
            refused_to_others(frame, secret.arn, "RefuseOtherReaders", ("GetSecretValue",), readers),
            refused_to_others(frame, secret.arn, "RefuseChanges", CHANGES, writers),
        ),
    )
    return str(secret.arn)


def refusals(frame: Frame, secret_arn: str, readers: Readers) -> list[dict[str, Any]]:
    """Return what the secret's own policy refuses, whatever a role's policy says.

    Where a deploy role is known, its refresh of the first version is the only reading besides the readers' own.
    """
    strangers = refused_strangers(frame, secret_arn)
    if frame.spec.role_arn is None:
        return [strangers]
    admitted = [frame.role_arn(kind) for kind in readers.kinds]
    other_readers = {
        "Sid": "RefuseOtherReaders",
        "Effect": "Deny",
        "Principal": "*",
        "Action": ["secretsmanager:GetSecretValue"],
        "Resource": [secret_arn],
        "Condition": {"ArnNotEquals": {"aws:PrincipalArn": [*admitted, frame.spec.role_arn]}},
    }
    return [strangers, other_readers]


class Secret(Construct):
    """The owner's secret, which only migrations and rotation read, and the application's."""

    def __init__(
        self,
        scope: Construct,
        frame: Frame,
        *,
        key_arn: str,
        endpoint: str,
        port: str,
        owner_password: str,
        application_password: str,
    ) -> None:
        super().__init__(scope, "secret")
        common = {"engine": "postgres", "host": endpoint, "port": port, "dbname": DATABASE_NAME}
        self.owner = Credentials(
            self,
            "owner",
            frame,
            kind=OWNER_KIND,
            description="The owner of the assessment database: for migrations and rotation",
            key_arn=key_arn,
            fields={**common, "username": MASTER, "password": owner_password},
            readers=Readers(("migrate-task", "rotation")),
        )
        self.application = Credentials(
            self,
            "application",
            frame,
            kind=APPLICATION_KIND,
            description="The application's user of the assessment database",
            key_arn=key_arn,
            fields={
                **common,
                "username": APPLICATION,
                "password": application_password,
                # What the rotation function signs in with to set the other user's password.
                "masterarn": self.owner.arn,
            },
            readers=Readers(("api-task", "worker-task", "migrate-task", "rotation")),
        )
