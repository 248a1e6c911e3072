"""Makes boto3 clients for the engine's own few calls, and turns their failures into the engine's errors."""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.loaders import Loader

from provisioning.engine.errors import AwsUnavailable
from provisioning.engine.hints import hint_for
from provisioning.engine.settings import EngineSettings
from provisioning.engine.spans import watch

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


@dataclass(frozen=True)
class DeployRole:
    """The role that is assumed in a district's account, and the external id that its trust policy asks for."""

    arn: str
    external_id: str | None = None


def new_session(**credentials: str) -> boto3.session.Session:
    """Return a session with these credentials, or the worker's own."""
    inner = botocore.session.Session()
    inner.register_component("data_loader", MODELS)
    watch(inner)
    return boto3.session.Session(botocore_session=inner, **credentials)


def session_in(settings: EngineSettings, region: str, role: DeployRole | None) -> boto3.session.Session:
    """Return a session in the account of the role, or with the worker's own credentials; raises AwsUnavailable."""
    own = new_session()
    if role is None:
        return own
    known = {"ExternalId": role.external_id} if role.external_id else {}
    with answering(f"assume the role {role.arn}"):
        told = client(settings, "sts", region, own).assume_role(
            RoleArn=role.arn, RoleSessionName="homeroom-inventory", **known
        )["Credentials"]
    return new_session(
        aws_access_key_id=told["AccessKeyId"],
        aws_secret_access_key=told["SecretAccessKey"],
        aws_session_token=told["SessionToken"],
    )


def client(
    settings: EngineSettings,
    service: str,
    region: str,
    session: boto3.session.Session | None = None,
    config: Config = CONFIG,
) -> Any:
    """Return a client; the endpoint is AWS's own unless the settings name another.

    One of the worker's own credentials is kept for the process: to make one costs some hundredths of a second.
    """
    if session is None:
        given = tuple(os.environ.get(name) for name in CREDENTIALS)
        return _kept((os.getpid(), *given), service, region, settings.aws_endpoint_url, config)
    return session.client(  # type: ignore[call-overload]
        service, region_name=region, endpoint_url=settings.aws_endpoint_url, config=config
    )


@functools.lru_cache(maxsize=64)
def _kept(whose: tuple[object, ...], service: str, region: str, endpoint: str | None, config: Config) -> Any:
    """Return the client of this process and these credentials; a fork has connections of its own."""
    session = new_session()
    return session.client(  # type: ignore[call-overload]
        service, region_name=region, endpoint_url=endpoint, config=config
    )


@contextlib.contextmanager
def answering(what: str) -> Iterator[None]:
    """Raise AwsUnavailable, saying what was tried, for whatever boto3 raises within."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        hint = hint_for(str(error))
        raise AwsUnavailable(
            f"AWS did not let us {what}.", detail=str(error), remedy=hint.remedy if hint else None
        ) from error


def error_code(error: ClientError) -> str:
    """Return AWS's code of an error."""
    return str(error.response.get("Error", {}).get("Code", ""))
