"""The rotation function out of its own archive, against a real PostgreSQL and the sandbox's Secrets Manager."""

from __future__ import annotations

import importlib
import json
import logging
import os
import ssl
import subprocess
import sys
import uuid
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import boto3
import psycopg
import pytest
from psycopg import sql

from devtools.environment import SANDBOX_CREDENTIALS
from infra import rotation_package
from infra.spec_values import REGIONS
from processes.postgres import Postgres
from sandbox.launch import running_sandbox
from sandbox.standins import lambda_runtime

STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")
FIRST = "first-password"


@pytest.fixture(scope="module")
def aws() -> Iterator[str]:
    with running_sandbox() as sandbox:
        yield sandbox.url


@pytest.fixture
def handler(function, monkeypatch, aws) -> ModuleType:
    """The function, with the sandbox's Secrets Manager."""
    monkeypatch.setenv("SECRETS_MANAGER_ENDPOINT", aws)
    module: ModuleType = function
    return module


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
        answer = self.client.create_secret(Name=self.user, SecretString=json.dumps(fields))
        self.arn = answer["ARN"]
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
        answer = self.client.get_secret_value(SecretId=self.arn, VersionStage="AWSCURRENT")
        return str(json.loads(answer["SecretString"])["password"])

    def connect(self, password: str) -> psycopg.Connection[Any]:
        return psycopg.connect(
            host="127.0.0.1", port=self.server.port, dbname="homeroom", user=self.user, password=password
        )


@pytest.fixture
def district(postgres_server: Postgres, aws: str) -> District:
    return District(postgres_server, aws)


def test_the_four_steps_change_the_password_and_no_connection_breaks(handler, district, caplog):
    caplog.set_level(logging.DEBUG)
    with district.connect(FIRST) as connection:
        for step in STEPS:
            handler.handle(district.event(step), None)
        assert connection.execute("SELECT 1").fetchone() == (1,)
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


class ApplicationOf(District):
    """The application's secret beside its owner's, as the stack makes them."""

    def __init__(self, server: Postgres, aws: str) -> None:
        super().__init__(server, aws)
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute(sql.SQL("ALTER ROLE {} CREATEROLE").format(sql.Identifier(self.user)))
        self.owner, self.owner_arn = self.user, self.arn
        self.user = f"app_{uuid.uuid4().hex[:8]}"
        fields = {
            "engine": "postgres",
            "host": "127.0.0.1",
            "port": server.port,
            "dbname": "homeroom",
            "username": self.user,
            "password": FIRST,
            "masterarn": self.owner_arn,
        }
        self.arn = self.client.create_secret(Name=self.user, SecretString=json.dumps(fields))["ARN"]
        self.rotations = 0

    def rotate(self, handler: ModuleType, steps: tuple[str, ...] = STEPS, token: str | None = None) -> str:
        """Do what Secrets Manager does: a pending version without a value, then the steps."""
        token = token or str(uuid.uuid4())
        self.client.put_secret_value(
            SecretId=self.arn,
            ClientRequestToken=token,
            SecretString=json.dumps(self.fields() | self.other(handler)),
            VersionStages=["AWSPENDING"],
        )
        for step in steps:
            handler.handle(self.event(step, token), None)
        return token

    def other(self, handler: ModuleType) -> dict[str, str]:
        self.rotations += 1
        return {"username": handler.next_user(self.fields()), "password": f"made{self.rotations}"}

    def fields(self) -> dict[str, Any]:
        answer = self.client.get_secret_value(SecretId=self.arn, VersionStage="AWSCURRENT")
        fields: dict[str, Any] = json.loads(answer["SecretString"])
        return fields

    def sign_in(self) -> psycopg.Connection[Any]:
        fields = self.fields()
        return psycopg.connect(
            host=fields["host"],
            port=fields["port"],
            dbname=fields["dbname"],
            user=fields["username"],
            password=fields["password"],
        )


@pytest.fixture
def application(postgres_server: Postgres, aws: str) -> Iterator[ApplicationOf]:
    created = ApplicationOf(postgres_server, aws)
    yield created
    with psycopg.connect(postgres_server.url, autocommit=True) as connection:
        for name in (created.user, f"{created.user}_clone", "homeroom_application"):
            connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(name)))


def test_the_application_takes_turns_between_two_users_and_no_connection_breaks(handler, application):
    application.rotate(handler)
    first = application.fields()
    assert first["username"] == f"{application.user}_clone"
    with application.sign_in() as connection:
        application.rotate(handler)
        assert application.fields()["username"] == application.user
        with application.sign_in() as second:
            assert connection.execute("SELECT 1").fetchone() == second.execute("SELECT 1").fetchone()
        # Who still holds the last secret can open new connections until the next rotation.
        psycopg.connect(
            host="127.0.0.1",
            port=first["port"],
            dbname=first["dbname"],
            user=first["username"],
            password=first["password"],
        ).close()
        application.rotate(handler)
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert application.fields()["username"] == first["username"]


@pytest.mark.parametrize("last", range(1, 4))
def test_a_turn_that_stopped_halfway_is_done_anew(handler, application, last):
    token = application.rotate(handler, STEPS[:last])
    for step in (*STEPS, *STEPS):
        handler.handle(application.event(step, token), None)
    application.sign_in().close()


