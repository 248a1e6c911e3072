"""``python -m devtools.cli_page``: writes the commands' part of docs/cli.md out of the commands themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from devtools.paths import ROOT
from homeroom_cli.exits import WORDS
from homeroom_cli.main import command

PAGE = ROOT / "docs" / "cli.md"
MARK = "<!-- Below: made by `python -m devtools.cli_page`. -->\n"


def text() -> str:
    """Return the whole page: what people wrote, and below the mark what the commands say."""
    written = PAGE.read_text().partition(MARK)[0]
    parts = ["## Exit statuses\n\n| status | what it says |\n|---|---|\n"]
    parts += [f"| {int(status)} | {word} |\n" for status, word in WORDS.items()]
    parts.append("\n## Commands\n")
    parts += list(described(command(), "homeroom"))
    return written + MARK + "\n" + "".join(parts)


def described(command: Any, name: str) -> Iterator[str]:
    """Yield the page's part of a command, and of those below it."""
    commands = getattr(command, "commands", None)
    if commands:
        for own, inner in commands.items():
            yield from described(inner, f"{name} {own}")
        return
    arguments = [parameter for parameter in command.params if parameter.param_type_name == "argument"]
    options = [
        parameter for parameter in command.params if parameter.param_type_name == "option" and parameter.name != "help"
    ]
    usage = " ".join(
        [name, *(argument.metavar or argument.name.upper() for argument in arguments), "[OPTIONS]" if options else ""]
    )
    yield f"\n### `{usage.strip()}`\n\n{_line(command.help)}\n"
    rows = [(f"`{argument.metavar or argument.name.upper()}`", argument.help) for argument in arguments]
    rows += [(_option(option), option.help) for option in options]
    if rows:
        yield "\n| | |\n|---|---|\n"
        yield from (f"| {first} | {_line(words)} |\n" for first, words in rows)


def _option(option: Any) -> str:
    names = ", ".join([*option.opts, *option.secondary_opts])
    value = "" if option.is_flag else f" {option.metavar or option.name.upper()}"
    return f"`{names}{value}`" + (" (needed)" if option.required else "")


def _line(text: str | None) -> str:
    return re.sub(r"\s+", " ", text or "").strip().replace("|", "\\|")


def write() -> Path:
    """Write the page and return its path."""
    PAGE.write_text(text())
    return PAGE


if __name__ == "__main__":
    print(f"{write().relative_to(ROOT)} is written.")
