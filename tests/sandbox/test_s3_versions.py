"""Versions are listed from a marker on, whoever deletes them meanwhile, and a bucket may hold very many."""

from __future__ import annotations

import functools
import json
import urllib.error
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.clock import CLOCK
from sandbox.gaps.s3_versions import Crowd, Rate
from sandbox.launch import Sandbox
from tests.sandbox import levers


@pytest.fixture
def pull(sandbox: Sandbox) -> Callable[..., dict[str, Any]]:
    """Return what pulls a lever of the embedded AWS."""
    return functools.partial(levers.pull, sandbox.url)


def versioned(s3: Any, bucket: str, **keys: int) -> None:
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for key, count in keys.items():
        for _ in range(count):
            s3.put_object(Bucket=bucket, Key=key, Body=b"x")


def page(s3: Any, bucket: str, before: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    markers = {}
    if before is not None:
        markers = {"KeyMarker": before["NextKeyMarker"], "VersionIdMarker": before.get("NextVersionIdMarker", "")}
    return dict(
        s3.list_object_versions(Bucket=bucket, **{key: value for key, value in markers.items() if value}, **more)
    )


def rows(listing: dict[str, Any]) -> list[tuple[str, str]]:
    entries = [*listing.get("Versions", []), *listing.get("DeleteMarkers", [])]
    return [(entry["Key"], entry["VersionId"]) for entry in entries]


def delete(s3: Any, bucket: str, versions: list[tuple[str, str]]) -> Any:
    named = [{"Key": key, "VersionId": version} for key, version in versions]
    return s3.delete_objects(Bucket=bucket, Delete={"Objects": named, "Quiet": True})


def test_who_deletes_page_by_page_sees_every_page(client):
    s3 = client("s3")
    versioned(s3, "page-by-page", a=3, b=2, c=2)
    s3.delete_object(Bucket="page-by-page", Key="c")
    seen, listing = [], None
    while listing is None or listing["IsTruncated"]:
        listing = page(s3, "page-by-page", listing, MaxKeys=2)
        seen += rows(listing)
        delete(s3, "page-by-page", rows(listing))
    assert [key for key, _ in seen] == ["a", "a", "a", "b", "b", "c", "c", "c"]
    s3.delete_bucket(Bucket="page-by-page")


def test_pages_are_the_whole_and_the_newest_version_is_the_latest(client):
    s3 = client("s3")
    versioned(s3, "in-order", a=2, b=1)
    whole = page(s3, "in-order")
    assert [(version["Key"], version["IsLatest"]) for version in whole["Versions"]] == [
        ("a", True),
        ("a", False),
        ("b", True),
    ]
    first = page(s3, "in-order", MaxKeys=1)
    second = page(s3, "in-order", first, MaxKeys=2)
    assert rows(first) + rows(second) == rows(whole)
    assert not second["IsTruncated"]


def test_prefixes_and_delimiters_are_as_in_any_list(client):
    s3 = client("s3")
    versioned(s3, "folders", **{"a/1": 1, "a/2": 1, "b/1": 1, "c": 1})
    listing = page(s3, "folders", Delimiter="/")
    assert ([prefix["Prefix"] for prefix in listing["CommonPrefixes"]], rows(listing)[0][0]) == (["a/", "b/"], "c")
    assert [key for key, _ in rows(page(s3, "folders", Prefix="a/"))] == ["a/1", "a/2"]
    first = page(s3, "folders", Delimiter="/", MaxKeys=1)
    assert [prefix["Prefix"] for prefix in page(s3, "folders", first, Delimiter="/", MaxKeys=1)["CommonPrefixes"]] == [
        "b/"
    ]


def test_a_page_says_of_each_version_what_s3_says_and_keys_are_whole(client):
    s3 = client("s3")
    key = "für <b> & 100%/ä+b"
    versioned(s3, "whole-keys", **{key: 2})
    s3.delete_object(Bucket="whole-keys", Key=key)
    listing = page(s3, "whole-keys")
    assert {entry["Key"] for entry in [*listing["Versions"], *listing["DeleteMarkers"]]} == {key}
    newest = listing["Versions"][0]
    assert (newest["Size"], newest["StorageClass"], newest["IsLatest"]) == (1, "STANDARD", False)
    assert newest["ETag"] == s3.head_object(Bucket="whole-keys", Key=key, VersionId=newest["VersionId"])["ETag"]
    assert (listing["DeleteMarkers"][0]["IsLatest"], listing["Name"], listing["MaxKeys"]) == (True, "whole-keys", 1000)
    assert [name for name, _ in rows(page(s3, "whole-keys", Prefix="für <b> &"))] == [key] * 3
    first = page(s3, "whole-keys", MaxKeys=1)
    assert first["NextKeyMarker"] == key
    with pytest.raises(ClientError, match="NoSuchBucket"):
        page(s3, "no-such-bucket")


def test_only_who_asks_hears_what_was_deleted(client):
    s3 = client("s3")
    versioned(s3, "told", a=1, b=1)
    (first, second) = rows(page(s3, "told"))
    assert "Deleted" not in delete(s3, "told", [first])
    named = [{"Key": second[0], "VersionId": second[1]}]
    assert len(s3.delete_objects(Bucket="told", Delete={"Objects": named})["Deleted"]) == 1


def test_a_crowd_is_listed_among_the_others_and_keeps_its_bucket(client, pull):
    s3 = client("s3")
    versioned(s3, "crowded", **{"in/9": 1, "zz": 1})
    assert pull("crowd", bucket="crowded", prefix="in/", count=1100, size=7)["versions"] == 1100
    counts, listing = [], None
    while listing is None or listing["IsTruncated"]:
        listing = page(s3, "crowded", listing)
        counts.append(len(rows(listing)))
        with pytest.raises(ClientError, match="BucketNotEmpty"):
            s3.delete_bucket(Bucket="crowded")
        delete(s3, "crowded", rows(listing))
    assert counts == [1000, 102]
    s3.delete_bucket(Bucket="crowded")


def test_who_deletes_too_fast_is_told_to_slow_down(client, pull):
    s3 = client("s3")
    versioned(s3, "hurried")
    pull("crowd", bucket="hurried", count=4000)
    usual = pull("clock")["pace"]
    pull("clock", pace=1e-9)
    pages = [[(f"{n:09d}", f"v{n:09d}") for n in range(first, first + 1000)] for first in range(0, 4000, 1000)]
    for few in pages[:3]:
        delete(s3, "hurried", few)
    with pytest.raises(ClientError) as refused:
        delete(s3, "hurried", pages[3])
    assert refused.value.response["Error"]["Code"] == "SlowDown"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503
    assert pull("clock", pace=usual, forward_seconds=1)["pace"] == usual
    delete(s3, "hurried", pages[3])
    s3.delete_bucket(Bucket="hurried")


def test_a_lever_says_what_it_cannot_do(pull):
    for parameters in ({"bucket": "nowhere", "count": 1}, {"bucket": "nowhere", "count": 0}, {}):
        with pytest.raises(urllib.error.HTTPError) as refused:
            pull("crowd", **parameters)
        assert (refused.value.code, list(json.load(refused.value))) == (400, ["problem"])


def test_one_is_deleted_once_and_by_its_own_version_alone():
    crowd = Crowd("in/", 20, 0)
    assert crowd.delete("in/000000003", "v000000003")
    for key, version in (("in/000000003", "v000000003"), ("in/000000004", "v000000003"), ("in/000000020", "v20")):
        assert not crowd.delete(key, version)
    assert crowd.left == 19
    assert [name for name, _ in crowd.after("in/000000001", whole=False)][:2] == ["in/000000002", "in/000000004"]


def test_a_prefix_lets_so_many_deletions_through_in_a_second_of_awss(monkeypatch):
    moment = [0.0]
    monkeypatch.setattr(CLOCK, "now", lambda: moment[0])
    rate = Rate()
    assert [rate.takes(1000) for _ in range(4)] == [True, True, True, False]
    moment[0] = 0.2
    assert [rate.takes(1000), rate.takes(1000)] == [True, False]
    moment[0] = 60.0
    assert [rate.takes(3500), rate.takes(1)] == [True, False]
