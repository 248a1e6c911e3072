"""A worker's hold on a run: moves it, notices what people ask of it meanwhile, and waits out what is away for a moment.

Every step of the execution is given this and nothing else of the run's keeping.
"""

from __future__ import annotations

import queue
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID

from django.conf import settings as django_settings

from engine.aws.waiting import wait
from engine.errors import EngineError, InterruptedRunError, PhaseTimedOutError
from engine.processes.supervised import Stop
from engine.processes.supervisor import ticking
from engine.settings import EngineSettings
from infra.durations import STEPS
from messages.message import Message, message
from provisioning.database_clock import read_at, with_clock
from provisioning.db_retry import db_retry, going_on_while_away
from provisioning.execution.lease import Heartbeat
from provisioning.models import Run
from provisioning.runs.fence import Fence, RunMovedError
from provisioning.runs.guards import at_rest
from provisioning.runs.recorder import Recorder
from provisioning.runs.transitions import TransitionRefusedError, move
from provisioning.states.runs import ACTIVE_STATES, RunState
from registry.state_table import By

Result = TypeVar("Result")
ASK_SECONDS = 0.5
"""How often the database is asked whether the run is to stop."""

LONGEST = {RunState(name): longest for name, longest in STEPS.items()}


def longest(state: RunState) -> timedelta:
    """Return how long a run may be in a step."""
    return LONGEST.get(state, LONGEST[RunState.APPLYING])


PASSING = frozenset(
    {"aws_unreachable", "aws_unavailable", "aws_fault", "throttled", "terraform_killed", "provider_unavailable"}
)
"""Errors of a read that may be gone the next time."""
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 1.0, 15.0


class StillAtWorkError(Exception):
    """The run cannot go on here and does not end either: something of it may still be at work. It is taken over."""


