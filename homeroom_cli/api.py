"""Calls the API: one method for each way of asking, and every refusal as a line that says what to do."""

from __future__ import annotations

import hashlib
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from homeroom_cli.credentials import SIGN_IN, Credentials
from homeroom_cli.exits import CommandError, Exit

PREFIX = "/api/v1"
SECONDS = 60.0
TRIES = 4
LONGEST_WAIT = 60
AGAIN = {429, 502, 503, 504}
"""Answers after which the same request is sent again: it names itself, and so is carried out once."""

WAITING = {"authorization_pending", "slow_down"}
"""Refusals after which a sign-in is asked for again (RFC 8628, 3.5)."""


class Api:
    """A portal's API, with a token."""

    def __init__(self, credentials: Credentials, transport: httpx.BaseTransport | None = None) -> None:
        self.url = credentials.url
        authorization = {"Authorization": f"Bearer {credentials.token}"} if credentials.token else {}
        self._client = httpx.Client(
            base_url=credentials.url + PREFIX,
            headers={"User-Agent": "homeroom-cli", **authorization},
            timeout=SECONDS,
            transport=transport,
        )

    def close(self) -> None:
        """End the connections that are kept for the next request."""
        self._client.close()

    def get(self, path: str, **query: Any) -> Any:
        """Return what is found; raises CommandError."""
        return self._sent("GET", path, params=_known(query)).json()

    def get_with_tag(self, path: str) -> tuple[Any, str]:
        """Return what is found, and its ETag; raises CommandError."""
        response = self._sent("GET", path)
        return response.json(), response.headers.get("ETag", "")

    def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """Return the answer to a request that is carried out once, however often it has to be sent."""
        headers = {"Idempotency-Key": str(uuid.uuid4())}
        return self._sent("POST", path, json={} if body is None else body, headers=headers).json()

    def ask(self, path: str, body: dict[str, Any]) -> tuple[dict[str, Any], str]:
        """Return an answer and no code, or nothing and the code of a refusal that is a matter of time.

        Sent once: whoever asks comes again. Raises CommandError for any other refusal.
        """
        try:
            response = self._client.post(path, json=body)
        except httpx.HTTPError as error:
            raise self._unreachable(error) from error
        if response.status_code < 300:
            answer: dict[str, Any] = response.json()
            return answer, ""
        code = _code(response)
        if code not in WAITING:
            raise refused(response)
        return {}, code

    def patch(self, path: str, body: dict[str, Any], tag: str) -> Any:
        """Change something that is as it was when it was read; raises CommandError."""
        headers = {"Idempotency-Key": str(uuid.uuid4()), **({"If-Match": tag} if tag else {})}
        return self._sent("PATCH", path, json=body, headers=headers).json()

    def all(self, path: str, limit: int, **query: Any) -> list[Any]:
        """Return so many rows of a list, page by page."""
        rows: list[Any] = []
        cursor: str | None = ""
        while cursor is not None and len(rows) < limit:
            page = self.get(path, limit=min(200, limit - len(rows)), cursor=cursor, **query)
            rows += page["items"]
            cursor = page.get("next")
        return rows

    @contextmanager
    def lines(self, path: str, **query: Any) -> Iterator[Iterator[str]]:
        """Read an answer line by line, while it comes."""
        try:
            with self._client.stream("GET", path, params=_known(query)) as response:
                if response.status_code >= 400:
                    response.read()
                    raise refused(response)
                yield _lines(response)
        except httpx.HTTPError as error:
            raise self._unreachable(error) from error

    def save(self, path: str, file: Path) -> str:
        """Write an answer into a file while it comes; return its SHA-256. Raises CommandError."""
        digest = hashlib.sha256()
        try:
            with self._client.stream("GET", path) as response:
                if response.status_code >= 400:
                    response.read()
                    raise refused(response)
                with file.open("wb") as target:
                    for part in response.iter_bytes():
                        target.write(part)
                        digest.update(part)
        except httpx.HTTPError as error:
            raise self._unreachable(error) from error
        except OSError as error:
            raise CommandError(Exit.USAGE, f"{file} cannot be written: {error.strerror}.") from error
        return digest.hexdigest()

    def _sent(self, method: str, path: str, **options: Any) -> httpx.Response:
        for left in range(TRIES - 1, -1, -1):
            try:
                response = self._client.request(method, path, **options)
            except httpx.HTTPError as error:
                if left and isinstance(error, httpx.TransportError):
                    time.sleep(2.0 ** (TRIES - left - 2))
                    continue
                raise self._unreachable(error) from error
            if response.status_code in AGAIN and left:
                time.sleep(min(_seconds(response), LONGEST_WAIT))
                continue
            if response.status_code >= 300:
                raise refused(response)
            if "json" not in response.headers.get("Content-Type", ""):
                raise CommandError(Exit.UNREACHABLE, f"What answers at {self.url} is no portal of Homeroom.")
            return response
        raise AssertionError("unreachable")

    def _unreachable(self, error: Exception) -> CommandError:
        return CommandError(Exit.UNREACHABLE, f"{self.url} does not answer: {error}. Look whether the portal runs.")


def refused(response: httpx.Response) -> CommandError:
    """Return an answer's refusal as an error."""
    try:
        problem = response.json()
        sentence = str(problem["detail"])
        more = tuple(
            f"{error['field'].removeprefix('body.')}: {error['detail']}" for error in problem.get("errors", [])
        )
    except (ValueError, KeyError, TypeError):
        sentence, more = f"The portal answered {response.status_code}.", ()
    if response.status_code == 401:
        return CommandError(Exit.NOT_SIGNED_IN, f"{sentence} {SIGN_IN}", more)
    request = response.headers.get("X-Request-ID", "")
    if response.status_code >= 500 and request:
        more = (*more, f"request {request}")
    return CommandError(Exit.REFUSED, sentence, tuple(line for line in more if not line.endswith(sentence)))


def _lines(response: httpx.Response) -> Iterator[str]:
    """Yield an answer's lines; httpx takes signs for the end of a line that JSON lets stand within a text."""
    buffer = ""
    for part in response.iter_text():
        *whole, buffer = (buffer + part).split("\n")
        yield from whole
    if buffer:
        yield buffer


def _code(response: httpx.Response) -> str:
    try:
        return str(response.json()["code"])
    except (ValueError, KeyError, TypeError):
        return ""


def _known(query: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in query.items() if value not in (None, "")}


def _seconds(response: httpx.Response) -> float:
    text = response.headers.get("Retry-After", "")
    return float(text) if text.isascii() and text.isdigit() else 2.0
