"""A server on this machine that takes what is posted to it, and answers as it is told."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_network
from typing import Any

LOOPBACK = [ip_network("127.0.0.1/32")]
"""What tests let the portal post to beside the open internet."""


@dataclass
class Receiver:
    """What came, and what is answered next: 204 where nothing is said."""

    port: int = 0
    answers: list[int] = field(default_factory=list)
    taken: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        """The address as somebody would type it."""
        return f"http://127.0.0.1:{self.port}/hook?token=in-the-path"


@contextlib.contextmanager
def receiving() -> Iterator[Receiver]:
    """Run the server."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.taken.append(({name.lower(): value for name, value in self.headers.items()}, body))
            status = receiver.answers.pop(0) if receiver.answers else 204
            self.send_response(status)
            if status in range(300, 400):
                self.send_header("Location", "http://169.254.169.254/latest/meta-data/")
            answer = b"" if status == 204 else b"so it is"
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    receiver.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
