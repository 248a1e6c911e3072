"""What other programs say, as every database takes it.

PostgreSQL stores no NUL in text ("Character Types"), no `\\u0000` in JSON ("JSON Types"), and no half of a surrogate
pair in UTF-8 ("Character Set Support"); JSON itself may hold all of them (RFC 8259, sections 7 and 8.2).
"""

from __future__ import annotations

import re
from typing import Any

REPLACEMENT = "\ufffd"
"""Unicode's own character for what cannot be shown."""
NOT_STORABLE = re.compile("[\x00\ud800-\udfff]")


def storable_text(text: str) -> str:
    """Return a text, each of its characters that no database takes replaced."""
    return NOT_STORABLE.sub(REPLACEMENT, text)


def storable(value: Any) -> Any:
    """Return JSON data with the keys and texts that a database takes. Raises RecursionError, as `json.loads` does."""
    if isinstance(value, str):
        return storable_text(value)
    if isinstance(value, dict):
        return {storable_text(name): storable(part) for name, part in value.items()}
    if isinstance(value, list):
        return [storable(part) for part in value]
    return value
