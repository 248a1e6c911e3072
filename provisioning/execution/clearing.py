"""What a teardown does beside Terraform, by the same consent: buckets are emptied before, what AWS adds goes meanwhile.

Both are told in the run's events, each with its reason; Terraform alone would take hours, or fail.
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType

from engine.aws.emptying import buckets_to_empty, empty_bucket
from engine.aws.guardduty import remove_guardduty
from engine.errors import AwsUnavailableError
from engine.processes.threads import carrying
from engine.terraform.command import Plan
from messages.message import message
from provisioning.engine_settings import deploy_role
from provisioning.execution.context import RunContext

TELL_SECONDS = 5.0
"""How often the run's page is told how many versions have gone."""
LOOK_SECONDS, SANDBOX_LOOK_SECONDS = 15.0, 0.5


def empty_buckets(context: RunContext, plan: Plan) -> None:
    """Empty each bucket that the plan deletes with all it holds; raises AwsUnavailableError and InterruptedRunError."""
    for bucket in buckets_to_empty(plan.shown):
        reported_at = time.monotonic()

        def progress(versions: int, bucket: str = bucket) -> None:
            nonlocal reported_at
            if time.monotonic() - reported_at >= TELL_SECONDS:
                reported_at = time.monotonic()
                context.recorder.note(
                    "emptying",
                    message(
                        "{bucket}: {versions} object versions are deleted so far.",
                        bucket=bucket,
                        versions=f"{versions:,}",
                    ),
                )

        emptied = empty_bucket(
            context.settings,
            context.run.spec["region"],
            bucket,
            deploy_role(context.run.spec),
            progress=progress,
            poll=lambda: bool(context.stop()),
        )
        if emptied.versions:
            context.recorder.note(
                "emptying",
                message(
                    "{bucket} is emptied before it is deleted: {versions} object versions in {seconds} s.",
                    bucket=bucket,
                    versions=f"{emptied.versions:,}",
                    seconds=f"{emptied.seconds:.0f}",
                ),
                data={"bucket": bucket, "versions": emptied.versions, "seconds": round(emptied.seconds, 1)},
            )


class Sweep:
    """Removes what AWS adds to a network while Terraform takes it down, in a thread, from entry to exit.

    What it has to say waits in the hold until the thread that keeps the run writes it. A look that fails is told once
    and tried again: Terraform's own error would say less.
    """

    def __init__(self, context: RunContext) -> None:
        self._hold, self._role = context, deploy_role(context.run.spec)
        self._pause = SANDBOX_LOOK_SECONDS if context.settings.aws_endpoint_url else LOOK_SECONDS
        self._over = threading.Event()
        self._failed = False
        self._pool = ThreadPoolExecutor(1, thread_name_prefix=f"sweep-{context.run.number}")

    def __enter__(self) -> Sweep:
        self._running = self._pool.submit(carrying(self._run))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Have it end, which takes as long as a call that is under way; raises what it stumbled over itself."""
        self._over.set()
        self._pool.shutdown()
        if error is None:
            self._running.result()

    def _run(self) -> None:
        while not self._over.wait(self._pause):
            self._look()

    def _look(self) -> None:
        spec = self._hold.run.spec
        try:
            gone = remove_guardduty(self._hold.settings, spec["region"], spec["suffix"], self._role)
        except AwsUnavailableError as error:
            if not self._failed:
                self._hold.say(
                    "sweep",
                    message("{summary} It is retried.", summary=error.summary),
                    level="warning",
                    detail=error.detail,
                )
            self._failed = True
            return
        self._failed = False
        for name in gone:
            self._hold.say(
                "sweep",
                message(
                    "{name} is deleted: GuardDuty makes it where it watches an account's tasks, and leaves it behind, "
                    "so that AWS keeps the network.",
                    name=name,
                ),
            )
