"""The district's data office as a program: signs in, sends files, asks what became of them and what they say."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from processes.errors import RemediedError

logging.getLogger("httpx").setLevel(logging.WARNING)
"""Or it would write a line for each of a thousand requests."""
SECONDS = 60.0
ENDED = frozenset({"merged", "rejected", "superseded", "tried", "undone"})
"""How the API names the states that nothing follows (docs/pipeline.md)."""


class OfficeError(RemediedError):
    """The running stack did not answer as it should."""


class Office:
    """Asks one district's service."""

    def __init__(self, service_url: str, token: str, authority: Path) -> None:
        """Sign in; `authority` has signed the service's certificate, where it has one."""
        trusted = ssl.create_default_context(cafile=str(authority)) if service_url.startswith("https:") else True
        self._client = httpx.Client(
            base_url=service_url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=SECONDS,
            trust_env=False,
            verify=trusted,
        )
        # What goes to the bucket carries the form's signature, and no token.
        self._bucket = httpx.Client(timeout=SECONDS, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._client.close()
        self._bucket.close()

    def is_ready(self) -> bool:
        """Return whether the service reaches its database, which has the program's schema."""
        try:
            return self._client.get("/readyz").status_code == 200
        except httpx.HTTPError:
            return False

    def get(self, path: str, **parameters: Any) -> Any:
        """Return an answer's JSON; raises OfficeError."""
        return self._json(self.ask(path, **parameters))

    def post(self, path: str, payload: Mapping[str, Any]) -> Any:
        """Send JSON and return the answer's; raises OfficeError."""
        return self._json(self._client.post(path, json=dict(payload)))

    def ask(self, path: str, **parameters: Any) -> httpx.Response:
        """Return an answer, whatever its status; raises httpx.HTTPError."""
        return self._client.get(path, params=parameters)

    def upload(self, path: Path) -> str:
        """Send a file as the upload page does, straight to the bucket, and return its key; raises OfficeError."""
        form = self._json(self._client.post("/v1/uploads"))
        with path.open("rb") as content:
            response = self._bucket.post(form["url"], data=form["fields"], files={"file": (path.name, content)})
        if response.status_code >= 300:
            raise OfficeError(
                f"The bucket refused {path.name}: {response.status_code}.", remedy="Read the sandbox's log."
            )
        return f"{form['folder']}{path.name}"

    def files(self) -> dict[str, Mapping[str, Any]]:
        """Return the newest files by their keys."""
        return {row["object_key"]: row for row in self.get("/v1/files", limit=200)["rows"]}

    def page(self, path: str) -> str:
        """Return one of the data office's own pages, signed in as a browser is; raises OfficeError."""
        answer = self._client.get(path, headers={"Accept": "text/html"})
        if answer.status_code != 200:
            raise OfficeError(f"{path} answered {answer.status_code}.", remedy="Read the API's log group.")
        return answer.text

    @staticmethod
    def _json(answer: httpx.Response) -> Any:
        if answer.status_code >= 300:
            raise OfficeError(
                f"{answer.request.url.path} answered {answer.status_code}: {answer.text[:300]}",
                remedy="Read the API's log group in the embedded AWS.",
            )
        return answer.json()
