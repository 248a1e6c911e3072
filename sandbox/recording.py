"""Writes down which calls are made: service and action, the resources that they name, and whether they tag as ours.

Nothing of what is asked or answered is kept beside ARNs: no names of callers, no values. Off unless a file is given.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

from sandbox.calls import Environ, body_of, call_of

ARN = re.compile(r"arn:aws:[a-z0-9-]+:[a-z0-9-]*:(?:[0-9]{12})?:[A-Za-z0-9_./:=+@*-]+")
TAG = re.compile(r"ManagedBy.{1,60}?homeroom\b", re.DOTALL)
"""How our tag stands in a request: in JSON, a form or XML the value follows its key at once."""
ENDS = 1 << 18
"""Of a longer body its beginning and end are read, in characters: what is between is data, and names nothing."""

Wsgi = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


class Recording:
    """A WSGI application around another one, that adds a line of JSON for each call to a file."""

    def __init__(self, inner: Wsgi, path: Path) -> None:
        self._inner = inner
        self._file = path.open("a", encoding="utf-8")
        self._turn = threading.Lock()

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer as the inner one does, and note the call."""
        body = body_of(environ)
        call = call_of(environ)
        status: list[str] = []

        def started(line: str, headers: list[tuple[str, str]], exc_info: object = None) -> Any:
            status.append(line)
            return start_response(line, headers)

        answer = b"".join(self._inner(environ, started))
        request = (
            _text(str(environ.get("PATH_INFO", "")) + "?" + str(environ.get("QUERY_STRING", ""))) + "\n" + _text(body)
        )
        record = {
            "service": call.service,
            "action": call.action,
            "path": environ.get("PATH_INFO", ""),
            "ok": status[-1].startswith("2"),
            "tagged": bool(TAG.search(request) or TAG.search(_text(str(environ.get("HTTP_X_AMZ_TAGGING", ""))))),
            "asked": list(dict.fromkeys(ARN.findall(request))),
            "answered": list(dict.fromkeys(ARN.findall(_text(answer))))[:20],
        }
        with self._turn:
            self._file.write(json.dumps(record) + "\n")
            self._file.flush()
        return [answer]


def _text(data: bytes | str) -> str:
    """Return a request's or an answer's text as it was meant."""
    text = data.decode("utf-8", "replace") if isinstance(data, bytes) else data
    return unquote_plus(text if len(text) <= 2 * ENDS else f"{text[:ENDS]}\n{text[-ENDS:]}")