class RunContext:
    """One run, held by one claim."""

    def __init__(self, run: Run, claim: UUID, settings: EngineSettings) -> None:
        self.run = run
        self.claim = claim
        self.settings = settings
        self.attempt = run.attempt
        """Which of the run's attempts this is; the run's own number moves on when another worker takes it."""
        self.fence = Fence(run, claim)
        self.recorder = Recorder(self.fence)
        self.heartbeat = Heartbeat(run, claim, self.is_far_too_late)
        self._said: queue.SimpleQueue[tuple[str, Message, str, dict[str, Any]]] = queue.SimpleQueue()
        self.asked_at = 0.0
        self.asked = Stop.NO
        self.asked_by_people_at: float | None = None
        """When this worker first saw that somebody has asked the run to stop (`ticking`)."""
        self.deadline = self._deadline_of(run.state_badge)
        """Until when the step may take (`ticking`): the wall clock may be set at any moment, and ends no step."""

    # --- what people ask, and what the clock says

    def stop(self) -> Stop:
        """Write what is due, and say how urgently the run is to stop. Raises RunMovedError when it is not ours."""
        self.keep_alive()
        now = time.monotonic()
        if now - self.asked_at >= ASK_SECONDS:
            self.asked_at = now
            with going_on_while_away(f"Run #{self.run.number}: nobody knows whether it is to stop"):
                self.asked = max(self._stop_by_people(), self._stop_by_clock())
        return self.asked

    def keep_alive(self) -> Stop:
        """Write what is due; for reads that are to be finished even when the run was asked to stop.

        Raises RunMovedError when the run is no longer ours.
        """
        if self.heartbeat.taken:
            raise RunMovedError(message("Run #{number} is no longer held by this worker.", number=self.run.number))
        self.listen()
        self.recorder.tick()
        return Stop.NO

    def say(self, kind: str, message: Message, *, level: str = "info", **data: Any) -> None:
        """Have an event written by the thread that keeps the run; for every other thread."""
        self._said.put((kind, message, level, data))

    def listen(self) -> None:
        """Take over what other threads have said."""
        while not self._said.empty():
            kind, message, level, data = self._said.get()
            self.recorder.note(kind, message, level=level, data=data)

    def is_far_too_late(self) -> bool:
        """Return whether the step is over its time by more than ending it takes: then the worker itself hangs."""
        return ticking() - self.deadline > 4 * self.grace_seconds

    def is_asked_to_stop(self) -> bool:
        """Return whether somebody has asked this run to stop."""
        return db_retry(self._stop_by_people) is not Stop.NO

    def _stop_by_people(self) -> Stop:
        asked = self.fence.held.filter(state=RunState.CANCELLING).values_list("force_stop_requested_at").first()
        if asked is None:
            return Stop.NO
        (force_stop_requested_at,) = asked
        if self.asked_by_people_at is None:
            # Terraform hears of it from this worker, now: its grace begins here, not when somebody's clock was read.
            self.asked_by_people_at = ticking()
        if force_stop_requested_at is not None:
            return Stop.KILL
        is_over = ticking() - self.asked_by_people_at > self.grace_seconds
        return Stop.TERMINATE if is_over else Stop.INTERRUPT

    def _stop_by_clock(self) -> Stop:
        late = ticking() - self.deadline
        if late <= 0:
            return Stop.NO
        grace = self.grace_seconds
        return Stop.INTERRUPT if late <= grace else Stop.TERMINATE if late <= 2 * grace else Stop.KILL

    def _deadline_of(self, state: RunState) -> float:
        return ticking() + longest(state).total_seconds()

    @property
    def grace_seconds(self) -> float:
        """How long Terraform may take to end what it has in hand."""
        return float(django_settings.CANCEL_GRACE_SECONDS)

    def interruption(self, error: InterruptedRunError) -> tuple[RunState, EngineError]:
        """Return the end of a run that was interrupted, and the error to show: by whom or what decides."""
        if self.is_asked_to_stop():
            return RunState.CANCELED, error
        if ticking() > self.deadline:
            step = self.run.state_badge
            sentence = message(
                "{step} took longer than {hours}.",
                step=step.word,
                hours=_hours(longest(step)),
            )
            return RunState.FAILED, PhaseTimedOutError(sentence, detail=str(error))
        stopped = EngineError(message("Terraform stopped because no worker followed it."), detail=str(error))
        stopped.code = "worker_lost"
        return RunState.FAILED, stopped

    # --- moves

    def enter(self, state: RunState, **fields: Any) -> None:
        """Move on; raises InterruptedRunError where the run is to stop, RunMovedError where it is not ours."""
        db_retry(self.recorder.flush)
        try:
            self.move(state, **fields)
        except (RunMovedError, TransitionRefusedError):
            if self.is_asked_to_stop():
                raise InterruptedRunError(message("The run was canceled.")) from None
            raise
        self.deadline = self._deadline_of(state)

    def move(self, state: RunState, **fields: Any) -> None:
        """Move the run, however often the database is away meanwhile."""

        def once() -> None:
            self.run.refresh_from_db()
            ours = self.run.claim_token == self.claim or state not in ACTIVE_STATES
            if self.run.state_badge is state and ours:
                return  # the connection broke after the commit
            move(self.run, state, by=By.WORKER, claim=self.claim, **fields)

        db_retry(once)

    def is_at_rest(self) -> bool:
        """Return whether nothing of the run can still be at work; raises RunMovedError where it is not ours to say."""
        run = db_retry(with_clock(self.fence.held).first)
        if run is None:
            raise RunMovedError(message("Run #{number} is no longer held by this worker.", number=self.run.number))
        return at_rest(run, read_at(run))

    def end(self, state: RunState, error: EngineError | None = None) -> None:
        """Write the last events and move the run to its end.

        Raises StillAtWorkError, and leaves the run to be lost and taken over, while something of it may be at work:
        whoever ended it then would give its district and its folder to others under a living Terraform.
        """
        if not self.is_at_rest():
            why = error.summary if error is not None else message("It was to be {state}.", state=state.word.lower())
            sentence = message(
                "The run goes on with another worker, since its Terraform may still be at work. {why}", why=why
            )
            self.recorder.note("recovery", sentence, level="error", data={"detail": error.detail if error else ""})
            db_retry(self.recorder.flush)
            raise StillAtWorkError(
                message("Run #{number} does not end while something of it may be at work.", number=self.run.number)
            ) from error
        fields: dict[str, Any] = {"error_code": "", "error_summary": "", "error_remedy": "", "error_detail": ""}
        if error is not None:
            self.recorder.note("run", error.summary, level="error" if state is RunState.FAILED else "warning")
            fields = {
                "error_code": error.code,
                "error_summary": error.summary,
                "error_remedy": error.remedy,
                "error_detail": error.detail,
                "error_address": error.address[:255],
            }
        self.recorder.note("run", message("The run ended: {state}.", state=state.word.lower()))
        db_retry(self.recorder.flush)
        try:
            self.move(state, **fields)
        except RunMovedError:
            # Asked to stop at the very end: the run is Cancelling now, and ends as it truly did.
            self.move(state, **fields)

    # --- patience

    def reading(self, what: Message, call: Callable[[], Result], mend: Callable[[], object] = lambda: None) -> Result:
        """Return what a read returns, tried again while AWS is away; `mend` is called before each further try.

        Raises its error when it is no passing one, or after AWS_PATIENCE_SECONDS, and RunMovedError instead of a try
        once the claim is gone. A command that its supervisor ended, since the database was away for longer than the
        lease and nobody could renew it, is tried again too.
        """
        deadline, pause = 0.0, FIRST_PAUSE_SECONDS
        while True:
            self.fence.require()
            try:
                return call()
            except EngineError as error:
                passing = error.code in PASSING or (isinstance(error, InterruptedRunError) and self._nobody_asked())
                # Patience begins with the first failure: what is read may take many minutes to fail.
                deadline = deadline or time.monotonic() + django_settings.AWS_PATIENCE_SECONDS
                if not passing or time.monotonic() + pause > deadline:
                    raise
                sentence = message(
                    "{what} did not work ({summary}); trying again in {pause} s.",
                    what=what,
                    summary=error.summary,
                    pause=f"{pause:.0f}",
                )
                self.recorder.note("retry", sentence, level="warning", data={"detail": error.detail})
            self.pause(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
            mend()

    def _nobody_asked(self) -> bool:
        return ticking() <= self.deadline and not self.is_asked_to_stop()

    def pause(self, seconds: float) -> None:
        """Wait, while the lease is renewed; raises InterruptedRunError as soon as the run is to stop."""
        if wait(seconds, lambda: self.stop() is not Stop.NO):
            raise InterruptedRunError(message("The run was canceled."))


def _hours(span: timedelta) -> str:
    minutes = int(span.total_seconds() // 60)
    return (
        message("{minutes} minutes", minutes=minutes)
        if minutes < 60
        else message("1 hour")
        if minutes == 60
        else message("{value} hours", value=minutes // 60)
    )
