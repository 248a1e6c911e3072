"""What each command of this program does; `processor.__main__` reads the arguments."""

from __future__ import annotations

import json
import logging
import os
import socket
import sys
import threading
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from botocore.exceptions import ClientError

from processor import aws, children, erasure, redrive
from processor.access_log import AccessLog
from processor.application_user import ensure_user
from processor.database import Connections
from processor.erasure import HeldError, Request, erase_school_year, erase_student, years_past_retention
from processor.ingest.process import Ingest
from processor.ingest.queue import VISIBLE_SECONDS, Queue
from processor.ingest.worker import ROLE, Worker
from processor.metrics import Metrics
from processor.pseudonym_key import ensure_key, is_missing
from processor.pseudonyms import Pseudonyms
from processor.secret import Secret
from processor.settings import NEEDED, Settings
from processor.sources import credentials
from processor.sources.address import Reach
from processor.sources.pull import Pulling
from processor.tracing import tracing

logger = logging.getLogger("processor.worker")
KEY_SECONDS = 5


def say(answer: dict[str, Any]) -> None:
    """Write a command's answer: one JSON object on a line."""
    sys.stdout.write(json.dumps(answer) + "\n")


def connections(settings: Settings) -> Connections:
    """Return what opens connections as the application."""
    secret = Secret(aws.client("secretsmanager"), settings.need("database_secret").database_secret)
    return Connections(secret, tls=settings.database_tls, authorities=settings.database_ca)


def pseudonyms(settings: Settings) -> Pseudonyms:
    """Return what makes this district's pseudonyms."""
    return Pseudonyms(Secret(aws.client("secretsmanager"), settings.pseudonym_secret).fields())


def awaited_pseudonyms(settings: Settings, alive: Callable[[], None]) -> Pseudonyms:
    """Return what makes pseudonyms, once the migration has made the key: the services start before it does."""
    warned, pause = False, threading.Event()
    while True:
        try:
            return pseudonyms(settings)
        except ClientError as error:
            if not is_missing(error):
                raise
        if not warned:
            logger.warning("There is no pseudonym key yet: the worker waits for the migration.")
            warned = True
        alive()
        pause.wait(KEY_SECONDS)


def worker(settings: Settings, arguments: Namespace) -> int:
    """Take messages until told to end."""
    settings.need(*NEEDED["worker"])
    sqs = aws.client("sqs")
    traced = tracing("homeroom-worker", settings.district)
    group = settings.access_log_group
    stream = f"worker-{socket.gethostname()}-{os.getpid()}"
    alive = Path(settings.beat_file).touch if settings.beat_file else lambda: None
    key = awaited_pseudonyms(settings, alive)
    ingest = Ingest(aws.client("s3"), key, settings.district, settings.district_ids, traced)
    Worker(
        connections=connections(settings),
        queue=Queue(sqs, settings.queue_url, visible_seconds=arguments.visible_seconds or VISIBLE_SECONDS, alive=alive),
        queue_client=sqs,
        ingest=ingest,
        metrics=Metrics(settings.district),
        bucket=settings.bucket,
        dead_letter_url=settings.dead_letter_url,
        access_log=AccessLog(aws.client("logs"), group, stream) if group else None,
        pulling=pulling(settings, alive),
        wait_seconds=arguments.wait_seconds,
    ).run()
    traced.close()
    return 0


def pulling(settings: Settings, alive: Callable[[], None]) -> Pulling | None:
    """Return what pulls sources; none where the stack has no secret for theirs."""
    if not settings.sources_secret:
        return None
    manager = aws.client("secretsmanager")
    return Pulling(
        storage=aws.client("s3"),
        bucket=settings.bucket,
        credentials=lambda source_id: credentials.read(manager, settings.sources_secret, source_id),
        reach=Reach(settings.sources_let_in),
        alive=alive,
    )


def migrate(settings: Settings, arguments: Namespace) -> int:
    """Bring the database to this program's schema, as its owner, and make the application's user."""
    from processor.schema.migrate import migrate as bring

    settings.need(*NEEDED["migrate"])
    manager = aws.client("secretsmanager")
    owner = Connections(
        Secret(manager, settings.database_owner_secret), tls=settings.database_tls, authorities=settings.database_ca
    )
    application = Connections(
        Secret(manager, settings.database_secret), tls=settings.database_tls, authorities=settings.database_ca
    )
    with owner.open() as connection:
        revision = bring(connection)
        changed = ensure_user(connection, application.fields(), application.signs_in)
        own = settings.pseudonym_secret not in ("", settings.database_secret)
        key = own and ensure_key(manager, settings.pseudonym_secret, connection)
    words = {True: "made", False: "there"}
    say({"revision": revision, "application_user": words[changed], "pseudonym_key": words[key]})
    return 0


