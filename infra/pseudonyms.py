"""The key that students' pseudonyms are made with: a secret of its own that nothing rotates and Terraform never reads.

Only the secret is made here. The migration makes the key itself, once, with Secrets Manager refusing a second one
(`processor.pseudonym_key`): so it is in no plan and no state, and no apply can put another in its place.
"""

from __future__ import annotations

from infra.cdk import Construct
from infra.frame import Frame
from infra.secret import guarded_secret

KIND = "pseudonym-key"
READERS = ("api-task", "worker-task", "migrate-task")
MAKER = "migrate-task"


class PseudonymKey(Construct):
    """The secret, and who reads it and who makes its one version."""

    def __init__(self, scope: Construct, frame: Frame, *, key_arn: str) -> None:
        super().__init__(scope, "pseudonyms")
        self.arn: str = guarded_secret(
            self,
            "key",
            frame,
            kind=KIND,
            description="What makes students' pseudonyms: never rotated, or every student would come twice",
            key_arn=key_arn,
            readers=READERS,
            writers=(MAKER,),
        )
