"""Makes boto3 clients for the engine's own few calls, and turns their failures into the engine's errors."""

from __future__ import annotations

import contextlib
import functools
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import botocore.session
from boto3.session import Session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.loaders import Loader

from engine.errors import AwsUnavailableError
from engine.known_errors.hints import hint_for
from engine.settings import EngineSettings
from engine.spans import watch
from messages.message import message

CONFIG = Config(connect_timeout=5, read_timeout=30, retries={"max_attempts": 3, "mode": "standard"})
PATIENT = CONFIG.merge(Config(retries={"total_max_attempts": 6, "mode": "standard"}))
"""For reads that decide something: throttling, 5xx and lost connections are tried six times, for half a minute at most.
"""


CREDENTIALS = (
    *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"),
    *("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI"),
)
"""What says in the environment who the worker is. Credentials that end are renewed by the client that has them."""


class Models(Loader):
    """The services' models, read once for all sessions of this process: EC2's alone are megabytes of JSON."""

    @property
    def search_paths(self) -> list[str]:
        """Where they lie; a copy, since every session of boto3 appends to it."""
        return list(super().search_paths)


MODELS = Models()


KEPT_SECONDS = 600
"""How old a session may be that is handed out again: who gets it may work with it for three quarters of an hour."""
MOST_SESSIONS = 64
"""So many are kept, with their clients; thousands of accounts have their turn one after the other."""
NO_LONGER_VALID = frozenset(
    {"ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException"}
)
_making = threading.Lock()
_sessions: dict[tuple[object, ...], tuple[float, Session]] = {}
_clients: WeakKeyDictionary[Session, dict[tuple[object, ...], Any]] = WeakKeyDictionary()


@dataclass(frozen=True)
class DeployRole:
    """The role that is assumed in a district's account, and the external id that its trust policy asks for."""

    arn: str
    external_id: str | None = None


def new_session(**credentials: str) -> Session:
    """Return a session with these credentials, or the worker's own."""
    inner = botocore.session.Session()
    inner.register_component("data_loader", MODELS)
    watch(inner)
    return Session(botocore_session=inner, **credentials)


def session_in(settings: EngineSettings, region: str, role: DeployRole | None, *, anew: bool = False) -> Session:
    """Return a session in the account of the role, or with the worker's own credentials; raises AwsUnavailableError.

    One is kept for the process, with its clients, for as long as most of its hour is left. With `anew` the role is
    assumed now: where the question is whether AWS lets us in.
    """
    whose = (*_whose(), role, region, settings.aws_endpoint_url)
    with _making:
        cached = _sessions.get(whose)
        if cached is not None and not anew and time.monotonic() - cached[0] < KEPT_SECONDS:
            return cached[1]
    # Not within the lock: where AWS is slow for one account, others need not wait.
    session = session_of_its_own(settings, region, role)
    with _making:
        _sessions.pop(whose, None)
        while len(_sessions) >= MOST_SESSIONS:
            del _sessions[next(iter(_sessions))]
        _sessions[whose] = (time.monotonic(), session)
    return session


def forget_sessions() -> None:
    """Hand no session out again that was made before: AWS says of one that it is no longer valid."""
    with _making:
        _sessions.clear()


def session_of_its_own(settings: EngineSettings, region: str, role: DeployRole | None) -> Session:
    """Return a session that nobody else has, for whoever listens to its events; raises AwsUnavailableError."""
    own = new_session()
    if role is None:
        return own
    arguments = {"ExternalId": role.external_id} if role.external_id else {}
    with answering(message("assume the role {arn}", arn=role.arn)):
        credentials = client(settings, "sts", region).assume_role(
            RoleArn=role.arn, RoleSessionName="homeroom-inventory", **arguments
        )["Credentials"]
    return new_session(
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    )


def client(
    settings: EngineSettings,
    service: str,
    region: str,
    session: Session | None = None,
    config: Config = CONFIG,
) -> Any:
    """Return a client; the endpoint is AWS's own unless the settings name another.

    It is kept with its session, or for the process where it has the worker's own credentials: to make one costs some
    hundredths of a second. Threads may share a client, but not make two of one session at a time (boto3,
    "Multithreading or multiprocessing with clients").
    """
    arguments = (service, region, settings.aws_endpoint_url, config)
    if session is None:
        return _cached_client(_whose(), *arguments)
    with _making:
        clients = _clients.setdefault(session, {})
        if arguments not in clients:
            clients[arguments] = _create_client(session, *arguments)
        return clients[arguments]


def _whose() -> tuple[object, ...]:
    """Return what tells one process's credentials from another's; a fork has connections of its own."""
    return (os.getpid(), *(os.environ.get(name) for name in CREDENTIALS))


@functools.lru_cache(maxsize=64)
def _cached_client(whose: tuple[object, ...], service: str, region: str, endpoint: str | None, config: Config) -> Any:
    """Return the client of this process and these credentials."""
    return _create_client(new_session(), service, region, endpoint, config)


def _create_client(session: Session, service: str, region: str, endpoint: str | None, config: Config) -> Any:
    return session.client(  # type: ignore[call-overload]
        service, region_name=region, endpoint_url=endpoint, config=config
    )


@contextlib.contextmanager
def answering(what: str) -> Iterator[None]:
    """Raise AwsUnavailableError, saying what was tried, for whatever boto3 raises within."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        if isinstance(error, ClientError) and error_code(error) in NO_LONGER_VALID:
            forget_sessions()
        hint = hint_for(str(error))
        raise AwsUnavailableError(
            message("AWS did not let us {what}.", what=what), detail=str(error), remedy=hint.remedy if hint else None
        ) from error


def error_code(error: ClientError) -> str:
    """Return AWS's code of an error."""
    return str(error.response.get("Error", {}).get("Code", ""))
