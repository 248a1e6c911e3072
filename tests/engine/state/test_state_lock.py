"""Whose lock it is, and when it may be released: by its id, or by host and time, and only when the holder is gone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from engine.settings import EngineSettings
from engine.state.lock import StateLock, Suspect, left_by, read_lock
from engine.state.store import ensure_state_bucket, state_key
from sandbox.launch import running_sandbox

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
LOCK = StateLock("b1946ac9", "OperationTypeApply", "root@worker-1", NOON)


def suspect(host: str = "worker-1/boot/1", gone: bool = True, lock_id: str = "", hours: float = 0.0) -> Suspect:
    since = NOON - timedelta(minutes=1) + timedelta(hours=hours)
    return Suspect(host, since, since + timedelta(minutes=30), gone, lock_id)


@pytest.mark.parametrize(
    ("suspects", "released"),
    [
        ([], False),
        ([suspect()], True),
        ([suspect(gone=False)], False),
        ([suspect(host="worker-2/boot/1")], False),
        ([suspect(hours=2)], False),
        ([suspect(hours=-2)], False),
        ([suspect(lock_id="b1946ac9", hours=-2, host="worker-9/b/1")], True),
        ([suspect(lock_id="b1946ac9", gone=False)], False),
        ([suspect(lock_id="another")], False),
        ([suspect(lock_id="another"), suspect()], True),
        ([suspect(gone=False), suspect(lock_id="b1946ac9")], False),
    ],
)
def test_a_lock_is_released_only_for_a_terraform_of_ours_that_is_gone(suspects, released):
    assert (left_by(LOCK, suspects) is not None) is released


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    with running_sandbox() as sandbox:
        settings = EngineSettings(tmp_path_factory.mktemp("work"), "states", aws_endpoint_url=sandbox.url)
        ensure_state_bucket(settings)
        yield settings


def test_a_lock_is_read_as_terraform_writes_it(settings):
    from engine.aws.clients import client

    key = state_key("maple-sbx")
    assert read_lock(settings, key) is None
    body = (
        '{"ID":"b1946ac9","Operation":"OperationTypePlan","Info":"","Who":"root@worker-1","Version":"1.11.4",'
        '"Created":"2026-11-24T12:00:00.123456789Z","Path":"states/districts/maple-sbx/terraform.tfstate"}'
    )
    client(settings, "s3", "us-east-1").put_object(Bucket="states", Key=f"{key}.tflock", Body=body.encode())
    lock = read_lock(settings, key)
    assert lock is not None
    assert (lock.id, lock.who, lock.operation) == ("b1946ac9", "root@worker-1", "OperationTypePlan")
    assert abs(lock.created - NOON) < timedelta(seconds=1)
    assert "root@worker-1 holds it" in lock.holder
