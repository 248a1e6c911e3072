"""Serves a stand-in for somebody else's web server, on this machine alone, within this process."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from processes.process import LOOPBACK


class Answering(BaseHTTPRequestHandler):
    """Answers with texts, and says nothing of it on the terminal."""

    def answer(self, text: str, kind: str, status: int = 200, *, origin: str = "") -> None:
        """Send a text of a media type; a page of `origin` may read it (CORS)."""
        self.send_response(status)
        self.send_header("Content-Type", kind)
        if origin:
            self.send_header("Access-Control-Allow-Origin", origin)
            self.send_header("Vary", "Origin")
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's own name
        """Say nothing."""


@contextlib.contextmanager
def served(handler: type[BaseHTTPRequestHandler], port: int, name: str) -> Iterator[str]:
    """Serve on a port, a free one for 0; yields the address. Raises OSError where somebody else listens there."""
    server = ThreadingHTTPServer((LOOPBACK, port), handler)
    thread = threading.Thread(target=server.serve_forever, name=name, daemon=True)
    thread.start()
    try:
        yield f"http://{LOOPBACK}:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
