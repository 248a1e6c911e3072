"""What is wrong with a specification: field by field, in sentences that say what to do. Never shows a whole value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from infra.upgrade import SPEC_VERSION
from messages.message import Message, message

FIELD_LENGTH = 80


@dataclass(frozen=True)
class FieldProblem:
    """What is wrong with one field, and what to do, in one sentence."""

    field: str
    sentence: str


class SpecError(ValueError):
    """A specification has problems; its text has one line for each."""

    def __init__(self, problems: tuple[FieldProblem, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(f"{problem.field}: {problem.sentence}" for problem in problems))


class FieldError(ValueError):
    """Fields do not fit together; the problem is told of one of them."""

    def __init__(self, field: str, sentence: Message) -> None:
        super().__init__(sentence)
        self.field = field


A_LIST = message('Give a list, such as ["..."].')
AN_OBJECT = message('Give an object with fields, such as {"field": "..."}.')
SENTENCES = {
    "bool_type": message("Give true or false."),
    "dict_type": AN_OBJECT,
    "extra_forbidden": message("There is no such field; remove it."),
    "int_parsing_size": message("Give a smaller number."),
    "int_type": message("Give a whole number."),
    "ip_v4_network": message("This is no IPv4 network. Write it as 10.0.4.0/22, with the network's own address."),
    "mapping_type": AN_OBJECT,
    "missing": message("This field is missing."),
    "model_type": AN_OBJECT,
    "string_too_short": message("Give at least one character."),
    "string_type": message("Give a text."),
    "string_unicode": message("This text has half a character in it; write it again."),
    "tuple_type": A_LIST,
}
"""Pydantic's errors in our words; others keep their own text (pydantic, "Validation Errors")."""

BOUNDS = {
    "greater_than_equal": message("Give {ge} or more."),
    "less_than_equal": message("Give {le} or less."),
    "string_too_long": message("Shorten this to {max_length} characters."),
    "too_long": message("Give at most {max_length}."),
    "too_short": message("Give at least {min_length}."),
}


def problems_in(error: ValidationError, *, newest_version: int = SPEC_VERSION) -> tuple[FieldProblem, ...]:
    """Return pydantic's errors as field and sentence; more than one of a field is told once."""
    problems = [_problem(dict(part), newest_version) for part in error.errors()]
    return tuple({problem.field: problem for problem in reversed(problems)}[field] for field in _fields(problems))


def _fields(problems: list[FieldProblem]) -> list[str]:
    return list(dict.fromkeys(problem.field for problem in problems))


def _problem(error: dict[str, Any], newest_version: int) -> FieldProblem:
    cause = error.get("ctx", {}).get("error")
    field = on_one_line(".".join(str(part) for part in error["loc"])) or getattr(cause, "field", "spec")
    kind = str(error["type"])
    if field == "spec_version":
        versions = (
            message("version 1")
            if newest_version == 1
            else message("a version from 1 to {newest_version}", newest_version=newest_version)
        )
        return FieldProblem(field, message("Use {versions}; newer ones need a newer Homeroom.", versions=versions))
    if kind == "value_error" and cause is not None:
        return FieldProblem(field, str(cause))
    if kind in {"enum", "literal_error"}:
        return FieldProblem(field, message("Choose one of {expected}.", expected=error["ctx"]["expected"]))
    if kind in BOUNDS:
        return FieldProblem(field, BOUNDS[kind].having(error["ctx"]))
    if "ip_v4_network" in kind:
        return FieldProblem(field, SENTENCES["ip_v4_network"])
    return FieldProblem(field, SENTENCES.get(kind, f"{error['msg']}."))


def on_one_line(text: str) -> str:
    """Return a field's name as it can be shown: short, and without signs that would begin a line of their own."""
    return "".join(sign if sign.isprintable() else "?" for sign in text)[:FIELD_LENGTH]
