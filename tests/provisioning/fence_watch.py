"""Watches what a walk writes to the database: each write belongs to a transaction that holds the run by its claim."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django.db import connection

WRITE = re.compile(r"^\s*(INSERT INTO|UPDATE|DELETE FROM)\b", re.IGNORECASE)
BY_CLAIM = re.compile(r'(UPDATE "provisioning_run" SET .*|FROM "provisioning_run" .*FOR UPDATE)', re.DOTALL)
CLAIM = re.compile(r'WHERE .*"provisioning_run"\."claim_token" = ', re.DOTALL)


class FenceWatch:
    """A wrapper of Django's around every statement (Django, "Database instrumentation")."""

    def __init__(self) -> None:
        self.over = False
        """The worker lets go of the run: what comes behind is no longer the run's keeping."""
        self.seen = 0
        self.unfenced: list[str] = []
        self._fenced: object = None

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        """Note a write outside of every fence, and hand the statement on."""
        blocks = connection.atomic_blocks
        if BY_CLAIM.search(sql) and CLAIM.search(sql):
            self._fenced = blocks[0] if blocks else None
        elif WRITE.match(sql) and not self.over:
            self.seen += 1
            if not blocks or blocks[0] is not self._fenced:
                self.unfenced.append(sql[:300])
        return execute(sql, params, many, context)
