"""Writes docs/errors.md out of the catalogue of known errors."""

from __future__ import annotations

from pathlib import Path

from devtools.paths import ROOT
from engine.known_errors.catalogue import CATALOGUE, PARTS
from engine.known_errors.entry import Hint

PAGE = ROOT / "docs" / "errors.md"
HEAD = """# Errors

Made by `make golden` out of `engine/known_errors/`; a test holds them to each other. {count} errors of AWS
and Terraform are known. Where one of them ends a run, its page has the sentence and the way out that stand here, with
the message itself under Details. Any other error is shown as AWS or Terraform wrote it. Of several, the first is
explained; one that explains the others (no connection, expired credentials) goes before them.

To add one: write an entry with a message that really came, and where AWS or the source documents it. Tests refuse an
entry whose message another one recognizes, and an origin whose operation does not list the code.
"""


def cell(text: str) -> str:
    """Return a text as it may stand in a cell of a table."""
    return " ".join(text.split()).replace("|", "\\|")


def row(hint: Hint) -> str:
    """Return the row of an entry."""
    origin = f"[{cell(hint.origin.title)}]({hint.origin.url})"
    return f"| `{hint.code}` | {cell(hint.summary)} | {cell(hint.remedy)} | `{cell(hint.example)}` | {origin} |"


def text() -> str:
    """Return the whole page."""
    parts = [HEAD.format(count=len(CATALOGUE))]
    for title, hints in PARTS.items():
        head = ["| code | what it means | what to do | such a message | documented at |", "|---|---|---|---|---|"]
        parts.append("\n".join([f"## {title}", "", *head, *(row(hint) for hint in hints), ""]))
    return "\n".join(parts)


def write() -> Path:
    """Write the page and return its path."""
    PAGE.write_text(text(), encoding="utf-8")
    return PAGE
