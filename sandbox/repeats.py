"""Answers a call again whose answer its client has lost, in place of carrying it out twice.

AWS's clients give every call an id, and say with each attempt which one it is; a creation that is repeated would
otherwise be told that its resource exists. Source: AWS SDKs and Tools Reference Guide, "Retry behavior"; the headers
``amz-sdk-invocation-id`` and ``amz-sdk-request``.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass

from sandbox.calls import Environ

KEPT = 512
"""How many answers are kept; a repeated call comes within seconds."""
LARGEST_BYTES = 65_536
ATTEMPT = re.compile(r"attempt=([0-9]+)")


@dataclass(frozen=True)
class StoredAnswer:
    """An answer as it was given."""

    status: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


class Repeats:
    """The last successful answers to calls that change something, by the calls' ids. Guarded by its caller's lock."""

    def __init__(self) -> None:
        self._given: OrderedDict[str, StoredAnswer] = OrderedDict()

    def answer_to(self, environ: Environ) -> StoredAnswer | None:
        """Return what was answered to an earlier attempt of this call."""
        attempt = ATTEMPT.search(str(environ.get("HTTP_AMZ_SDK_REQUEST", "")))
        if attempt is None or int(attempt[1]) < 2:
            return None
        return self._given.get(str(environ.get("HTTP_AMZ_SDK_INVOCATION_ID", "")))

    def keep(self, environ: Environ, answer: StoredAnswer) -> None:
        """Keep a successful answer of a call that has an id."""
        id_ = environ.get("HTTP_AMZ_SDK_INVOCATION_ID")
        reads = environ.get("REQUEST_METHOD") in {"GET", "HEAD"}
        if id_ and not reads and answer.status.startswith("2") and len(answer.body) <= LARGEST_BYTES:
            self._given[str(id_)] = answer
            while len(self._given) > KEPT:
                self._given.popitem(last=False)
