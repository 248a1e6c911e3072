"""A removed district's state goes with all its versions, and whoever deletes late deletes nothing that is newer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from engine.aws.clients import client
from engine.settings import EngineSettings
from engine.state import store
from engine.state.store import delete_state, ensure_state_bucket, state_exists, state_key
from sandbox.launch import running_sandbox

KEY = state_key("maple-sbx")


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with running_sandbox() as sandbox:
        yield sandbox.url


@pytest.fixture
def settings(endpoint: str, tmp_path: Path) -> EngineSettings:
    """An empty state bucket of the test's own."""
    settings = EngineSettings(tmp_path, f"states-{uuid4()}", aws_endpoint_url=endpoint)
    ensure_state_bucket(settings)
    return settings


def put(settings: EngineSettings, key: str, body: bytes = b"{}") -> None:
    client(settings, "s3", settings.state_region).put_object(Bucket=settings.state_bucket, Key=key, Body=body)


def versions(settings: EngineSettings) -> list[str]:
    s3 = client(settings, "s3", settings.state_region)
    listing = s3.list_object_versions(Bucket=settings.state_bucket, Prefix="districts/maple-sbx/")
    return [part["Key"] for part in [*listing.get("Versions", []), *listing.get("DeleteMarkers", [])]]


def test_all_versions_go_in_as_many_calls_as_it_takes_and_archives_stay(settings, monkeypatch):
    monkeypatch.setattr(store, "MOST_AT_ONCE", 2)
    for key in (KEY, KEY, f"{KEY}.tflock", "districts/maple-sbx/runs/1/plan-00.zip"):
        put(settings, key)
    client(settings, "s3", settings.state_region).delete_object(Bucket=settings.state_bucket, Key=KEY)
    put(settings, "districts/maple-sbx/runs/1/events.ndjson.gz")
    delete_state(settings, KEY)
    assert versions(settings) == ["districts/maple-sbx/runs/1/events.ndjson.gz"]
    delete_state(settings, KEY)


def test_who_is_paused_before_the_deletion_deletes_no_state_that_was_written_since(settings):
    put(settings, KEY, b"the removed district's")
    delete_state(settings, KEY, begin=lambda: put(settings, KEY, b"that of the next district of this name"))
    assert state_exists(settings, KEY)
    assert len(versions(settings)) == 1


def test_whose_claim_is_gone_deletes_nothing(settings):
    put(settings, KEY)

    def gone() -> None:
        raise LookupError("another worker has the run")

    with pytest.raises(LookupError):
        delete_state(settings, KEY, begin=gone)
    assert state_exists(settings, KEY)
