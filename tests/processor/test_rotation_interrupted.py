"""A rotation that is cut off at any of its calls, and then repeated, ends as one that was not; nobody is locked out.

Secrets Manager is played by a small table that keeps its documented rules; PostgreSQL is a real one.
"""

from __future__ import annotations

# ruff: noqa: N803 - the arguments are named as AWS names them
import itertools
import json
import threading
import uuid
from collections.abc import Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import psycopg
import pytest
from psycopg import sql

from processes.postgres import Postgres
from tests.examples import first_of

STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")
FIRST = "first-password"
MOST_CALLS = 60
"""More than a rotation makes; the last fault is the first that no call is left for."""


class CutOff(BaseException):
    """The function's process ends here: nothing in it can catch this."""


class NotFoundError(Exception):
    """What Secrets Manager answers for a version that is not there, or has no value yet."""


class Faults:
    """Cuts the function off at one of its calls, before or after it took effect."""

    def __init__(self) -> None:
        self.at: int | None = None
        self.after = False
        self.count = 0

    def arm(self, at: int | None, *, after: bool = False) -> None:
        self.at, self.after, self.count = at, after, 0

    def around(self, call: Any) -> Any:
        def made(*arguments: Any, **named: Any) -> Any:
            due = self.count == self.at
            self.count += 1
            if due and not self.after:
                raise CutOff
            try:
                return call(*arguments, **named)
            finally:
                if due:
                    raise CutOff

        return made


class Secrets:
    """Secrets Manager's versions and stages (Secrets Manager API Reference, PutSecretValue, RotateSecret, ...)."""

    exceptions = SimpleNamespace(ResourceNotFoundException=NotFoundError)
    CALLS = (
        "describe_secret",
        "get_random_password",
        "get_secret_value",
        "put_secret_value",
        "update_secret_version_stage",
    )

    def __init__(self, faults: Faults) -> None:
        self.values: dict[tuple[str, str], str] = {}
        self.stages: dict[str, dict[str, set[str]]] = {}
        for name in self.CALLS:
            setattr(self, name, faults.around(getattr(self, f"_{name}")))

    def create(self, arn: str, fields: dict[str, Any]) -> None:
        self.stages[arn] = {"first": {"AWSCURRENT"}}
        self.values[arn, "first"] = json.dumps(fields)

    def begin(self, arn: str) -> str:
        """Start a rotation: a pending version without a value."""
        token = str(uuid.uuid4())
        for names in self.stages[arn].values():
            names.discard("AWSPENDING")
        self.stages[arn][token] = {"AWSPENDING"}
        return token

    def current(self, arn: str) -> dict[str, Any]:
        (version,) = [version for version, names in self.stages[arn].items() if "AWSCURRENT" in names]
        fields: dict[str, Any] = json.loads(self.values[arn, version])
        return fields

    def _describe_secret(self, SecretId: str) -> dict[str, Any]:
        versions = self.stages[SecretId].items()
        return {"VersionIdsToStages": {version: sorted(names) for version, names in versions if names}}

    def _get_random_password(self, **_: Any) -> dict[str, str]:
        return {"RandomPassword": uuid.uuid4().hex}

    def _get_secret_value(self, SecretId: str, VersionStage: str, VersionId: str | None = None) -> dict[str, str]:
        for version, names in self.stages[SecretId].items():
            matches = VersionStage in names and VersionId in (None, version)
            if matches and (SecretId, version) in self.values:
                return {"SecretString": self.values[SecretId, version]}
        raise NotFoundError

    def _put_secret_value(
        self, SecretId: str, ClientRequestToken: str, SecretString: str, VersionStages: list[str]
    ) -> None:
        assert self.values.get((SecretId, ClientRequestToken), SecretString) == SecretString
        self.values[SecretId, ClientRequestToken] = SecretString
        self.stages[SecretId].setdefault(ClientRequestToken, set()).update(VersionStages)

    def _update_secret_version_stage(
        self, SecretId: str, VersionStage: str, MoveToVersionId: str, RemoveFromVersionId: str | None
    ) -> None:
        stages = self.stages[SecretId]
        holder = next((version for version, names in stages.items() if VersionStage in names), None)
        assert holder == RemoveFromVersionId
        if holder is not None:
            stages[holder].discard(VersionStage)
            stages[holder].add("AWSPREVIOUS")
        stages[MoveToVersionId].add(VersionStage)


class Rotated:
    """An owner's and an application's secret beside a real database, and the function between them."""

    def __init__(self, function: ModuleType, server: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
        self.function, self.server = function, server
        self.faults = Faults()
        self.secrets = Secrets(self.faults)
        self.owner, self.application = (f"{kind}_{uuid.uuid4().hex[:8]}" for kind in ("owner", "app"))
        with psycopg.connect(server.url, autocommit=True) as connection:
            statement = "CREATE ROLE {} LOGIN CREATEROLE PASSWORD {}"
            connection.execute(sql.SQL(statement).format(sql.Identifier(self.owner), sql.Literal(FIRST)))
        common = {"engine": "postgres", "host": "127.0.0.1", "port": server.port, "dbname": "homeroom"}
        self.secrets.create("owner", {**common, "username": self.owner, "password": FIRST})
        fields = {**common, "username": self.application, "password": FIRST, "masterarn": "owner"}
        self.secrets.create("application", fields)
        monkeypatch.setattr(function.boto3, "client", lambda *_, **__: self.secrets)
        database: Any = function.database
        connect = database.connect

        def cut(fields: dict[str, Any]) -> Any:
            opened = connect(fields)
            monkeypatch.setattr(opened, "run", self.faults.around(opened.run), raising=False)
            return opened

        monkeypatch.setattr(database, "connect", self.faults.around(cut))

    def rotate(self, arn: str, token: str, steps: tuple[str, ...] = STEPS) -> None:
        for step in steps:
            self.function.handle({"SecretId": arn, "ClientRequestToken": token, "Step": step}, None)

    def whole(self, arn: str) -> None:
        self.rotate(arn, self.secrets.begin(arn))

    def sign_in(self, fields: dict[str, Any]) -> psycopg.Connection[Any]:
        return psycopg.connect(
            host="127.0.0.1",
            port=self.server.port,
            dbname=fields["dbname"],
            user=fields["username"],
            password=fields["password"],
            autocommit=True,
        )

    def remove(self) -> None:
        with psycopg.connect(self.server.url, autocommit=True) as connection:
            for name in (self.application, f"{self.application}_clone", "homeroom_application", self.owner):
                drop = sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(name))
                connection.execute(drop)


