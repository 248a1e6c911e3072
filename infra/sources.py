"""What the systems that results are pulled from let us in by: a secret of its own, whose versions people enter.

Only the secret is made here, empty. The API writes a version for each source and can read none; the worker, which asks
the sources, alone reads (`processor.sources.credentials`). So no id and no secret of a source is in a plan, a state or
a page.
"""

from __future__ import annotations

from infra.cdk import Construct, SecretsmanagerSecret, SecretsmanagerSecretPolicy
from infra.frame import Frame, policy
from infra.pseudonyms import CHANGES
from infra.secret import refused_strangers, refused_to_others

KIND = "source-credentials"
READERS = ("worker-task",)
WRITERS = ("api-task",)


class SourceCredentials(Construct):
    """The secret, and who reads it and who writes its versions."""

    def __init__(self, scope: Construct, frame: Frame, *, key_arn: str) -> None:
        super().__init__(scope, "sources")
        secret = SecretsmanagerSecret(
            self,
            "credentials",
            name=frame.name(KIND),
            description="Client ids and secrets of the systems that results are pulled from, a version for each",
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
                refused_to_others(frame, secret.arn, "RefuseChanges", CHANGES, WRITERS),
            ),
        )
        self.arn: str = secret.arn
