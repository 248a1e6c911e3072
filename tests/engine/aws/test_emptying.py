"""A bucket is emptied in parallel, whatever it holds; what S3 puts off is tried again, what it refuses is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config

from engine.aws import emptying
from engine.aws.clients import client
from engine.aws.emptying import buckets_to_empty, empty_bucket
from engine.errors import AwsUnavailableError, InterruptedRunError
from engine.settings import EngineSettings
from sandbox.launch import running_sandbox
from tests.sandbox.levers import pull

REGION = "us-east-1"


@pytest.fixture(scope="module")
def settings(tmp_path_factory) -> Iterator[EngineSettings]:
    with running_sandbox() as sandbox:
        yield EngineSettings(
            work_dir=Path(tmp_path_factory.mktemp("work")), state_bucket="state", aws_endpoint_url=sandbox.url
        )


@pytest.fixture
def s3(settings) -> Any:
    return client(settings, "s3", REGION)


def filled(settings: EngineSettings, s3: Any, bucket: str, **crowds: int) -> None:
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for prefix, count in crowds.items():
        pull(str(settings.aws_endpoint_url), "crowd", bucket=bucket, prefix=prefix, count=count)


def test_versions_and_delete_markers_of_every_prefix_go_and_their_number_is_told(settings, s3):
    filled(settings, s3, "full", **{"in/": 1100, "out/": 1, "deep/er/": 300})
    for key in ("top", "top", "in/one"):
        s3.put_object(Bucket="full", Key=key, Body=b"x")
    s3.delete_object(Bucket="full", Key="top")
    counts: list[int] = []
    emptied = empty_bucket(settings, REGION, "full", progress=counts.append)
    assert (emptied.bucket, emptied.versions) == ("full", 1100 + 1 + 300 + 3 + 1)
    assert (counts, counts[-1]) == (sorted(counts), emptied.versions)
    assert "Versions" not in s3.list_object_versions(Bucket="full")
    s3.delete_bucket(Bucket="full")


def test_a_bucket_with_very_many_prefixes_is_read_as_one_list(settings, s3, monkeypatch):
    monkeypatch.setattr(emptying, "TOP_PREFIXES", 2)
    filled(settings, s3, "wide", **{f"{letter}/": 3 for letter in "abc"})
    assert empty_bucket(settings, REGION, "wide").versions == 9


def test_a_bucket_that_is_not_there_is_empty(settings):
    assert empty_bucket(settings, REGION, "nowhere").versions == 0


def test_whoever_waits_can_stop_it(settings, s3):
    filled(settings, s3, "stopped", **{"in/": 1100})
    with pytest.raises(InterruptedRunError):
        empty_bucket(settings, REGION, "stopped", poll=lambda: True)
    assert s3.list_object_versions(Bucket="stopped")["Versions"]


def test_an_aws_that_does_not_answer_is_told(tmp_path, monkeypatch):
    once = Config(retries={"total_max_attempts": 1, "mode": "standard"})
    monkeypatch.setattr(emptying, "SLOWING", emptying.SLOWING.merge(once))
    away = EngineSettings(work_dir=tmp_path, state_bucket="state", aws_endpoint_url="http://127.0.0.1:9")
    with pytest.raises(AwsUnavailableError, match="empty the bucket full"):
        empty_bucket(away, REGION, "full")


class Bucket:
    """S3's side of one bucket, with an error for some keys in each of the first answers."""

    def __init__(self, *errors: dict[str, str]) -> None:
        self.errors = list(errors)
        self.asked: list[list[str]] = []

    def list_object_versions(self, **_: Any) -> dict[str, Any]:
        return {"Versions": [{"Key": key, "VersionId": "1"} for key in "abc"]}

    def delete_objects(self, Bucket: str, Delete: dict[str, Any]) -> dict[str, Any]:  # noqa: N803 - boto3's names
        self.asked.append([version["Key"] for version in Delete["Objects"]])
        errors = self.errors.pop(0) if self.errors else {}
        return {"Errors": [{"Key": key, "VersionId": "1", "Code": code} for key, code in errors.items()]}


def with_bucket(monkeypatch, bucket: Bucket) -> None:
    monkeypatch.setattr(emptying, "FIRST_PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(emptying, "session_in", lambda *arguments: None)
    monkeypatch.setattr(emptying, "client", lambda *arguments: bucket)


def test_keys_that_s3_puts_off_are_tried_again_and_they_alone(settings, monkeypatch):
    bucket = Bucket({"a": "SlowDown", "c": "InternalError"}, {"c": "InternalError"})
    with_bucket(monkeypatch, bucket)
    assert empty_bucket(settings, REGION, "any").versions == 3
    assert bucket.asked == [["a", "b", "c"], ["a", "c"], ["c"]]


def test_a_key_that_s3_refuses_to_delete_ends_it_with_its_reason(settings, monkeypatch):
    with_bucket(monkeypatch, Bucket({"b": "AccessDenied"}))
    with pytest.raises(AwsUnavailableError, match="1 object versions") as refused:
        empty_bucket(settings, REGION, "any")
    assert refused.value.detail.startswith("b: AccessDenied")


def test_what_s3_puts_off_again_and_again_is_given_up(settings, monkeypatch):
    with_bucket(monkeypatch, Bucket(*[{"a": "SlowDown"}] * emptying.TRIES))
    with pytest.raises(AwsUnavailableError, match="puts off"):
        empty_bucket(settings, REGION, "any")


def test_only_what_terraform_would_empty_is_emptied():
    def change(kind: str, actions: list[str], **before: Any) -> dict[str, Any]:
        return {"type": kind, "change": {"actions": actions, "before": before}}

    shown = {
        "resource_changes": [
            change("aws_s3_bucket", ["delete"], bucket="ours", force_destroy=True),
            change("aws_s3_bucket", ["delete"], bucket="kept", force_destroy=False),
            change("aws_s3_bucket", ["delete", "create"], bucket="replaced", force_destroy=True),
            change("aws_s3_bucket", ["no-op"], bucket="stays", force_destroy=True),
            change("aws_s3_bucket_policy", ["delete"], bucket="ours"),
            change("aws_s3_bucket", ["create"]),
            {"mode": "data", **change("aws_s3_bucket", ["delete"], bucket="data", force_destroy=True)},
        ]
    }
    assert buckets_to_empty(shown) == ("ours",)
