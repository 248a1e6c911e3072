"""Runs the Terraform of one run under supervision, and keeps in the database what another worker needs to go on."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models.functions import Now
from django.utils import timezone

from engine.errors import AwsUnavailableError
from engine.processes.child import Ended, Poll
from engine.processes.host import this_host
from engine.processes.supervised import NotBegunError, Stop, StopPoll, Supervised, Terms, follow_process, start
from engine.processes.supervisor import ticking
from engine.settings import EngineSettings
from engine.state.lock import LOCKING, read_lock
from engine.state.store import state_key
from engine.terraform.workspace import COMMANDS, entries
from provisioning.database_clock import database_now
from provisioning.db_retry import db_retry
from provisioning.runs.claim import lease
from provisioning.runs.fence import Fence
from provisioning.runs.recorder import Recorder
from provisioning.states.runs import RunState
from provisioning.terraform_state.suspects import clock_ahead

logger = logging.getLogger(__name__)

LOCK_LOOK_SECONDS = 2.0


def terms(command: str) -> Terms:
    """Return how long a command may go on without a worker: an apply long enough to be taken over, others not."""
    orphan = settings.ORPHAN_SECONDS if command == "apply" else settings.LEASE_SECONDS
    return Terms(float(orphan), float(settings.CANCEL_GRACE_SECONDS))


class Supervision:
    """A runner for `Terraform`: starts each command under a supervisor, records it, and follows it."""

    def __init__(
        self, fence: Fence, settings: EngineSettings, recorder: Recorder, *, stop: StopPoll, held: Callable[[], bool]
    ) -> None:
        self.fence = fence
        self.run = fence.run
        self.held = held
        self.settings = settings
        self.look_at = 0.0
        self.recorder = recorder
        self.stop = stop

    def __call__(
        self,
        command: Sequence[str],
        *,
        cwd: Path,
        environment: Mapping[str, str],
        on_line: Callable[[str], None],
        poll: Poll,
        keep: Sequence[int] = (),
    ) -> Ended:
        """Run a command to its end; `poll` is not asked, since `stop` says the same more precisely."""
        # What a run stores in its verification is only what AWS says: nobody has to go on with that.
        name = "refresh" if self.run.state_badge is RunState.VERIFYING else command[1]
        running = self._start(name, command, cwd, environment, keep)
        self.remember(running.as_data())
        self.recorder.begin_file()
        return self._follow(running, on_line, Stop.NO)

    def stopped_by(self, stop: StopPoll) -> Supervision:
        """Return the same for what another condition stops."""
        return Supervision(self.fence, self.settings, self.recorder, stop=stop, held=self.held)

    def _start(
        self, name: str, command: Sequence[str], cwd: Path, environment: Mapping[str, str], keep: Sequence[int]
    ) -> Supervised:
        """Record what is to begin and where its files will lie, and begin it within the lease that this renews."""
        while True:
            folder = cwd / COMMANDS / f"{_next_number(cwd)}-{name}"
            before = ticking() + float(settings.LEASE_SECONDS)
            self._intend(Supervised(folder, this_host(), name, terms(name)), cwd)
            try:
                return start(
                    command,
                    folder=folder,
                    cwd=cwd,
                    environment=environment,
                    terms=terms(name),
                    name=name,
                    begin_before=before,
                    keep=keep,
                )
            except NotBegunError:
                # We were paused for longer than the lease. Where the run is still ours it is begun once more.
                logger.warning("Run #%s: its %s did not begin within the lease.", self.run.number, name)
            except OSError:
                self.remember({"ended": None})
                raise

    def _intend(self, intent: Supervised, workspace: Path) -> None:
        """Write which command is to begin, before anything of it is there; raises RunMovedError once the claim is gone.

        A worker that dies from here on leaves a record that leads to the folder, and the folder to what lives. What
        may have left a lock stays known beside a command that takes none, and beside any where it was killed.
        """
        last, now, by_host = self.run.process, db_retry(database_now), timezone.now()
        process = intent.as_data() | {"workspace": str(workspace), "started_at": now.isoformat()}
        # Terraform dates its lock by this host's clock, which may be another than the database's.
        process["clock_ahead"] = (by_host - now).total_seconds()
        is_holder = last.get("command") in LOCKING
        holder = {key: value for key, value in last.items() if key != "holder"} if is_holder else last.get("holder")
        if holder and (intent.command not in LOCKING or not _has_ended_by_itself(holder)):
            process |= {"holder": holder}
        fields = {"process": process, "event_offset": 0, "heartbeat_at": Now(), "lease_until": Now() + lease()}
        self.fence.write(lambda: self.fence.update(**fields))
        self.run.process = process

    def resume(self, process: dict[str, Any]) -> Callable[..., Ended]:
        """Return a runner that follows what an earlier worker started, from where that one stopped."""

        def runner(
            command: Sequence[str],
            *,
            cwd: Path,
            environment: Mapping[str, str],
            on_line: Callable[[str], None],
            poll: Poll,
            keep: Sequence[int] = (),
        ) -> Ended:
            self.recorder.begin_file(seen=self.run.event_offset)
            running = Supervised.from_data(process)
            self.remember(running.as_data())
            return self._follow(running, on_line, Stop(process.get("told", Stop.NO)))

        return runner

    def _follow(self, running: Supervised, on_line: Callable[[str], None], requested: Stop) -> Ended:
        def take(line: str, position: int) -> None:
            self.recorder.position = position
            on_line(line)

        def poll() -> Stop:
            stop = self.stop()
            self._note_lock(running)
            return stop

        self.look_at = time.monotonic() + LOCK_LOOK_SECONDS
        result = follow_process(
            running,
            on_line=take,
            poll=poll,
            held=self.held,
            on_stop=lambda stop: self.remember({"told": int(stop)}),
            requested=requested,
        )
        self.remember({"ended": result.status})
        return result

    def _note_lock(self, running: Supervised) -> None:
        """Keep the id of the state's lock that the command holds: should it die, its lock is known by it."""
        if running.command not in LOCKING or "lock_id" in self.run.process or time.monotonic() < self.look_at:
            return
        self.look_at = time.monotonic() + LOCK_LOOK_SECONDS
        try:
            lock = read_lock(self.settings, state_key(self.run.spec["suffix"]))
        except AwsUnavailableError as error:
            logger.debug("Run #%s: the state's lock could not be read: %s", self.run.number, error)
            return
        if lock is not None and lock.created >= self._began_by_host():
            self.remember({"lock_id": lock.id})

    def _began_by_host(self) -> datetime:
        """Return when the command was recorded, by the clock that this host had then."""
        process = self.run.process
        return datetime.fromisoformat(process["started_at"]) + clock_ahead(process)

    def remember(self, more: dict[str, Any]) -> None:
        """Write what more is known of the command at work; raises RunMovedError."""
        process = {**self.run.process, **more}
        self.fence.write(lambda: self.fence.update(process=process))
        self.run.process = process


def _next_number(workspace: Path) -> int:
    """Return the number of the next command in a workspace; an earlier worker may have begun some."""
    numbers = [folder.name.partition("-")[0] for folder in entries(workspace / COMMANDS)]
    return 1 + max((int(number) for number in numbers if number.isdigit()), default=0)


def _has_ended_by_itself(process: Mapping[str, Any]) -> bool:
    """Return whether a command was seen to end with a status of its own: then it has released its lock, or said why."""
    status = process.get("ended")
    return status is not None and status >= 0
