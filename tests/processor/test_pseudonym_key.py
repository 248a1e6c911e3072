"""The pseudonyms' key is made once, by whoever comes first; a lost one is never replaced; the worker waits for it."""

from __future__ import annotations

import json
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from processor import commands
from processor.pseudonym_key import ensure_key
from processor.pseudonyms import PseudonymKeyError, Pseudonyms
from processor.settings import Settings
from tests.processor.pipeline import Pipeline


@pytest.fixture
def empty(pipeline: Pipeline) -> str:
    """A secret without a value, as the stack makes it, and a database that was begun with none."""
    pipeline.admin.execute("DELETE FROM homeroom.pseudonym_key")
    return str(pipeline.client("secretsmanager").create_secret(Name=f"key-{uuid.uuid4().hex}")["ARN"])


def value(pipeline: Pipeline, arn: str) -> str:
    return str(pipeline.client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"])


def test_of_many_migrations_at_once_one_makes_the_key(pipeline: Pipeline, empty: str):
    manager, together = pipeline.client("secretsmanager"), threading.Barrier(4)

    def migrate(number: int) -> bool:
        together.wait()
        with pipeline.connections().opened("homeroom_writer") as connection:
            return ensure_key(manager, empty, connection)

    with ThreadPoolExecutor(4) as threads:
        created = list(threads.map(migrate, range(4)))
    assert created.count(True) == 1
    key = value(pipeline, empty)
    assert len(json.loads(key)["pseudonym_key"]) >= 40
    with pipeline.connections().opened("homeroom_writer") as connection:
        assert not ensure_key(manager, empty, connection)
    assert value(pipeline, empty) == key


def test_a_database_that_was_begun_gets_no_other_key(pipeline: Pipeline, empty: str):
    with pipeline.connections().opened("homeroom_writer", autocommit=True) as connection:
        Pseudonyms({"pseudonym_key": "the key that was lost since"}).check(connection)
        with pytest.raises(PseudonymKeyError, match="Put the former key back"):
            ensure_key(pipeline.client("secretsmanager"), empty, connection)
    pipeline.admin.execute("DELETE FROM homeroom.pseudonym_key")


def test_the_worker_waits_until_the_key_is_made(pipeline: Pipeline, empty: str, monkeypatch: pytest.MonkeyPatch):
    for name, text in pipeline.environment().items():
        monkeypatch.setenv(name, text)
    monkeypatch.setattr(commands, "KEY_SECONDS", 0.01)
    beats: list[int] = []

    def alive() -> None:
        """The third sign of life of the waiting worker: only then the migration comes."""
        beats.append(1)
        if len(beats) == 3:
            with pipeline.connections().opened("homeroom_writer") as connection:
                ensure_key(pipeline.client("secretsmanager"), empty, connection)

    pseudonyms = commands.awaited_pseudonyms(Settings.read({"PSEUDONYM_SECRET_ARN": empty}), alive)
    assert len(beats) == 3
    assert pseudonyms.of("1001") == Pseudonyms(json.loads(value(pipeline, empty))).of("1001")