@pytest.fixture
def rotated(function, postgres_server: Postgres, monkeypatch) -> Iterator[Rotated]:
    created = Rotated(function, postgres_server, monkeypatch)
    yield created
    created.remove()


@pytest.mark.parametrize("after", [False, True], ids=["before it took effect", "after it"])
@pytest.mark.parametrize("arn", ["owner", "application"])
def test_cut_off_at_any_call_and_repeated_it_ends_as_one_that_was_not(rotated, arn, after):
    rotated.whole("application")
    for at in itertools.count():
        assert at < MOST_CALLS
        before = rotated.secrets.current(arn)
        token = rotated.secrets.begin(arn)
        with rotated.sign_in(before) as connection:
            rotated.faults.arm(at, after=after)
            try:
                rotated.rotate(arn, token)
                finished = True
            except CutOff:
                finished = False
            rotated.faults.arm(None)
            if arn == "application":
                # Whatever the secret says in the middle opens the database.
                rotated.sign_in(rotated.secrets.current(arn)).close()
            rotated.rotate(arn, token)
            rotated.rotate(arn, token)
            assert connection.execute("SELECT 1").fetchone() == (1,)
        now = rotated.secrets.current(arn)
        assert now["password"] != before["password"]
        assert (now["username"] == before["username"]) is (arn == "owner")
        rotated.sign_in(now).close()
        if finished:
            break
    assert at > len(STEPS) * 2, "no call was cut off"


ORDERS = [order for count in (1, 2, 3) for order in itertools.product(STEPS[:3], repeat=count)]


@pytest.mark.parametrize("steps", first_of(ORDERS, [*ORDERS[:12], STEPS[:3], STEPS[2::-1]]))
def test_steps_in_any_order_and_number_leave_the_secret_in_use(rotated, steps):
    """Before `finishSecret` nothing that comes changes what the application signs in with."""
    rotated.whole("application")
    before = rotated.secrets.current("application")
    token = rotated.secrets.begin("application")
    for step in steps:
        try:
            rotated.rotate("application", token, (step,))
        except (rotated.function.RotationRefusedError, NotFoundError):
            continue
    assert rotated.secrets.current("application") == before
    rotated.sign_in(before).close()
    rotated.rotate("application", token)
    rotated.sign_in(rotated.secrets.current("application")).close()


def test_a_rotation_that_was_given_up_leaves_the_next_one_free(rotated):
    rotated.whole("application")
    rotated.rotate("application", rotated.secrets.begin("application"), STEPS[:2])
    rotated.whole("application")
    rotated.sign_in(rotated.secrets.current("application")).close()


def test_no_connection_breaks_while_both_secrets_are_rotated_again_and_again(rotated):
    """Old connections go on, and new ones are opened all the time by whoever reads the secret first."""
    rotated.whole("application")
    over, broken, opened = threading.Event(), [], itertools.count()

    def use() -> None:
        try:
            with rotated.sign_in(rotated.secrets.current("application")) as connection:
                while not over.is_set():
                    connection.execute("SELECT 1")
                    fields = rotated.secrets.current("application")
                    with rotated.sign_in(fields) as fresh:
                        fresh.execute("SELECT 1")
                    next(opened)
                connection.execute("SELECT 1")
        except (psycopg.Error, ValueError) as error:
            broken.append(error)

    users = [threading.Thread(target=use) for _ in range(4)]
    for user in users:
        user.start()
    for _ in range(6):
        rotated.whole("application")
        rotated.whole("owner")
    over.set()
    for user in users:
        user.join()
    assert broken == []
    assert next(opened) > 12


def log_of(server: Postgres) -> str:
    return server.service.log.read_text(errors="replace")


def test_no_password_is_in_the_database_servers_log(rotated, postgres_server):
    """Statements are logged there in whole; what sets a password holds its verifier."""
    with psycopg.connect(postgres_server.url, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET log_statement = 'all'")
        connection.execute("SELECT pg_reload_conf()")
    try:
        rotated.whole("application")
        rotated.whole("owner")
    finally:
        with psycopg.connect(postgres_server.url, autocommit=True) as connection:
            connection.execute("ALTER SYSTEM RESET log_statement")
            connection.execute("SELECT pg_reload_conf()")
    assert "SCRAM-SHA-256$" in log_of(postgres_server)
    for arn in ("owner", "application"):
        assert rotated.secrets.current(arn)["password"] not in log_of(postgres_server)
