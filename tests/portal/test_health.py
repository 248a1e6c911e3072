"""Readiness names the part that is missing, and is answered in time whatever hangs; liveness asks nobody."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest
from django.db import connection, connections
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from devtools.services.broker import running_broker
from portal import health
from processes.process import LOOPBACK, free_port

ALL_WELL = {"status": "ok", "database": "ok", "migrations": "ok", "broker": "ok"}


@pytest.fixture(autouse=True)
def asked_anew(monkeypatch) -> None:
    monkeypatch.setattr(health.migrations, "is_done", False)
    # Reading all migrations once takes a busy machine longer than whoever asks would wait.
    monkeypatch.setattr(health, "LONGEST_SECONDS", 60.0)


@pytest.fixture
def silent() -> Iterator[int]:
    """Listen, take every connection, and say nothing."""
    with socket.create_server((LOOPBACK, 0)) as server:
        yield server.getsockname()[1]


def ready() -> tuple[int, dict[str, str]]:
    answer = Client().get("/readyz")
    return answer.status_code, answer.json()


@pytest.mark.django_db
def test_it_is_ready_while_all_parts_answer():
    assert ready() == (200, ALL_WELL)


@pytest.mark.django_db
def test_a_real_broker_answers(settings, tmp_path):
    with running_broker(tmp_path) as broker:
        settings.CELERY_BROKER_URL = broker.url
        assert ready() == (200, ALL_WELL)
        settings.CELERY_BROKER_URL = broker.url.replace("redis://:", "redis://:wrong")
        assert ready() == (503, ALL_WELL | {"status": "unavailable", "broker": "no answer"})


@pytest.mark.django_db
def test_a_broker_that_is_not_there_is_named(settings):
    settings.CELERY_BROKER_URL = f"redis://:x@{LOOPBACK}:{free_port()}/0"
    assert ready() == (503, ALL_WELL | {"status": "unavailable", "broker": "no answer"})


@pytest.mark.django_db
def test_a_broker_that_takes_connections_and_says_nothing_is_named_in_time(settings, silent):
    settings.CELERY_BROKER_URL = f"redis://:x@{LOOPBACK}:{silent}/0"
    began = time.monotonic()
    assert ready() == (503, ALL_WELL | {"status": "unavailable", "broker": "no answer"})
    assert time.monotonic() - began < 30


@pytest.mark.django_db
def test_a_database_that_is_not_there_is_named(monkeypatch):
    monkeypatch.setitem(connections.settings["default"], "PORT", str(free_port()))
    missing = {"status": "unavailable", "database": "no answer", "migrations": "no answer"}
    assert ready() == (503, ALL_WELL | missing)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_a_database_that_is_not_migrated_is_named_and_looked_at_again():
    recorder = MigrationRecorder(connection)
    name = max(name for app, name in recorder.applied_migrations() if app == "provisioning")
    recorder.record_unapplied("provisioning", name)
    try:
        assert ready() == (503, ALL_WELL | {"status": "unavailable", "migrations": "not migrated"})
    finally:
        recorder.record_applied("provisioning", name)
    assert ready() == (200, ALL_WELL)


def test_a_part_that_hangs_holds_up_nobody():
    over = threading.Event()

    def hang() -> str:
        over.wait(30)
        return "ok"

    began = time.monotonic()
    try:
        results = health.within(0.2, {"a": hang, "b": lambda: "ok"})
    finally:
        over.set()
    assert results == {"a": "no answer", "b": "ok"}
    assert time.monotonic() - began < 5


def test_liveness_asks_nobody(settings):
    settings.CELERY_BROKER_URL = f"redis://:x@{LOOPBACK}:{free_port()}/0"
    answer = Client().get("/livez")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
