"""Writes the table of roles into docs/security.md out of the one that decides (`registry.accounts.acts`)."""

from __future__ import annotations

import os
from pathlib import Path

from devtools.paths import ROOT

PAGE = ROOT / "docs" / "security.md"
BEGIN = "<!-- The table below is made by `make golden`. -->\n"
END = "<!-- The end of the table. -->\n"


def table() -> str:
    """Return the table: each act, and which roles let it through."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    from registry.accounts.acts import TABLE, WORDS
    from registry.accounts.roles import Role

    lines = [f"| act | {' | '.join(Role)} |", f"|---|{'---|' * len(Role)}"]
    for act, able in TABLE.items():
        words = WORDS[act] + (" (for all districts alone)" if act.is_whole else "")
        lines.append(f"| {words} | {' | '.join('yes' if role in able else 'no' for role in Role)} |")
    return "\n".join(lines) + "\n"


def text() -> str:
    """Return the whole page with the table as it is now."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    return f"{before}{BEGIN}\n{table()}\n{END}{rest.partition(END)[2]}"


def write() -> Path:
    """Write the page and return its path."""
    PAGE.write_text(text(), encoding="utf-8")
    return PAGE
