"""Finds the sentences that rooms without a translator of their own say: literals and f-strings, read as syntax.

What these rooms say is stored, logged and answered in English; pages translate it when they show it (`registry.texts`).
"""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Container, Iterable, Iterator
from pathlib import Path

PROGRAMMERS = {
    "OAuth2Error",
    "NotHoldingError",
    "BadRequest",
    "ValueError",
    "RuntimeError",
    "TypeError",
    "KeyError",
    "LookupError",
    "AssertionError",
    "CommandError",
}
"""Errors that tell a programmer something, and no reader of a page."""

QUIET_CALLS = {"debug", "info", "warning", "error", "exception", "critical", "execute", "compile", "getLogger"}
"""Calls whose texts go to the log or to the database."""

GETTEXT = {"_", "gettext", "gettext_lazy", "pgettext", "pgettext_lazy", "ngettext"}
"""Calls whose texts are found as calls."""

MOST_VARIANTS = 16
SENTENCE = re.compile(r"[A-Za-z]{2,}.* .*[A-Za-z]{2,}|[A-Z][a-z]+[.:]$", re.DOTALL)


def sentences(paths: Iterable[Path], only: Container[str] = ()) -> list[str]:
    """Return the sentences of modules, each once, in order; with `only`, those that are arguments of these names."""
    found: set[str] = set()
    for path in paths:
        module = ast.parse(path.read_text(encoding="utf-8"))
        if only:
            arguments = [node.value for node in ast.walk(module) if isinstance(node, ast.keyword) and node.arg in only]
            found.update(text for argument in arguments for text in _read(argument))
        else:
            found.update(_read(module))
    return sorted({text.strip() for text in found})


def _read(node: ast.AST) -> Iterator[str]:
    """Yield the sentences below a node; what is not entered is said by `PROGRAMMERS` and `QUIET_CALLS`."""
    if _is_text(node):
        yield from (text for text in variants(node) if is_sentence(text))
    if isinstance(node, ast.FunctionDef) and node.name == "main":
        # A command speaks to whoever called it, in English.
        return
    if isinstance(node, ast.Raise) and _called(node.exc) in PROGRAMMERS:
        return
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in QUIET_CALLS:
        return
    if isinstance(node, ast.Call) and _called(node) in GETTEXT:
        return
    for child in _children(node):
        yield from _read(child)


def _children(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what is to be read below a node: of a text only what it puts in, of a body no docstring."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
            continue
        if _is_text(node) and isinstance(child, ast.Constant):
            continue
        if isinstance(node, ast.JoinedStr | ast.BinOp | ast.FormattedValue) and isinstance(child, ast.FormattedValue):
            # A value that is a text itself (a call's argument, a choice's) has been taken up into the variants.
            if _is_text(child.value):
                continue
            yield from _children(child)
            continue
        if isinstance(node, ast.BinOp | ast.IfExp) and _is_text(node) and _is_text(child):
            continue
        yield child


def _is_text(node: ast.AST | None) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str)
    if isinstance(node, ast.JoinedStr):
        return True
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, ast.Add) and (_is_text(node.left) or _is_text(node.right))
    return isinstance(node, ast.IfExp) and _is_text(node.body) and _is_text(node.orelse)


def is_sentence(text: str) -> bool:
    """Return whether people read this: at least two words, or one that is a sentence by itself, and no code."""
    bare = re.sub(r"\{\w+\}", "", text).strip()
    word_beside_value = bare != text.strip() and " " in text and re.search(r"[A-Za-z]{4,}", bare)
    if not (SENTENCE.search(bare) or word_beside_value) or re.search(
        r"[<>|\\=]|\b(SELECT|INSERT|UPDATE|CREATE|DELETE|NOTIFY)\b|__", bare
    ):
        return False
    return bool(re.match(r"[A-Z{\"0-9 .,;:(]", text)) or " " in bare or bool(word_beside_value)


def variants(node: ast.AST) -> list[str]:
    """Return every text that an expression can become, with `{name}` for what is not known; choices are told apart."""
    names: dict[str, int] = {}
    return sorted(set(itertools.islice(_variants(node, names), MOST_VARIANTS)))


def _variants(node: ast.AST, names: dict[str, int]) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        parts = [list(_variants(part, names)) for part in node.values]
        yield from ("".join(chosen) for chosen in itertools.product(*parts))
    elif isinstance(node, ast.FormattedValue):
        yield from _variants(node.value, names) if _is_text(node.value) else [_placeholder(node.value, names)]
    elif isinstance(node, ast.BinOp):
        for left, right in itertools.product(_variants(node.left, names), list(_variants(node.right, names))):
            yield left + right
    elif isinstance(node, ast.IfExp):
        yield from _variants(node.body, names)
        yield from _variants(node.orelse, names)
    else:
        yield _placeholder(node, names)


def _placeholder(node: ast.AST, names: dict[str, int]) -> str:
    name = _name(node)
    names[name] = names.get(name, 0) + 1
    return "{" + (name if names[name] == 1 else f"{name}{names[name]}") + "}"


def _name(node: ast.AST) -> str:
    """Name a value after what it is in the code."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        # The word of an enumeration keeps that in its name: the pages translate such a value.
        inner = _name(node.value) if node.attr in {"word", "value"} else ""
        if node.attr == "word":
            return f"{inner}_word"
        return inner if inner not in {"", "value"} else node.attr
    if isinstance(node, ast.Call):
        if isinstance(node.func, ast.Attribute) and node.func.attr in {"lower", "upper", "strip", "get", "items"}:
            return _name(node.func.value)
        if isinstance(node.func, ast.Attribute) and node.func.attr == "join" and node.args:
            return _name(node.args[0])
        if isinstance(node.func, ast.Name) and node.func.id in {"len", "str", "sorted", "int", "set"} and node.args:
            return _name(node.args[0])
        return _called(node).strip("_") or "value"
    if isinstance(node, ast.Subscript):
        key = node.slice
        if isinstance(key, ast.Constant) and isinstance(key.value, str) and key.value.isidentifier():
            return key.value
        # A table's row, by its name: many of them joined are names.
        is_table = isinstance(node.value, ast.Name) and node.value.id.isupper() and isinstance(key, ast.Name)
        return f"{_name(key)}s" if is_table else _name(node.value)
    if isinstance(node, ast.BoolOp):
        return _name(node.values[0])
    if isinstance(node, ast.GeneratorExp | ast.ListComp):
        return _name(node.elt)
    return "value"


def _called(node: ast.AST | None) -> str:
    if isinstance(node, ast.Call):
        return _called(node.func)
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
