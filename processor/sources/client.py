"""Asks a source with patience and with a token: OAuth 2.0 client credentials (RFC 6749, 4.4), kept until it ends.

What is busy or away is asked again, after as long as it says (Retry-After, RFC 9110, 10.2.3) or a time that doubles.
"""

from __future__ import annotations

import base64
import random
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import quote, urlencode

from processor.sources.address import Reach
from processor.sources.http_request import Answer, UnreachedError, ask
from processor.sources.problems import ForbiddenError, NotOfferedError, SourceProblemError

ATTEMPTS = 5
FIRST_SECONDS, MOST_SECONDS = 1.0, 60.0
AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
EARLY_SECONDS = 60.0
"""A token is fetched anew so long before it ends: a page may take a while."""
SHORTEST_LIFE, USUAL_LIFE = 60.0, 1800.0


@dataclass(frozen=True)
class Credentials:
    """What a source was told to let us in by. Never printed: a repr of it has no value."""

    client_id: str = field(repr=False)
    client_secret: str = field(repr=False)


@dataclass
class Client:
    """One source, for the time of one pull."""

    reach: Reach
    credentials: Credentials
    token_url: str
    scope: str = ""
    wait: Callable[[float], object] = time.sleep
    alive: Callable[[], None] = lambda: None
    now: Callable[[], float] = time.monotonic
    context: ssl.SSLContext | None = None
    _token: str = field(default="", repr=False)
    _until: float = 0.0

    def get(self, url: str) -> Answer:
        """Return the answer to a question, whatever it is but busy; raises SourceProblemError."""
        answer = self._patiently("GET", url, {"Authorization": f"Bearer {self._bearer()}"})
        if answer.status == 401:
            # The token may have been taken back before its time: one new one decides.
            self._token = ""
            answer = self._patiently("GET", url, {"Authorization": f"Bearer {self._bearer()}"})
        if answer.status == 401:
            raise _not_let_in()
        return answer

    def open_get(self, url: str) -> Answer:
        """Return the answer to a question that needs no token."""
        return self._patiently("GET", url, {})

    def _bearer(self) -> str:
        if self._token and self.now() < self._until:
            return self._token
        answer = self._ask_token(self.scope)
        if answer.status == 400 and self.scope and _error_of(answer) == "invalid_scope":
            answer = self._ask_token("")
        if answer.status in (400, 401, 403):
            raise _not_let_in()
        if answer.status != 200:
            raise unexpected(answer.status, "asked for a token")
        document = answer.json()
        token = document.get("access_token") if isinstance(document, dict) else None
        kind = str(document.get("token_type", "bearer")).casefold() if isinstance(document, dict) else ""
        if (
            not isinstance(token, str)
            or not token
            or not token.isascii()
            or not token.isprintable()
            or kind != "bearer"
        ):
            raise SourceProblemError(
                "no_token",
                "The source's answer to the credentials holds no token.",
                "Check the token's address with the vendor.",
            )
        life = document.get("expires_in", USUAL_LIFE)
        life = float(life) if isinstance(life, int | float) and life > 0 else USUAL_LIFE
        self._token, self._until = token, self.now() + max(life - EARLY_SECONDS, min(life, SHORTEST_LIFE) / 2)
        return token

    def _ask_token(self, scope: str) -> Answer:
        # RFC 6749, 2.3.1: both are form-encoded before they are put together.
        pair = f"{quote(self.credentials.client_id, safe='')}:{quote(self.credentials.client_secret, safe='')}"
        headers = {
            "Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        form = {"grant_type": "client_credentials"} | ({"scope": scope} if scope else {})
        return self._patiently("POST", self.token_url, headers, urlencode(form).encode())

    def _patiently(self, method: str, url: str, headers: dict[str, str], body: bytes | None = None) -> Answer:
        for attempt in range(1, ATTEMPTS + 1):
            self.alive()
            try:
                answer = ask(self.reach, method, url, headers, body, context=self.context)
            except UnreachedError as error:
                if attempt == ATTEMPTS:
                    raise SourceProblemError(
                        "unreachable",
                        f"The source does not answer ({error}).",
                        "It is tried again. Where tasks have no way out to the internet, no source can be reached.",
                    ) from error
                self._pause(attempt, "")
                continue
            if answer.status not in AGAIN:
                return answer
            if attempt == ATTEMPTS:
                raise SourceProblemError(
                    "busy",
                    f"The source is busy or fails: it answered {answer.status} each time.",
                    "It is tried again. If it stays so, tell the vendor.",
                )
            self._pause(attempt, answer.headers.get("retry-after", ""))
        raise RuntimeError("The last attempt has neither answered nor failed.")

    def _pause(self, attempt: int, retry_after: str) -> None:
        self.alive()
        self.wait(_pause(attempt, retry_after))


def _pause(attempt: int, retry_after: str) -> float:
    """Return how many seconds to wait: what the source says, within reason, or twice as long each time."""
    if retry_after:
        return min(MOST_SECONDS, max(0.0, _seconds(retry_after)))
    longest = min(MOST_SECONDS, FIRST_SECONDS * 2.0 ** (attempt - 1))
    return longest * random.uniform(0.5, 1.0)


def _seconds(retry_after: str) -> float:
    """Read Retry-After: a number of seconds, or a date of HTTP."""
    if retry_after.strip().isdigit():
        return float(retry_after)
    try:
        return (parsedate_to_datetime(retry_after) - datetime.now(UTC)).total_seconds()
    except (TypeError, ValueError):
        return FIRST_SECONDS


def _error_of(answer: Answer) -> str:
    try:
        document = answer.json()
    except SourceProblemError:
        return ""
    return str(document.get("error", "")) if isinstance(document, dict) else ""


def _not_let_in() -> SourceProblemError:
    return SourceProblemError(
        "not_let_in",
        "The source does not accept the client id and secret.",
        "Ask the vendor for valid ones, with the right to read, and enter them here.",
    )


def refuse(answer: Answer, when: str) -> None:
    """Raise what an answer says that is no page: not for this client, not there, or unexpected."""
    if answer.status == 403:
        raise ForbiddenError
    if answer.status == 404:
        raise NotOfferedError
    if answer.status != 200:
        raise unexpected(answer.status, when)


def unexpected(status: int, when: str) -> SourceProblemError:
    """Return the problem of an answer that the specification does not have."""
    if status == 403:
        return SourceProblemError(
            "forbidden",
            f"The source refused when {when}.",
            "Ask the vendor to let this client read rosters and results.",
        )
    if status == 404:
        return SourceProblemError(
            "not_found", f"The source has nothing there when {when}.", "Check the address with the vendor."
        )
    return SourceProblemError(
        "unexpected_answer", f"The source answered {status} when {when}.", "Try again; if it stays so, tell the vendor."
    )
