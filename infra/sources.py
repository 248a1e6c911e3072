"""What the systems that results are pulled from let us in by: a secret of its own, whose versions people enter.

Only the secret is made here, empty. The API writes a version for each source and can read none; the worker, which asks
the sources, alone reads (`processor.sources.credentials`). So no id and no secret of a source is in a plan, a state or
a page.
"""

from __future__ import annotations

from infra.cdk import Construct
from infra.frame import Frame
from infra.secret import guarded_secret

KIND = "source-credentials"
READERS = ("worker-task",)
WRITERS = ("api-task",)


class SourceCredentials(Construct):
    """The secret, and who reads it and who writes its versions."""

    def __init__(self, scope: Construct, frame: Frame, *, key_arn: str) -> None:
        super().__init__(scope, "sources")
        self.arn: str = guarded_secret(
            self,
            "credentials",
            frame,
            kind=KIND,
            description="Client ids and secrets of the systems that results are pulled from, a version for each",
            key_arn=key_arn,
            readers=READERS,
            writers=WRITERS,
        )
