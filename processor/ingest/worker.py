"""The worker: takes messages until it is told to end, and then ends within the time that ECS gives.

On SIGTERM the file in work is given up at once, its message goes back, and the connection's end undoes what was staged.
"""

from __future__ import annotations

import logging
import signal
import threading
import time
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

import psycopg
from botocore.exceptions import BotoCoreError, ClientError

from processor.access_log import AccessLog, Sender
from processor.database import Connections
from processor.faults import reach
from processor.ingest import failures, messages
from processor.ingest.process import Ended, Ingest, Result
from processor.ingest.queue import Message, Queue
from processor.metrics import Metrics
from processor.problems import ObjectReplacedError, PoisonMessageError
from processor.reading.objects import look_up
from processor.sources.pull import Pulling
from processor.sources.schedule import SHORTEST_SECONDS, Timetable, is_call

logger = logging.getLogger("processor.worker")
ROLE = "homeroom_writer"
BUSY_SECONDS = 300
"""Each look counts as an attempt, of which the queue allows few: somebody else has the file, and it may be long."""
RETRY_SECONDS = 20
BACKLOG_SECONDS = 60


class Ending(KeyboardInterrupt):
    """This process was asked to end; psycopg cancels the statement in work for this kind of exception alone."""


@dataclass
class Worker:
    """Takes messages one by one."""

    connections: Connections
    queue: Queue
    queue_client: Any
    ingest: Ingest
    metrics: Metrics
    bucket: str
    dead_letter_url: str = ""
    access_log: AccessLog | None = None
    pulling: Pulling | None = None
    wait_seconds: int = 20
    _asked: threading.Event = field(default_factory=threading.Event)
    _connection: psycopg.Connection | None = None
    _sender: Sender | None = None
    _next_backlog: float = 0.0
    _timetable: Timetable = field(default_factory=Timetable)

    def run(self) -> None:
        """Work until SIGTERM or SIGINT."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        logger.info("The worker takes messages.")
        self._sender = Sender(self.access_log, self._opened) if self.access_log is not None else None
        try:
            while not self._asked.is_set():
                self._one_round()
        except Ending:
            pass
        finally:
            self._disconnect()
            if self._sender is not None:
                self._sender.close()
            logger.info("The worker has ended.")

    def work_on(self, message: Message) -> list[Result]:
        """Work on one message and settle it; what fails unexpectedly is remembered, and tried again by the queue."""
        try:
            with self.queue.kept_invisible(message, self._housekeeping):
                results = self._objects(message)
        except PoisonMessageError as error:
            self._give_up(message, error, last=True)
            return []
        except (psycopg.OperationalError, BotoCoreError) as error:
            logger.warning("The message goes back: %s.", type(error).__name__)
            self._disconnect()
            self.queue.give_back(message, seconds=0 if self._asked.is_set() else RETRY_SECONDS)
            return []
        except Exception as error:
            logger.exception("Working on a message failed.", extra={"facts": {"message_id": message.id}})
            self._disconnect()
            most = self.queue.most_attempts()
            self._give_up(message, failures.describe(error), last=most is not None and message.attempts >= most)
            return []
        except Ending:
            self._disconnect()
            self.queue.give_back(message)
            raise
        if any(result.ended is Ended.BUSY for result in results):
            self.queue.give_back(message, seconds=BUSY_SECONDS)
        else:
            self.queue.done(message)
        return results

    def _one_round(self) -> None:
        try:
            message = self.queue.receive(wait_seconds=0 if self._pull_is_due() else self.wait_seconds)
        except (ClientError, BotoCoreError) as error:
            logger.warning("The queue did not answer: %s.", type(error).__name__)
            self._asked.wait(RETRY_SECONDS)
            return
        if message is not None:
            reach("message received")
            self.work_on(message)
            if self._sender is not None:
                self._sender.used()
            self._read_timetable()
        elif self._pull_is_due():
            self.pull()
        else:
            # Nobody needs the database: it may pause.
            self._disconnect()
        self._housekeeping()

    def pull(self) -> bool:
        """Pull a source that is due, and say whether there was one; what fails unexpectedly is tried again later."""
        if self.pulling is None:
            return False
        try:
            pulled = self.pulling.pull_next(self._connected())
        except (psycopg.Error, ClientError, BotoCoreError) as error:
            logger.warning("Sources are pulled later: %s.", type(error).__name__)
            self._disconnect()
            self._timetable.later()
            return False
        if self._sender is not None:
            self._sender.used()
        # Where nothing was free, another worker pulls what is due.
        self._read_timetable(least=0.0 if pulled else SHORTEST_SECONDS)
        return pulled

    def _pull_is_due(self) -> bool:
        return self.pulling is not None and self._timetable.is_due()

    def _read_timetable(self, least: float = 0.0) -> None:
        if self.pulling is None:
            return
        try:
            self._timetable.read(self._connected(), least=least)
        except psycopg.Error as error:
            logger.warning("The timetable of sources is read later: %s.", type(error).__name__)
            self._disconnect()
            self._timetable.later()

    def _objects(self, message: Message) -> list[Result]:
        results = []
        for notice in messages.read(message.body, bucket=self.bucket):
            if is_call(notice.key):
                # The timetable is read anew after each message.
                continue
            try:
                which = look_up(self.ingest.storage, notice.bucket, notice.key, notice.version_id, notice.etag)
            except ObjectReplacedError:
                results.append(Result(Ended.SUPERSEDED))
                continue
            results.append(self.ingest.process(self._connected(), which, request=message.id))
            self._tell(results[-1])
        return results

    def _tell(self, result: Result) -> None:
        facts = {name: value for name, value in vars(result).items() if name != "ended"}
        logger.info("A file is %s.", result.ended.value, extra={"facts": facts})
        if result.ended is Ended.TRIED:
            # Nothing of it came in: it counts as no file.
            return
        self.metrics.put(
            FilesEnded=(1, "Count"),
            FilesRejected=(int(result.ended is Ended.REJECTED), "Count"),
            RowsAccepted=(result.accepted, "Count"),
            RowsRejected=(result.rejected, "Count"),
            RowsHeld=(result.held, "Count"),
            IngestSeconds=(result.seconds, "Seconds"),
        )

    def _give_up(self, message: Message, why: PoisonMessageError, *, last: bool) -> None:
        """Remember the cause; the last time, send the message to the dead letters with it."""
        try:
            failures.remember(self._connected(), message, why)
        except psycopg.Error as error:
            logger.warning("The cause could not be kept: %s.", type(error).__name__)
            self._disconnect()
        if last and self.dead_letter_url:
            failures.bury(self.queue_client, self.dead_letter_url, message, why)
            self.queue.done(message)
            logger.error("A message went to the dead letters.", extra={"facts": {"code": why.code}})
        else:
            self.queue.give_back(message, seconds=0 if last else RETRY_SECONDS)

    def _housekeeping(self) -> None:
        """Tell the backlog; between messages, and every minute of a long file."""
        now = time.monotonic()
        try:
            if now >= self._next_backlog:
                self._next_backlog = now + BACKLOG_SECONDS
                waiting, in_work = self.queue.waiting()
                # In work are at most the tasks that run: each takes one message at a time.
                per_task = waiting / max(1, in_work)
                self.metrics.put(Backlog=(waiting, "Count"), BacklogPerTask=(per_task, "Count"))
        except (ClientError, BotoCoreError) as error:
            logger.warning("The backlog could not be told: %s.", type(error).__name__)

    def _opened(self) -> psycopg.Connection:
        connection = self.connections.open(autocommit=True)
        connection.execute(f"SET ROLE {ROLE}")
        return connection

    def _connected(self) -> psycopg.Connection:
        if self._connection is None or self._connection.closed:
            self._connection = self._opened()
            self.ingest.pseudonyms.check(self._connection)
        return self._connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if not self._asked.is_set():
            self._asked.set()
            raise Ending
