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
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
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
    halves = [b"GET / HTTP/1.1\r\nHost: x\r\n", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf", b""]
    with contextlib.ExitStack() as stack:
        for number in range(30):
            client = stack.enter_context(socket.create_connection((LOOPBACK, port), timeout=5))
            client.sendall(halves[number % 3])
        began = time.monotonic()
        for _ in range(5):
            assert told(port, b"whole") == b"whole"
        assert time.monotonic() - began < 3


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
    for unfit in (b"x" * (LARGEST_HEAD + 1), b"P\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"):
        with pytest.raises(RefusedError):
            is_whole(unfit)
