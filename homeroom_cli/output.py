"""Prints: tables for people, JSON for programs. What the portal says never steers the terminal."""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs; its fields are the API's.")]
Limit = Annotated[int, typer.Option(min=1, max=10_000, help="How many rows at most.")]


def out() -> Console:
    """Return the console of answers."""
    return Console(highlight=False, soft_wrap=True)


def err() -> Console:
    """Return the console of errors and progress."""
    return Console(stderr=True, highlight=False, soft_wrap=True)


def safe(value: Any) -> str:
    """Write a value on one line, without any character that a terminal would act on."""
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return "".join(
        " " if unicodedata.category(character) in {"Cc", "Cf", "Zl", "Zp"} else character for character in text
    )


def print_json(value: Any) -> None:
    """Print one JSON value, readable where somebody looks and on one line in a pipe."""
    indent = 2 if sys.stdout.isatty() else None
    typer.echo(json.dumps(value, ensure_ascii=False, indent=indent))


def print_rows(rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str], *, as_json: bool) -> None:
    """Print a list: `columns` are the fields to show, each with its heading."""
    if as_json:
        print_json(list(rows))
        return
    if not rows:
        err().print("There is none.")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in columns.values():
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(Text(safe(row.get(name))) for name in columns))
    out().print(table)


def print_facts(facts: Mapping[str, Any], names: Iterable[str], *, as_json: bool) -> None:
    """Print one thing, a fact a line."""
    if as_json:
        print_json(facts)
        return
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    for name in names:
        table.add_row(name.replace("_", " "), Text(safe(facts.get(name))))
    out().print(table)


def print_not_genuine(file: Path, problem: str, *, as_json: bool) -> None:
    """Print in what a file is not what was signed."""
    if as_json:
        print_json({"genuine": False, "problem": problem})
        return
    err().print(f"homeroom: {safe(str(file))} is not genuine. {safe(problem)}", markup=False, style="red")
