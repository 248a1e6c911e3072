"""A call whose answer was lost is answered as before when its client repeats it."""

from __future__ import annotations

import urllib.error
import urllib.request
from urllib.parse import urlencode

from sandbox.launch import Sandbox
from sandbox.repeats import KEPT, Repeats, StoredAnswer
from tests.sandbox.signing import signed


def created(sandbox: Sandbox, name: str, call: str, attempt: int) -> tuple[int, bytes]:
    """Return status and body of one attempt to create a cache's parameter group."""
    fields = {
        "Action": "CreateCacheParameterGroup",
        "Version": "2015-02-02",
        "CacheParameterGroupName": name,
        "CacheParameterGroupFamily": "redis7",
        "Description": "Its answer was lost",
    }
    body = urlencode(fields).encode()
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "amz-sdk-invocation-id": call,
        "amz-sdk-request": f"attempt={attempt}; max=3",
    }
    url = f"{sandbox.url}/"
    request = urllib.request.Request(url, body, signed(url, "elasticache", body, headers))
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read()


def test_a_repeated_attempt_gets_the_first_ones_answer(sandbox):
    first = created(sandbox, "lost-sbx", "call-1", 1)
    assert first[0] == 200
    assert created(sandbox, "lost-sbx", "call-1", 2) == first


def test_another_call_for_the_same_name_is_refused(sandbox):
    assert created(sandbox, "twice-sbx", "call-2", 1)[0] == 200
    status, body = created(sandbox, "twice-sbx", "call-3", 1)
    assert (status, b"AlreadyExists" in body) == (400, True)
    assert created(sandbox, "twice-sbx", "call-3", 2)[0] == 400


def test_reads_and_failures_are_not_kept_and_the_oldest_go_first():
    repeats = Repeats()

    def again(call: str) -> StoredAnswer | None:
        return repeats.answer_to({"HTTP_AMZ_SDK_INVOCATION_ID": call, "HTTP_AMZ_SDK_REQUEST": "attempt=2; max=3"})

    for call, method, status in (("read", "GET", "200 OK"), ("failed", "POST", "400 Bad Request")):
        repeats.keep({"HTTP_AMZ_SDK_INVOCATION_ID": call, "REQUEST_METHOD": method}, StoredAnswer(status, (), b""))
        assert again(call) is None
    for number in range(KEPT + 1):
        environ = {"HTTP_AMZ_SDK_INVOCATION_ID": str(number), "REQUEST_METHOD": "POST"}
        repeats.keep(environ, StoredAnswer("200 OK", (), b""))
    assert again("0") is None
    assert again("1") == StoredAnswer("200 OK", (), b"")
