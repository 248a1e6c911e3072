"""What a worker writes of a run, it writes by its claim: the one place where that is made sure.

A worker may be paused for any time, by the kernel, a debugger or a suspended machine, and wake when another has taken
its run. So it looks at its claim in the very transaction that writes: the run's row is locked by its claim first, and
nobody else takes the run before what is written is committed. Whoever finds its claim gone writes nothing.
Source: M. Kleppmann, "How to do distributed locking" (fencing tokens): a lease alone does not stop a paused process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from messages.message import message
from provisioning.database_clock import with_clock
from provisioning.db_retry import db_retry
from provisioning.models import Run

Result = TypeVar("Result")


class RunMovedError(Exception):
    """The run is no longer in the state, or no longer ours, that we thought: somebody else moved it."""


class Fence:
    """One claim on one run; a claim of None stands for a run that nobody holds."""

    def __init__(self, run: Run, claim: UUID | None) -> None:
        self.run = run
        self.claim = claim

    @property
    def held(self) -> QuerySet[Run]:
        """The run's row as long as the claim holds, none afterwards."""
        return Run.objects.filter(pk=self.run.pk, claim_token=self.claim)

    def locked(self) -> Run:
        """Return the run as the database has it, its row locked until the transaction's end; raises RunMovedError.

        It was read by the database's clock (`database_clock.read_at`).
        """
        run = with_clock(self.held.select_for_update()).first()
        if run is None:
            raise self._moved()
        return run

    def require(self) -> None:
        """Raise RunMovedError unless the claim holds at this moment; for what begins and is no write."""
        if not db_retry(self.held.exists):
            raise self._moved()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Open a transaction in which the claim holds to the end; raises RunMovedError where it does not."""
        with transaction.atomic():
            if not self.held.select_for_update().values_list("pk", flat=True).first():
                raise self._moved()
            yield

    def write(self, call: Callable[[], Result]) -> Result:
        """Return what the call returns, made in one transaction in which the claim holds, however often it is tried.

        Raises RunMovedError, and the database's error where that is away for too long (`provisioning.db_retry`).
        """

        def once() -> Result:
            with self.writing():
                return call()

        return db_retry(once)

    def update(self, **fields: Any) -> None:
        """Write fields of the run, in the caller's transaction where there is one; raises RunMovedError.

        The row stays locked until that transaction's end.
        """
        if self.held.update(**fields) != 1:
            raise self._moved()

    def _moved(self) -> RunMovedError:
        return RunMovedError(message("Run #{pk} is no longer held by this worker.", pk=self.run.pk))
