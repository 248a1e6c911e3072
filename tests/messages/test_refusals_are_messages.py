"""What the specification and the API refuse is a message: no plain text is raised where people read it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from devtools.paths import ROOT

ROOMS = ("infra", "portal/api", "portal/admin", "provisioning", "registry")
FOR_PROGRAMMERS = {
    # Wrong arguments of a call within the code; the specification has refused the like before.
    "infra/naming.py",
    "infra/fields.py",
    "provisioning/calendar/windows.py",
    # JSON that cannot be read: the answer is one sentence for all of it, and says which byte.
    "portal/api/reading.py",
    "provisioning/teardown/signatures.py",
    # A command's own words for who sits at the terminal, in English as all commands are.
    "registry/database_rights.py",
}
TOLD = ("FieldError", "ValueError", "PermissionDenied", "RefusedError", "UnreadableError")
"""How the names of errors end whose text people read."""


def plain_sentences(tree: ast.AST) -> Iterator[ast.expr]:
    """Yield each literal of several words and each f-string that is raised as it stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            name = node.exc.func
            called = name.id if isinstance(name, ast.Name) else ""
            if called.endswith(TOLD):
                texts = node.exc.args[1:] if called == "FieldError" else node.exc.args
                yield from (text for argument in texts for text in _plain(argument))


def _plain(node: ast.expr) -> Iterator[ast.expr]:
    match node:
        case ast.JoinedStr() | ast.BinOp():
            yield node
        case ast.Constant(value=str(text)) if " " in text:
            yield node
        case ast.Dict(values=parts) | ast.List(elts=parts) | ast.Tuple(elts=parts):
            for part in parts:
                yield from _plain(part)
        case ast.IfExp(body=body, orelse=other):
            yield from (*_plain(body), *_plain(other))


@pytest.mark.parametrize("room", ROOMS)
def test_nothing_is_refused_in_plain_text(room: str) -> None:
    plain = [
        f"{name}:{text.lineno}: {ast.unparse(text)}"
        for path in sorted((ROOT / room).rglob("*.py"))
        if (name := path.relative_to(ROOT).as_posix()) not in FOR_PROGRAMMERS and "migrations" not in path.parts
        for text in plain_sentences(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert not plain, "say it by `message` (messages/message.py)"


def test_all_that_are_excused_are_there_and_need_it() -> None:
    for name in FOR_PROGRAMMERS:
        assert list(plain_sentences(ast.parse(Path(ROOT, name).read_text(encoding="utf-8")))), name


@pytest.mark.parametrize(
    "source",
    [
        'raise ValueError("Give a number.")',
        'raise ValueError(f"Give {n}.")',
        'raise FieldError("zones", "Use 2.")',
        'raise ThingRefusedError({"zones": [f"Use {n}."]})',
        'raise ThingRefusedError("code", "Use %s." % n)',
        'raise ValueError("Use 2." if n else message("Use 3."))',
    ],
)
def test_a_plain_sentence_is_seen(source: str) -> None:
    assert list(plain_sentences(ast.parse(source)))


def test_messages_fields_and_codes_are_none() -> None:
    for source in (
        'raise FieldError(f"images.{name}", message("Use {n}.", n=2))',
        'raise ThingRefusedError("code", message("Use 2."))',
        'raise ThingRefusedError({"zones": [message("Use 2.")]})',
        "raise ValueError(SHAPE)",
    ):
        assert not list(plain_sentences(ast.parse(source)))