def test_the_applications_users_have_their_rights_by_one_role(handler, application):
    application.rotate(handler)
    with application.sign_in() as connection:
        row = connection.execute("SELECT pg_has_role('homeroom_application', 'member')").fetchone()
    assert row == (True,)


def test_the_server_is_given_a_verifier_and_never_a_password(handler, district):
    verifier = importlib.import_module("rotation.database").verifier("s3cret")
    assert verifier.startswith("SCRAM-SHA-256$4096:")
    assert "s3cret" not in verifier


def a_test_of_the_configuration(district: District, fields: dict[str, Any] | None) -> str:
    """Do what Secrets Manager does where a rotation is set up and does not begin at once, and return the version."""
    token = str(uuid.uuid4())
    district.client.put_secret_value(
        SecretId=district.arn,
        ClientRequestToken=token,
        SecretString=json.dumps(fields or {"unlike": "any"}),
        VersionStages=["AWSPENDING"],
    )
    return token


def test_what_secrets_manager_tries_before_there_is_a_user_or_a_database_is_no_failure(handler, district):
    """`RotateImmediately` false: the step testSecret alone, on a pending version that holds the current value."""
    current = district.client.get_secret_value(SecretId=district.arn, VersionStage="AWSCURRENT")["SecretString"]
    fields = json.loads(current) | {"host": "no-database.invalid", "username": "nobody_yet"}
    district.client.put_secret_value(SecretId=district.arn, SecretString=json.dumps(fields))
    token = a_test_of_the_configuration(district, fields)
    handler.handle(district.event("testSecret", token), None)
    assert district.password() == FIRST


def test_a_pending_label_that_such_a_test_left_behind_blocks_no_rotation(handler, district):
    """Its version can be given no other value; so it is no longer pending, and the next rotation begins anew."""
    current = district.client.get_secret_value(SecretId=district.arn, VersionStage="AWSCURRENT")["SecretString"]
    token = a_test_of_the_configuration(district, json.loads(current))
    with pytest.raises(handler.RotationRefusedError, match="rotate again"):
        handler.handle(district.event("createSecret", token), None)
    stages = district.client.describe_secret(SecretId=district.arn)["VersionIdsToStages"]
    assert "AWSPENDING" not in stages.get(token, [])
    assert district.password() == FIRST


def test_a_version_without_a_value_is_never_made_current(handler, district, monkeypatch):
    client = boto3.client("secretsmanager", endpoint_url=os.environ["SECRETS_MANAGER_ENDPOINT"])
    missing = client.exceptions.ResourceNotFoundException({"Error": {"Code": "ResourceNotFoundException"}}, "Get")

    def empty(*args: Any) -> Any:
        raise missing

    monkeypatch.setattr(handler, "value", empty)
    with pytest.raises(handler.RotationRefusedError, match="no value"):
        handler.finish_secret(client, district.arn, district.token)
    assert district.password() == FIRST


ALONE = """
import importlib, json, sys
sys.path[:0] = sys.argv[1:3]
handler = importlib.import_module("rotation.handler")
handler.handle(json.load(sys.stdin), None)
print(importlib.import_module("pg8000").__file__, importlib.import_module("scramp").__file__)
"""


def test_the_archive_alone_changes_a_password_where_lambda_gives_nothing_but_boto3(archive, district, aws, tmp_path):
    """The archive, boto3 and the standard library: no package of this machine is on the path (Lambda, "Python")."""
    task = tmp_path / "task"
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(task)
    runtime = lambda_runtime.ensure_folder(tmp_path / "runtime")
    completed = subprocess.run(
        [sys.executable, "-I", "-S", "-c", ALONE, str(task), str(runtime)],
        input=json.dumps(district.event("setSecret")),
        env=SANDBOX_CREDENTIALS
        | {"SECRETS_MANAGER_ENDPOINT": aws, "DATABASE_TLS": "off", "AWS_DEFAULT_REGION": "us-east-1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert completed.returncode == 0, completed.stderr
    assert all(Path(path).is_relative_to(task) for path in completed.stdout.split())
    district.connect("made-by-create-secret").close()


def test_the_archive_holds_the_authorities_of_rds(tmp_path):
    rotation_package.build(tmp_path / "rotation.zip")
    with zipfile.ZipFile(tmp_path / "rotation.zip") as archive:
        bundle = archive.read("rotation/rds-ca.pem").decode()
    context = ssl.create_default_context(cadata=bundle)
    subjects: list[Any] = [certificate["subject"] for certificate in context.get_ca_certs()]
    names = {dict(pair for part in subject for pair in part)["commonName"] for subject in subjects}
    for region in REGIONS:
        assert f"Amazon RDS {region} Root CA RSA2048 G1" in names


def test_a_version_that_is_not_known_is_refused(handler, district):
    with pytest.raises(handler.RotationRefusedError, match="not known"):
        handler.handle(district.event("createSecret", str(uuid.uuid4())), None)
    assert district.password() == FIRST


def test_a_password_that_does_not_open_the_database_is_not_made_current(handler, district):
    handler.handle(district.event("createSecret"), None)
    with pytest.raises(handler.RotationRefusedError, match="does not open"):
        handler.handle(district.event("testSecret"), None)
    assert district.password() == FIRST
