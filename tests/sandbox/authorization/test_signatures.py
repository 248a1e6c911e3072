"""A signature is that of the key it names, over the request as it came, and not too old: checked against botocore's."""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from botocore.auth import S3SigV4Auth, S3SigV4PostAuth, S3SigV4QueryAuth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from sandbox.authorization.signatures import Flaw, Signature, Signed, UnsignedError, Way, flaw, signature_of

KEY, SECRET = "AKIAHOMEROOM22222222", "a-secret"
CREDENTIALS = Credentials(KEY, SECRET, "a-token")
URL = "http://127.0.0.1:5055/bucket/a%20key%2Bplus/%C3%A4?b=2&a=1&a=%20x&empty="
LINK = "http://127.0.0.1:5055/bucket/a%20key?b=2&versionId=x%20y"
SOON = dt.timedelta(minutes=1)


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def request_of(request: AWSRequest) -> Signed:
    parts = urlsplit(str(request.url))
    headers = {name.lower(): str(value) for name, value in request.headers.items()}
    headers.setdefault("host", parts.netloc)
    body = request.data if isinstance(request.data, bytes) else str(request.data or "").encode()
    return Signed(str(request.method), parts.path, parts.query, headers, body)


def signed(auth: Any, *, method: str = "PUT", url: str = URL, body: bytes = b"content") -> Signed:
    request = AWSRequest(method=method, url=url, data=body or None, headers={"X-Amz-Meta-A": "  two   spaces "})
    auth.add_auth(request)
    return request_of(request)


def found(request: Signed) -> Signature:
    signature = signature_of(request)
    assert signature is not None
    return signature


WAYS = {
    "a service": lambda: signed(SigV4Auth(CREDENTIALS, "sqs", "us-east-1")),
    "S3": lambda: signed(S3SigV4Auth(CREDENTIALS, "s3", "eu-west-1")),
    "a presigned link": lambda: signed(
        S3SigV4QueryAuth(CREDENTIALS, "s3", "us-east-1", expires=60), method="GET", url=LINK, body=b""
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_what_botocore_signs_is_taken(way):
    request = WAYS[way]()
    signature = found(request)
    assert (signature.key_id, signature.token) == (KEY, "a-token")
    assert flaw(signature, request, SECRET, now()) is None


CHANGES: dict[str, Callable[[Signed], Signed]] = {
    "method": lambda request: dataclasses.replace(request, method="POST"),
    "path": lambda request: dataclasses.replace(request, path=request.path + "x"),
    "query": lambda request: dataclasses.replace(request, query=request.query.replace("b=2", "b=3")),
    "host": lambda request: dataclasses.replace(request, headers={**request.headers, "host": "elsewhere"}),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("what", CHANGES)
def test_a_request_that_was_changed_on_the_way_is_not(way, what):
    request = WAYS[way]()
    assert flaw(found(request), CHANGES[what](request), SECRET, now()) is Flaw.WRONG


@pytest.mark.parametrize("way", WAYS)
def test_another_secret_is_not(way):
    request = WAYS[way]()
    assert flaw(found(request), request, "another", now()) is Flaw.WRONG


def test_another_body_is_not():
    request = WAYS["S3"]()
    assert flaw(found(request), dataclasses.replace(request, body=b"other"), SECRET, now()) is Flaw.OTHER_BODY
    request = WAYS["a service"]()
    assert flaw(found(request), dataclasses.replace(request, body=b"other"), SECRET, now()) is Flaw.WRONG


@pytest.mark.parametrize(("way", "later"), [("a service", 16), ("a presigned link", 2)])
def test_an_old_one_is_not(way, later):
    request = WAYS[way]()
    assert flaw(found(request), request, SECRET, now() + dt.timedelta(minutes=later)) is Flaw.TOO_OLD
    assert flaw(found(request), request, SECRET, now() - dt.timedelta(minutes=16)) is Flaw.TOO_OLD


def form(expiration: dt.datetime) -> dict[str, str]:
    policy = {"expiration": expiration.strftime("%Y-%m-%dT%H:%M:%SZ"), "conditions": [{"bucket": "bucket"}]}
    request = AWSRequest(method="POST", url="http://127.0.0.1/bucket")
    request.context["s3-presign-post-fields"] = {}
    request.context["s3-presign-post-policy"] = policy
    S3SigV4PostAuth(CREDENTIALS, "s3", "us-east-1").add_auth(request)
    return {name.lower(): value for name, value in request.context["s3-presign-post-fields"].items()}


def test_a_form_bears_its_own():
    request = Signed("POST", "/bucket", "", {}, b"")
    fields = form(now() + SOON)
    signature = signature_of(request, fields)
    assert signature is not None
    assert signature.way is Way.FORM
    assert flaw(signature, request, SECRET, now(), fields) is None
    assert flaw(signature, request, SECRET, now() + 2 * SOON, fields) is Flaw.TOO_OLD
    wider = base64.b64encode(json.dumps({"expiration": "2099-01-01T00:00:00Z", "conditions": []}).encode()).decode()
    assert flaw(signature, request, SECRET, now(), fields | {"policy": wider}) is Flaw.WRONG


@pytest.mark.parametrize(
    "authorization",
    ["AWS4-HMAC-SHA256 Credential=a/b/c/d/aws4_request", "AWS4-HMAC-SHA256 Credential=a, SignedHeaders=h, Signature=0"],
)
def test_one_that_cannot_be_read_is_said_to_be_so(authorization):
    with pytest.raises(UnsignedError):
        signature_of(Signed("GET", "/", "", {"authorization": authorization}, b""))


def test_a_request_may_bear_none():
    assert signature_of(Signed("GET", "/", "", {}, b"")) is None


PATH = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20)


@given(PATH, st.dictionaries(PATH, PATH, max_size=3), st.binary(max_size=40))
def test_whatever_is_signed_is_taken(path, query, body):
    pairs = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in query.items())
    url = f"http://127.0.0.1:1/{quote(path, safe='')}?{pairs}"
    for auth in (S3SigV4Auth(CREDENTIALS, "s3", "us-east-1"), SigV4Auth(CREDENTIALS, "lambda", "us-east-1")):
        request = signed(auth, url=url, body=body)
        assert flaw(found(request), request, SECRET, now()) is None
