"""Secrets out of Secrets Manager: kept while they open the database, fetched anew when they no longer do."""

from __future__ import annotations

import json
import threading
from typing import Any, Protocol

CURRENT = "AWSCURRENT"


class SecretsClient(Protocol):
    """What is asked of Secrets Manager."""

    def get_secret_value(self, *, SecretId: str, VersionStage: str) -> Any:  # noqa: N803 - AWS's own names
        """Return the version of a secret that has a stage."""


class Secret:
    """One secret's fields. Never printed: a repr of it has no value."""

    def __init__(self, client: SecretsClient, arn: str) -> None:
        self._client, self._arn = client, arn
        self._fields: dict[str, Any] | None = None
        self._lock = threading.Lock()

    def fields(self) -> dict[str, Any]:
        """Return the fields as last fetched."""
        with self._lock:
            if self._fields is None:
                self._fields = self._fetch()
            return self._fields

    def newer_than(self, known: dict[str, Any]) -> dict[str, Any] | None:
        """Return the fields as they are now, or nothing where they are the known ones."""
        with self._lock:
            if self._fields == known or self._fields is None:
                self._fields = self._fetch()
            return None if self._fields == known else self._fields

    def _fetch(self) -> dict[str, Any]:
        answer = self._client.get_secret_value(SecretId=self._arn, VersionStage=CURRENT)
        fields: dict[str, Any] = json.loads(answer["SecretString"])
        return fields
