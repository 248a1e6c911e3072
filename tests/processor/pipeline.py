"""A district's pipeline for tests: a database of its own, a bucket that tells a queue, dead letters, a secret."""

from __future__ import annotations

import contextlib
import functools
import io
import json
import os
import secrets
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_plus

import boto3
import psycopg
from psycopg import sql

from devtools.paths import ROOT
from processes.postgres import Postgres, database_url
from processor.database import Connections
from processor.ingest.process import Ingest, Result
from processor.ingest.queue import Queue
from processor.ingest.worker import Worker
from processor.metrics import Metrics
from processor.pseudonyms import Pseudonyms
from processor.secret import Secret
from tests.processor.databases import Databases
from tests.processor.warm import WarmProcess
from tests.sandbox.small_stack import admit_bucket

Process = subprocess.Popen[str] | WarmProcess
APPLICATION, OWNER, KEY = "homeroom_app", "homeroom_admin", "a key that never leaves the secret"
TABLES = (
    "school",
    "class",
    "academic_session",
    "student",
    "student_identity",
    "student_name",
    "student_subgroup",
    "enrolment",
    "assessment",
    "performance_level",
    "score_scale",
    "item_scale",
    "administration",
    "result",
    "result_tombstone",
)


@dataclass
class Pipeline:
    """Everything a test needs to send files and to look at what became of them."""

    admin: psycopg.Connection
    aws: str
    bucket: str
    queue_url: str
    dead_url: str
    secret_arn: str
    owner_arn: str
    metrics: io.StringIO = field(default_factory=io.StringIO)
    district_ids: frozenset[str] = frozenset()

    def client(self, name: str) -> Any:
        """Return a client of the sandbox."""
        return client(name, self.aws)

    @property
    def pseudonyms(self) -> Pseudonyms:
        """Return the district's pseudonyms."""
        return Pseudonyms({"pseudonym_key": KEY})

    def connections(self) -> Connections:
        """Return what opens connections as the application."""
        return Connections(Secret(self.client("secretsmanager"), self.secret_arn), tls="off")

    def worker(self) -> Worker:
        """Return a worker within this process."""
        sqs = self.client("sqs")
        return Worker(
            connections=self.connections(),
            queue=Queue(sqs, self.queue_url),
            queue_client=sqs,
            ingest=Ingest(self.client("s3"), self.pseudonyms, "maple-test", self.district_ids),
            metrics=Metrics("maple-test", self.metrics),
            bucket=self.bucket,
            dead_letter_url=self.dead_url,
            wait_seconds=0,
        )

    def upload(self, name: str, content: bytes | str) -> dict[str, Any]:
        """Put an object where schools put theirs; the bucket tells the queue. Returns S3's answer."""
        body = content.encode() if isinstance(content, str) else content
        answer = self.client("s3").put_object(Bucket=self.bucket, Key=f"incoming/{name}", Body=body)
        return dict(answer)

    def event(self, name: str, *, version_id: str = "", etag: str = "") -> str:
        """Return the message of S3 for an object."""
        stored = {"key": quote_plus(f"incoming/{name}", safe="/"), "versionId": version_id, "eTag": etag.strip('"')}
        entity = {"bucket": {"name": self.bucket}, "object": stored}
        return json.dumps({"Records": [{"eventName": "ObjectCreated:Put", "s3": entity}]})

    def drain(self) -> list[Result]:
        """Work on every message that waits."""
        worker, results = self.worker(), []
        try:
            while (message := worker.queue.receive(wait_seconds=0)) is not None:
                results.extend(worker.work_on(message))
        finally:
            worker._disconnect()
        return results

    def wait_until_settled(self, process: Process) -> None:
        """Wait until a worker's process has settled every message, its last words said; or has ended."""
        queue = Queue(self.client("sqs"), self.queue_url)
        while queue.waiting() != (0, 0) and process.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.1)

    def take(self, name: str, content: bytes | str) -> Result:
        """Upload one file, work on it, and return what came of it."""
        self.upload(name, content)
        (result,) = self.drain()
        return result

    def rows(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Return a query's rows, past row security."""
        return self.admin.execute(query, parameters).fetchall()

    def tables(self) -> dict[str, list[tuple[Any, ...]]]:
        """Return every data table's rows but for the file they came from."""
        tables = {}
        for name in TABLES:
            columns = [
                row[0]
                for row in self.rows(
                    "SELECT column_name FROM information_schema.columns WHERE table_schema = 'homeroom' "
                    "AND table_name = %s AND column_name <> 'file_id' ORDER BY ordinal_position",
                    name,
                )
            ]
            query = sql.SQL("SELECT {} FROM homeroom.{}").format(
                sql.SQL(", ").join(map(sql.Identifier, columns)), sql.Identifier(name)
            )
            tables[name] = sorted(self.admin.execute(query).fetchall(), key=repr)
        return tables

    def report(self, result: Result) -> str:
        """Return the report object of a file."""
        ((key,),) = self.rows("SELECT report_key FROM homeroom.file WHERE file_id = %s", result.file_id)
        body = self.client("s3").get_object(Bucket=self.bucket, Key=key)["Body"].read()
        return str(body.decode("utf-8-sig"))

    def environment(self, **more: str) -> dict[str, str]:
        """Return the variables that a task definition gives, and those that reach the sandbox."""
        return {
            "PATH": os.environ["PATH"],
            "AWS_ENDPOINT_URL": self.aws,
            "AWS_DEFAULT_REGION": "us-east-1",
            **{name: os.environ[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")},
            "DATABASE_SECRET_ARN": self.secret_arn,
            "DATABASE_OWNER_SECRET_ARN": self.owner_arn,
            "DATABASE_TLS": "off",
            "RESULTS_BUCKET": self.bucket,
            "RESULTS_QUEUE_URL": self.queue_url,
            "DEAD_LETTER_QUEUE_URL": self.dead_url,
            "DISTRICT": "maple-test",
            **more,
        }

    def start(self, *arguments: str, **more: str) -> WarmProcess:
        """Start the program by a fork of a warm process."""
        return WarmProcess(list(arguments), self.environment(**more))

    def start_cold(self, *arguments: str, **more: str) -> subprocess.Popen[str]:
        """Start the program as the stack does: an interpreter of its own."""
        return cold(arguments, self.environment(**more), subprocess.PIPE)


def cold(arguments: Sequence[str], environment: dict[str, str], out: int) -> subprocess.Popen[str]:
    """Start the program with an interpreter of its own; its output goes to the descriptor, or to a pipe."""
    command = [sys.executable, "-m", "processor", *arguments]
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=subprocess.STDOUT, text=True)


@functools.cache
def session() -> Any:
    """Return a session of the sandbox's account."""
    return boto3.session.Session(region_name="us-east-1")


@functools.cache
def client(name: str, aws: str) -> Any:
    """Return a client of the sandbox; making one takes as long as a small test."""
    return session().client(name, endpoint_url=aws)


def zipped(**files: str) -> bytes:
    """Return an archive of files, by their names without .csv."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(f"{name}.csv", content)
    return out.getvalue()


def _user(admin: psycopg.Connection, name: str, password: str, options: str) -> None:
    if not admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (name,)).fetchone():
        admin.execute(sql.SQL("CREATE ROLE {} LOGIN {}").format(sql.Identifier(name), sql.SQL(options)))
    admin.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(name), sql.Literal(password)))


@contextlib.contextmanager
def running_pipeline(postgres: Postgres, aws: str) -> Iterator[Pipeline]:
    """Make a pipeline: its database is owned by a user that is no superuser, as on Aurora."""
    suffix, password = secrets.token_hex(4), secrets.token_hex(8)
    databases = _databases(postgres)
    with psycopg.connect(postgres.url, autocommit=True) as server:
        _user(server, OWNER, password, "CREATEROLE")
        database = databases.take(password)
        _user(server, APPLICATION, password, "")
        server.execute(f"GRANT homeroom_application TO {APPLICATION}")
    admin = psycopg.connect(
        database_url(postgres.port, postgres.password, database), host=postgres.host, autocommit=True
    )
    where = {"host": postgres.host, "port": postgres.port, "dbname": database, "password": password}
    manager, s3, sqs = (client(name, aws) for name in ("secretsmanager", "s3", "sqs"))
    arns = [
        manager.create_secret(
            Name=f"{user}-{suffix}", SecretString=json.dumps({**where, "username": user, "pseudonym_key": KEY})
        )["ARN"]
        for user in (APPLICATION, OWNER)
    ]
    dead = sqs.create_queue(QueueName=f"dead-{suffix}")["QueueUrl"]
    policy = {"deadLetterTargetArn": _arn(dead), "maxReceiveCount": 3}
    redrive = {"RedrivePolicy": json.dumps(policy)}
    queue = sqs.create_queue(QueueName=f"results-{suffix}", Attributes=redrive)["QueueUrl"]
    bucket = f"results-{suffix}"
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    rules = [{"Key": {"FilterRules": [{"Name": "prefix", "Value": "incoming/"}]}}]
    notification = {"QueueArn": admit_bucket(sqs, queue, bucket), "Events": ["s3:ObjectCreated:*"], "Filter": rules[0]}
    s3.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"QueueConfigurations": [notification]}
    )
    pipeline = Pipeline(admin, aws, bucket, queue, dead, arns[0], arns[1])
    try:
        pipeline.drain()
        yield pipeline
        databases.give_back(database, admin)
    finally:
        admin.close()


@functools.cache
def _databases(postgres: Postgres) -> Databases:
    return Databases(postgres, OWNER)


def _arn(url: str) -> str:
    """Return a queue's ARN by its address (Amazon SQS, "Queue and message identifiers")."""
    account, name = url.split("/")[-2:]
    return f"arn:aws:sqs:us-east-1:{account}:{name}"
