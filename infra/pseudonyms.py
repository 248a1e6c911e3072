"""The key that students' pseudonyms are made with: a secret of its own that nothing rotates and Terraform never reads.

Only the secret is made here. The migration makes the key itself, once, with Secrets Manager refusing a second one
(`processor.pseudonym_key`): so it is in no plan and no state, and no apply can put another in its place.
"""

from __future__ import annotations

from infra.cdk import Construct, SecretsmanagerSecret, SecretsmanagerSecretPolicy
from infra.frame import Frame, policy
from infra.secret import refused_strangers, refused_to_others

KIND = "pseudonym-key"
READERS = ("api-task", "worker-task", "migrate-task")
MAKER = "migrate-task"
CHANGES = ("CancelRotateSecret", "PutSecretValue", "RotateSecret", "UpdateSecretVersionStage")


class PseudonymKey(Construct):
    """The secret, and who reads it and who makes its one version."""

    def __init__(self, scope: Construct, frame: Frame, *, key_arn: str) -> None:
        super().__init__(scope, "pseudonyms")
        secret = SecretsmanagerSecret(
            self,
            "key",
            name=frame.name(KIND),
            description="What makes students' pseudonyms: never rotated, or every student would come twice",
            kms_key_id=key_arn,
            recovery_window_in_days=0,
        )
        SecretsmanagerSecretPolicy(
            self,
            "readers",
            secret_arn=secret.arn,
            block_public_policy=True,
            policy=policy(
                refused_strangers(frame, secret.arn),
                refused_to_others(frame, secret.arn, "RefuseOtherReaders", ("GetSecretValue",), READERS),
                refused_to_others(frame, secret.arn, "RefuseChanges", CHANGES, (MAKER,)),
            ),
        )
        self.arn: str = secret.arn
