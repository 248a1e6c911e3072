"""What a source may answer: JSON of a bounded size, over a TLS that holds; no redirect is followed."""

from __future__ import annotations

import datetime
import http.server
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from devtools.services.source_server import Reply, SourceServer, serving
from processor.api.certificate import server_context
from processor.sources import http_request
from processor.sources.address import Reach
from processor.sources.client import Client, Credentials, _pause
from processor.sources.http_request import UnreachedError, ask
from processor.sources.problems import SourceProblemError


class Told(SourceServer):
    """A server that answers what it was given."""

    reply: Reply = (200, {}, {})

    def open_answer(self, path: str) -> Reply:
        return self.reply


@pytest.fixture
def there() -> Iterator[tuple[Told, Reach]]:
    standin = Told()
    with serving(standin):
        yield standin, Reach(frozenset({standin.url.removeprefix("http://")}))


def test_a_redirect_is_not_followed(there: tuple[Told, Reach]):
    standin, reach = there
    standin.reply = (302, {"Location": "http://169.254.169.254/latest/meta-data"}, {})
    with pytest.raises(SourceProblemError, match="not followed"):
        ask(reach, "GET", standin.url, {})
    assert len(standin.asked) == 1


def test_an_answer_without_end_is_cut_off(there: tuple[Told, Reach], monkeypatch: pytest.MonkeyPatch):
    standin, reach = there
    monkeypatch.setattr(http_request, "LARGEST", 1000)
    standin.reply = (200, {}, b"x" * 1001)
    with pytest.raises(SourceProblemError, match="more than"):
        ask(reach, "GET", standin.url, {})


def test_what_is_no_json_is_said(there: tuple[Told, Reach]):
    standin, reach = there
    standin.reply = (200, {}, b"<html>")
    with pytest.raises(SourceProblemError, match="something else than JSON"):
        ask(reach, "GET", standin.url, {}).json()


def test_a_source_that_never_ends_its_answer_is_given_up(monkeypatch: pytest.MonkeyPatch):
    class Dripping(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            finished.wait(20)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's own name
            return

    finished = threading.Event()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Dripping)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(http_request, "ANSWER_SECONDS", 0.2)
    address = f"127.0.0.1:{server.server_address[1]}"
    try:
        with pytest.raises(UnreachedError):
            ask(Reach(frozenset({address})), "GET", f"http://{address}/", {})
    finally:
        finished.set()
        server.shutdown()
        server.server_close()


def test_a_certificate_that_nobody_signed_is_refused(tmp_path: Path):
    server = http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
    server.socket = server_context().wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"127.0.0.1:{server.server_address[1]}"
    try:
        with pytest.raises(SourceProblemError, match="certificate"):
            ask(Reach(frozenset({address})), "GET", f"https://{address}/", {})
    finally:
        server.shutdown()
        server.server_close()


def test_tls_asks_for_the_hosts_name_and_for_signed_certificates():
    context = http_request.trusted()
    assert context.check_hostname
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2


@pytest.mark.parametrize(("told", "least", "most"), [("3", 3, 3), ("99999", 60, 60), ("-4", 0, 60), ("soon", 0, 60)])
def test_a_wait_is_as_long_as_the_source_says_within_reason(told: str, least: float, most: float):
    assert least <= _pause(1, told) <= most


def test_a_date_says_how_long_to_wait():
    moment = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=20)
    assert 15 < _pause(1, moment.strftime("%a, %d %b %Y %H:%M:%S GMT")) <= 20


def test_a_scope_that_a_source_does_not_have_is_left_out():
    standin = SourceServer(scopes=frozenset({"read"}))
    with serving(standin):
        reach = Reach(frozenset({standin.url.removeprefix("http://")}))
        secret = Credentials(standin.client_id, standin.client_secret)
        client = Client(reach, secret, f"{standin.url}/token", "read write")
        assert client._bearer()
        assert len(standin.asked) == 2
        assert standin.client_secret not in repr(client)
        assert client._token not in repr(client)
