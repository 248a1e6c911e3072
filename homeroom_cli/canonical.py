"""JSON as an audit link hashes it, with one way to write each value; docs/security.md says it of the chain."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any


def canonical(value: Any) -> str:
    """Write a value that was read from JSON: names in the order of their code points, no blanks, plain numbers."""
    if isinstance(value, dict):
        inner = ",".join(f"{_text(name)}:{canonical(value[name])}" for name in sorted(value))
        return f"{{{inner}}}"
    if isinstance(value, list):
        return f"[{','.join(map(canonical, value))}]"
    return _plain(value) if isinstance(value, float) else _text(value)


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _plain(number: float) -> str:
    """Write a number without an exponent, and without zeros that say nothing."""
    whole, _, rest = format(Decimal(repr(number)), "f").partition(".")
    rest = rest.rstrip("0")
    written = f"{whole}.{rest}" if rest else whole
    return "0" if written == "-0" else written
