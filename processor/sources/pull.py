"""One pull of one source: each resource's next batch becomes an object of the bucket, which is read like any upload.

A batch is noted before its object is written, and its cursor moves in the transaction that stores the object's rows
(`store.stored`). A worker that dies in between leaves an object that somebody stores all the same, or none, and then
the same is pulled again: nothing is passed over, and what comes twice is merged once.
"""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import psycopg

from processor.faults import reach
from processor.sources import store
from processor.sources.address import Reach
from processor.sources.client import Client, Credentials
from processor.sources.edfi import EdFi
from processor.sources.model import Kind, Reader, Source, Wish
from processor.sources.oneroster import OneRoster
from processor.sources.problems import ForbiddenError, NotOfferedError, SourceProblemError

logger = logging.getLogger("processor.sources")
READERS: dict[Kind, Reader] = {Kind.EDFI: EdFi(), Kind.ONEROSTER: OneRoster()}


def pause(seconds: float) -> None:
    """Wait; a signal ends it, as it ends anything else that the worker does."""
    threading.Event().wait(seconds)


@dataclass(frozen=True)
class Pulling:
    """What every pull works with."""

    storage: Any
    bucket: str
    credentials: Callable[[int], Credentials]
    reach: Reach
    alive: Callable[[], None] = lambda: None
    wait: Callable[[float], object] = field(default=pause)

    def pull_next(self, connection: psycopg.Connection) -> bool:
        """Pull a source that is due, and say whether there was one; the connection is the writer's, in autocommit."""
        source = store.claim_due(connection)
        if source is None:
            return False
        try:
            self._pull(connection, source)
        except SourceProblemError as problem:
            logger.warning(
                "A source could not be pulled.", extra={"facts": {"source": source.source_id, "code": problem.code}}
            )
            store.failed(connection, source, problem)
        finally:
            if not connection.closed:
                store.release(connection, source.source_id)
        return True

    def _pull(self, connection: psycopg.Connection, source: Source) -> None:
        reader = READERS[source.kind]
        base_client = Client(self.reach, self.credentials(source.source_id), "", wait=self.wait, alive=self.alive)
        client = reader.client(source, base_client)
        if source.wish == Wish.TEST:
            counts = reader.test(client, source)
            if not any(count is not None for count in counts.values()):
                raise nothing_offered()
            store.tested(connection, source, counts)
            return
        offered, waiting = 0, False
        refused: list[str] = []
        for resource in reader.resources:
            if source.wish != Wish.TRY and store.waits(connection, source.source_id, resource):
                offered, waiting = offered + 1, True
                continue
            try:
                waiting = self._resource(connection, source, client, resource) or waiting
                offered += 1
            except ForbiddenError:
                refused.append(resource)
            except NotOfferedError:
                continue
        if not offered:
            raise nothing_offered()
        store.ended(connection, source, waiting=waiting, problem=some_refused(refused) if refused else None)

    def _resource(self, connection: psycopg.Connection, source: Source, client: Client, resource: str) -> bool:
        """Pull one batch; say whether there is more to come, once this one is stored."""
        before = store.cursor_of(connection, source.source_id, resource)
        batch = READERS[source.kind].pull(client, source, resource, before)
        trial = source.wish == Wish.TRY
        if not batch.rows:
            if not trial and batch.after != before:
                store.move(connection, source.source_id, resource, before, batch.after, 0)
            return False
        key = f"{store.TRIED if trial else store.PULLED}{source.source_id}/{secrets.token_hex(8)}/{batch.file_name}"
        store.expect(connection, source, resource, before, batch, key)
        reach("batch noted")
        self.storage.put_object(Bucket=self.bucket, Key=key, Body=batch.content)
        reach("batch written")
        logger.info(
            "A batch was pulled.",
            extra={"facts": {"source": source.source_id, "resource": resource, "rows": batch.rows}},
        )
        return batch.more and not trial


def some_refused(resources: list[str]) -> SourceProblemError:
    """Return the problem of a source that was pulled but for some resources, which it refuses to this client."""
    return SourceProblemError(
        "resource_refused",
        f"The source refuses to hand out {', '.join(resources)}; everything else was pulled.",
        "Ask the vendor to let this client read them, or go on without.",
    )


def nothing_offered() -> SourceProblemError:
    """Return the problem of a source that refuses, or has not, every resource."""
    return SourceProblemError(
        "nothing_offered",
        "The source offers none of the resources that are read.",
        "Check the address, and ask the vendor to let this client read rosters and results.",
    )
