"""The web server gives its threads to whole requests: who sends half of one holds none."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.limits import LARGEST_BODY
from portal.slow_clients import LARGEST_HEAD, RefusedError, is_whole
from processes.process import LOOPBACK, answers, free_port, running

APPLICATION = """
def application(environ, start_response):
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    path = environ["SCRIPT_NAME"] + "|" + environ["PATH_INFO"]
    headers = [("Content-Type", "text/plain"), ("Content-Length", str(len(body))), ("X-Path", path)]
    start_response("200 OK", headers)
    return [body]
"""


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    folder = tmp_path_factory.mktemp("web")
    (folder / "echo_application.py").write_text(APPLICATION)
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "echo_application", "--bind", f"{LOOPBACK}:{port}"]
    command += ["--no-control-socket", "--threads", "2", "--config", "python:portal.web_server"]
    environment = {**os.environ, "PYTHONPATH": f"{Path.cwd()}:{folder}"}
    with running("Web server", command, log=folder / "web.log", environment=environment) as service:
        service.wait_until(lambda: answers(port), seconds=30, what="listening")
        yield port


def told(port: int, body: bytes = b"") -> bytes:
    with urllib.request.urlopen(f"http://{LOOPBACK}:{port}/", data=body or None, timeout=5) as answer:
        return bytes(answer.read())


def reply(port: int, request: bytes) -> bytes:
    with socket.create_connection((LOOPBACK, port), timeout=5) as client:
        client.sendall(request)
        data = b""
        while b"\r\n" not in data:
            part = client.recv(200)
            assert part, f"closed after {data!r}"
            data += part
        return data


def received(client: socket.socket, *, times: int) -> bytes:
    """Return what comes until the body came so many times: head and body of an answer may come apart."""
    data = b""
    while data.count(b"piecewise") < times:
        part = client.recv(1000)
        assert part, f"closed after {data!r}"
        data += part
    return data


def test_half_sent_requests_hold_nobody_up(port: int):
    post = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: "
    halves = [b"GET / HTTP/1.1\r\nHost: x\r\n", post + b"100\r\n\r\nhalf", b""]
    halves += [post + b"100".zfill(30) + b"\r\n\r\nhalf", b"\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n"]
    with contextlib.ExitStack() as stack:
        for number in range(30):
            client = stack.enter_context(socket.create_connection((LOOPBACK, port), timeout=5))
            client.sendall(halves[number % len(halves)])
        began = time.monotonic()
        for _ in range(5):
            assert told(port, b"whole") == b"whole"
        assert time.monotonic() - began < 3


@pytest.mark.parametrize(
    "request_line",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close",
        b"GET / HTTP/1.0",
        b"GET / HTTP/1.1\r\nX : 1",
        b"PRI * HTTP/2.0",
    ],
)
def test_who_was_answered_and_stays_holds_nobody_up(port: int, request_line: bytes):
    with contextlib.ExitStack() as stack:
        for _ in range(10):
            client = stack.enter_context(socket.create_connection((LOOPBACK, port), timeout=5))
            client.sendall(request_line + b"\r\n\r\n")
        began = time.monotonic()
        for _ in range(5):
            assert told(port, b"whole") == b"whole"
        assert time.monotonic() - began < 3


def test_an_answer_comes_whole_where_more_was_sent_than_was_read(port: int):
    head = b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 9\r\n\r\npiecewise"
    with socket.create_connection((LOOPBACK, port), timeout=5) as client:
        client.sendall(head + b"x" * 200_000)
        assert received(client, times=1).endswith(b"piecewise")
        assert client.recv(1) == b"", "and the connection ends"


def test_a_request_that_comes_in_pieces_is_answered(port: int):
    request = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\npiecewise"
    with socket.create_connection((LOOPBACK, port), timeout=5) as client:
        for at in range(0, len(request), 7):
            client.sendall(request[at : at + 7])
        assert received(client, times=1).endswith(b"piecewise")
        client.sendall(request + request)
        assert received(client, times=2).endswith(b"piecewise")


def test_what_is_too_large_is_refused_before_it_is_sent(port: int):
    head = b"POST / HTTP/1.1\r\nHost: x\r\n"
    assert reply(port, head + b"Content-Length: %d\r\n\r\n" % (LARGEST_BODY + 1)).startswith(b"HTTP/1.1 413")
    assert reply(port, head + b"Transfer-Encoding: chunked\r\n\r\n").startswith(b"HTTP/1.1 411")
    assert told(port, b"x" * 300_000) == b"x" * 300_000


def test_a_request_is_whole_when_its_body_is_there():
    head = b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\n"
    assert [is_whole(head[:-1]), is_whole(head + b"ab"), is_whole(head + b"abc")] == [False, False, True]
    assert is_whole(b"GET / HTTP/1.1\r\n\r\n")
    unfit_lengths = (b"1\r\nContent-Length: 2", b"9".zfill(19), b"+1", b"1_0", b"1, 1", b"\xb9", b"")
    unfit_heads = (b"P / HTTP/1.1\r\nContent-Length: " + length + b"\r\n\r\n" for length in unfit_lengths)
    for unfit in (b"x" * (LARGEST_HEAD + 1), b"\r\n\r\n", *unfit_heads):
        with pytest.raises(RefusedError):
            is_whole(unfit)


def test_no_header_says_which_view_answers(port: int):
    """Else whoever has a password alone goes round the second factor's door (`portal.sign_in.factor_door`)."""
    request = b"GET /account/people HTTP/1.1\r\nHost: x\r\nSCRIPT_NAME: /account\r\nPATH_INFO: /people\r\n\r\n"
    with socket.create_connection((LOOPBACK, port), timeout=5) as client:
        client.sendall(request)
        data = b""
        while b"X-Path" not in data or not data.endswith(b"\r\n\r\n"):
            part = client.recv(1000)
            assert part, f"closed after {data!r}"
            data += part
    assert b"X-Path: |/account/people\r\n" in data
