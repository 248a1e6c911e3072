"""What the routes work with: one object for each process, made at its start and closed at its end."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from typing import Any

import boto3
import botocore.session
import psycopg
from botocore.config import Config
from psycopg_pool import ConnectionPool

from processor import aws, commands
from processor.access_log import AccessLog, Sender
from processor.analytics.service import Analytics
from processor.api.keys import Keys, given
from processor.api.revocations import Revocations
from processor.api.settings import ApiSettings
from processor.api.telemetry import Telemetry
from processor.api.tokens import Tokens
from processor.cache.iam import IamCredentials, replication_group
from processor.cache.singleflight import SingleFlight
from processor.cache.store import Store, connect
from processor.database import Connections, take_role
from processor.ingest.worker import ROLE as WRITER
from processor.metrics import Metrics
from processor.pseudonyms import Pseudonyms
from processor.settings import NEEDED, Settings
from processor.tracing import Tracing, tracing

READER = "homeroom_reader"
POOL = 12


@dataclass(frozen=True)
class Services:
    """Everything that answers need."""

    settings: Settings
    api: ApiSettings
    connections: Connections
    pool: ConnectionPool[psycopg.Connection]
    store: Store
    analytics: Analytics
    tokens: Tokens | None
    revocations: Revocations
    telemetry: Telemetry
    tracing: Tracing
    s3: Any
    sender: Sender | None

    def pseudonyms(self) -> Pseudonyms:
        """Return what makes pseudonyms; fetched when it is first needed and not kept in memory longer."""
        return commands.pseudonyms(self.settings)

    def close(self) -> None:
        """End what goes on."""
        self.telemetry.close()
        self.pool.close()
        if self.sender is not None:
            self.sender.close()
        self.tracing.close()


def cache(settings: Settings, api: ApiSettings) -> Store:
    """Return the cache as the environment says; without a host there is none."""
    if not settings.cache_host:
        return Store(None)
    credentials = None
    if settings.cache_tls and settings.cache_user and not api.cache_password:
        name = api.cache_name or replication_group(settings.cache_host)
        credentials = IamCredentials(botocore.session.get_session(), settings.cache_user, name)
    return Store(
        connect(
            settings.cache_host,
            settings.cache_port,
            tls=settings.cache_tls,
            credentials=credentials,
            password=api.cache_password,
            authorities=api.cache_authorities,
        )
    )


def services(settings: Settings, api: ApiSettings) -> Services:
    """Make them out of the environment; raises SettingMissingError where it says too little."""
    settings.need(*NEEDED["api"])
    opener = commands.connections(settings)
    sender = access_sender(settings, opener)
    pool = opener.pool(READER, most=POOL, given_back=sender.used if sender else lambda: None)
    store = cache(settings, api)
    return Services(
        settings=settings,
        api=api,
        connections=opener,
        pool=pool,
        store=store,
        analytics=Analytics(pool, SingleFlight(store), settings.district, least=api.least, at_hand=api.books_bytes),
        tokens=tokens(api),
        revocations=Revocations(pool),
        telemetry=Telemetry(Metrics(settings.district)),
        tracing=tracing("homeroom-api", settings.district),
        sender=sender,
        # Addresses to upload to are signed with version 4 alone: the bucket's key is in KMS.
        s3=boto3.client("s3", config=Config(signature_version="s3v4", s3={"addressing_style": "virtual"}))
        if not _local()
        else boto3.client("s3", config=Config(signature_version="s3v4")),
    )


def access_sender(settings: Settings, opener: Connections) -> Sender | None:
    """Return what sends the record of access on, as the one role that may say what was sent; none without a group."""
    if not settings.access_log_group:
        return None

    def opened() -> psycopg.Connection:
        connection = opener.open(autocommit=True)
        take_role(connection, WRITER)
        return connection

    stream = f"api-{socket.gethostname()}-{os.getpid()}"
    return Sender(AccessLog(aws.client("logs"), settings.access_log_group, stream), opened)


def tokens(api: ApiSettings) -> Tokens | None:
    """Return what checks tokens: by the keys that were given, or those that the issuer publishes; none without one."""
    if not api.issuer:
        return None
    keys = Keys(api.issuer, fetch=given(api.issuer, api.keys)) if api.keys else Keys(api.issuer)
    return Tokens(keys, issuer=api.issuer, audience=api.audience)


def _local() -> bool:
    """Return whether AWS is stood in for: its stand-in has no names for buckets."""
    return bool(os.environ.get("AWS_ENDPOINT_URL"))
