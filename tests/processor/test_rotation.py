"""The rotation function out of its own archive, against a real PostgreSQL and the sandbox's Secrets Manager."""

from __future__ import annotations

import importlib
import json
import logging
import sys
import uuid
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import boto3
import psycopg
import pytest
from psycopg import sql

from devtools.services.postgres import Postgres
from infra import rotation_package
from sandbox.launch import running_sandbox

STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")
FIRST = "first-password"


@pytest.fixture(scope="module")
def aws() -> Iterator[str]:
    with running_sandbox() as sandbox:
        yield sandbox.url


@pytest.fixture
def handler(tmp_path, monkeypatch, aws) -> Iterator[ModuleType]:
    """The function as Lambda would load it: its own code and libraries from the archive."""
    archive = tmp_path / "rotation.zip"
    rotation_package.build(archive)
    ours = [name for name in sys.modules if name.split(".")[0] == "rotation"]
    for name in ours:
        del sys.modules[name]
    monkeypatch.syspath_prepend(str(archive))
    monkeypatch.setenv("SECRETS_MANAGER_ENDPOINT", aws)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("DATABASE_TLS", "off")
    yield importlib.import_module("rotation.handler")
    for name in [name for name in sys.modules if name.split(".")[0] == "rotation"]:
        del sys.modules[name]


class District:
    """A database user whose password is in a secret, with a version that waits to be rotated to."""

    def __init__(self, server: Postgres, aws: str) -> None:
        self.server = server
        self.user = f"user_{uuid.uuid4().hex[:8]}"
        with psycopg.connect(server.url, autocommit=True) as connection:
            statement = "CREATE ROLE {} LOGIN PASSWORD {}"
            connection.execute(sql.SQL(statement).format(sql.Identifier(self.user), sql.Literal(FIRST)))
        self.client: Any = boto3.client("secretsmanager", endpoint_url=aws, region_name="us-east-1")
        fields = {
            "engine": "postgres",
            "host": "127.0.0.1",
            "port": server.port,
            "dbname": "homeroom",
            "username": self.user,
            "password": FIRST,
        }
        made = self.client.create_secret(Name=self.user, SecretString=json.dumps(fields))
        self.arn = made["ARN"]
        self.token = str(uuid.uuid4())
        self.client.put_secret_value(
            SecretId=self.arn,
            ClientRequestToken=self.token,
            SecretString=json.dumps(fields | {"password": "made-by-create-secret"}),
            VersionStages=["AWSPENDING"],
        )

    def event(self, step: str, token: str | None = None) -> dict[str, str]:
        return {"SecretId": self.arn, "ClientRequestToken": token or self.token, "Step": step}

    def password(self) -> str:
        told = self.client.get_secret_value(SecretId=self.arn, VersionStage="AWSCURRENT")
        return str(json.loads(told["SecretString"])["password"])

    def connect(self, password: str) -> psycopg.Connection[Any]:
        return psycopg.connect(
            host="127.0.0.1", port=self.server.port, dbname="homeroom", user=self.user, password=password
        )


@pytest.fixture
def district(postgres_server: Postgres, aws: str) -> District:
    return District(postgres_server, aws)


def test_the_four_steps_change_the_password_and_no_connection_breaks(handler, district, caplog):
    caplog.set_level(logging.DEBUG)
    with district.connect(FIRST) as held:
        for step in STEPS:
            handler.handle(district.event(step), None)
        assert held.execute("SELECT 1").fetchone() == (1,)
    assert district.password() != FIRST
    district.connect(district.password()).close()
    with pytest.raises(psycopg.OperationalError):
        district.connect(FIRST)
    assert district.password() not in caplog.text
    assert FIRST not in caplog.text


@pytest.mark.parametrize("repeated", STEPS)
def test_a_step_that_comes_twice_changes_nothing(handler, district, repeated):
    for step in STEPS:
        for _ in range(2 if step == repeated else 1):
            handler.handle(district.event(step), None)
    district.connect(district.password()).close()


@pytest.mark.parametrize("last", range(1, 4))
def test_a_rotation_that_stopped_halfway_is_done_anew(handler, district, last):
    for step in (*STEPS[:last], *STEPS):
        handler.handle(district.event(step), None)
    assert district.password() != FIRST
    district.connect(district.password()).close()


def test_a_version_that_is_not_known_is_refused(handler, district):
    with pytest.raises(handler.RotationRefused, match="not known"):
        handler.handle(district.event("createSecret", str(uuid.uuid4())), None)
    assert district.password() == FIRST


def test_a_password_that_does_not_open_the_database_is_not_made_current(handler, district):
    handler.handle(district.event("createSecret"), None)
    with pytest.raises(handler.RotationRefused, match="does not open"):
        handler.handle(district.event("testSecret"), None)
    assert district.password() == FIRST