def redrive_command(settings: Settings, arguments: Namespace) -> int:
    """List the dead letters, or send them back to the queue."""
    settings.need("queue_url")
    sqs = aws.client("sqs")
    source = settings.dead_letter_url or redrive.dead_letter_url(sqs, settings.queue_url)
    with connections(settings).opened(ROLE, autocommit=True) as connection:
        letters = list(redrive.dead_letters(sqs, source, connection))
    for letter in letters:
        say({"id": letter.id, "code": letter.code, "cause": letter.cause})
        if arguments.list or (arguments.code and letter.code != arguments.code):
            redrive.put_back(sqs, letter, source=source)
        else:
            redrive.redrive(sqs, letter, source=source, target=settings.queue_url)
    return 0


@contextmanager
def writing(settings: Settings) -> Iterator[tuple[psycopg.Connection, Pseudonyms]]:
    """Open a writer's connection in autocommit mode, with the pseudonyms of the district's key, which is checked."""
    with connections(settings).opened(ROLE, autocommit=True) as connection:
        pseudonymizer = pseudonyms(settings)
        pseudonymizer.check(connection)
        yield connection, pseudonymizer


def erase(settings: Settings, arguments: Namespace) -> int:
    """Erase one student, and print the certificate."""
    request = Request(arguments.requested_by, arguments.reason, settings.need("district").district)
    with writing(settings) as (connection, pseudonymizer):
        say(erase_student(connection, pseudonymizer, arguments.student, request))
    return 0


def retain(settings: Settings, arguments: Namespace) -> int:
    """Erase the school years that ended more than so many years ago, and print a certificate of each."""
    request = Request("retention", f"kept for {arguments.years} years", settings.need("district").district)
    status = 0
    with writing(settings) as (connection, pseudonymizer):
        for year in years_past_retention(connection, datetime.now(UTC).date(), arguments.years):
            try:
                say(erase_school_year(connection, pseudonymizer, year, request))
            except HeldError as error:
                # A year that is held keeps no other from its end.
                logging.getLogger("processor").error("School year %d: %s", year, error)
                status = 2
    return status


def hold(settings: Settings, arguments: Namespace) -> int:
    """Place a hold on a student's records, or lift all that are there."""
    request = Request(arguments.requested_by, arguments.reason, settings.need("district").district)
    with writing(settings) as (connection, pseudonymizer):
        if arguments.lift:
            say({"lifted": erasure.lift(connection, pseudonymizer, arguments.student, request)})
        else:
            say({"holds": erasure.hold(connection, pseudonymizer, arguments.student, request)})
    return 0


def merge_students(settings: Settings, arguments: Namespace) -> int:
    """Make two records one student's, as a person has decided; what is the other's becomes the student's."""
    decision = children.Decision(arguments.requested_by, arguments.reason, settings.need("district").district)
    with writing(settings) as (connection, pseudonymizer):
        say(children.merge(connection, pseudonymizer, arguments.student, arguments.other, decision))
    return 0


def split_student(settings: Settings, arguments: Namespace) -> int:
    """Part an id, with the results that came under it, from the student it was matched with."""
    decision = children.Decision(arguments.requested_by, arguments.reason, settings.need("district").district)
    with writing(settings) as (connection, pseudonymizer):
        say(children.split(connection, pseudonymizer, arguments.student, decision))
    return 0


def check_chain(settings: Settings, arguments: Namespace) -> int:
    """Recompute the record of access; the exit status says whether the chain holds."""
    with connections(settings).opened("homeroom_auditor", autocommit=True) as connection:
        row = connection.execute("SELECT homeroom.first_broken_link()").fetchone()
        links = connection.execute("SELECT count(*) FROM homeroom.access_chain").fetchone()
    broken = row[0] if row else None
    say({"links": links[0] if links else 0, "first_broken": broken})
    return 0 if broken is None else 1
