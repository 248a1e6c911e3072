"""Text in a cell that a spreadsheet may open: nothing that somebody typed is computed there. Pure."""

from __future__ import annotations

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001 - the wide ones count as well
"""What a spreadsheet takes for the beginning of a formula (OWASP, "CSV Injection")."""


def neutral_text(text: str) -> str:
    """Return text with an apostrophe before it where a spreadsheet would compute it; it is shown as it is."""
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA) else text
