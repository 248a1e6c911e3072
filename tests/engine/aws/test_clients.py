"""boto3's sessions and clients are kept for a while: by process, credentials, role, region and endpoint."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from engine.aws import clients as aws
from engine.aws.clients import answering, client, forget_sessions, session_in
from engine.errors import AwsUnavailableError
from engine.settings import EngineSettings

REGION = "us-east-1"
SETTINGS = EngineSettings(Path("/nowhere"), "bucket", aws_endpoint_url="http://127.0.0.1:9")


@pytest.fixture(autouse=True)
def _nothing_kept() -> Iterator[None]:
    forget_sessions()
    yield
    forget_sessions()


def test_a_session_and_its_clients_are_made_once_also_by_many_threads():
    with ThreadPoolExecutor(8) as pool:
        sessions = list(pool.map(lambda _: session_in(SETTINGS, REGION, None), range(16)))
        clients = list(pool.map(lambda _: client(SETTINGS, "sqs", REGION, sessions[-1]), range(16)))
    assert len({id(instance) for instance in clients}) == 1
    assert session_in(SETTINGS, REGION, None) in sessions


def test_what_differs_has_a_session_of_its_own(monkeypatch: pytest.MonkeyPatch):
    first = session_in(SETTINGS, REGION, None)
    assert session_in(SETTINGS, "us-west-2", None) is not first
    assert session_in(replace(SETTINGS, aws_endpoint_url="http://127.0.0.1:8"), REGION, None) is not first
    assert session_in(SETTINGS, REGION, None, anew=True) is not first
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "another")
    assert session_in(SETTINGS, REGION, None) is not first


def test_a_session_is_handed_out_while_most_of_its_hour_is_left(monkeypatch: pytest.MonkeyPatch):
    first = session_in(SETTINGS, REGION, None)
    monkeypatch.setattr(aws, "KEPT_SECONDS", 0)
    assert session_in(SETTINGS, REGION, None) is not first


def test_no_more_are_kept_than_a_few(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(aws, "MOST_SESSIONS", 2)
    first = session_in(SETTINGS, "us-east-1", None)
    session_in(SETTINGS, "us-east-2", None)
    session_in(SETTINGS, "us-west-2", None)
    assert session_in(SETTINGS, "us-east-1", None) is not first


def test_after_a_word_that_credentials_are_over_none_is_handed_out_again():
    first = session_in(SETTINGS, REGION, None)
    with pytest.raises(AwsUnavailableError), answering("look"):
        raise ClientError({"Error": {"Code": "ExpiredToken", "Message": "It is over."}}, "ListBuckets")
    assert session_in(SETTINGS, REGION, None) is not first
