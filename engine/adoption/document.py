"""Writes the adoption table as the table of docs/recovery.md; pure text."""

from __future__ import annotations

import re
from collections.abc import Mapping

from engine.adoption.rules import PLACEHOLDER
from engine.kinds.adoption import Adopt, Question, Rule

HEADER = "| type | import id | found by |\n|---|---|---|\n"


def adoption_table(table: Mapping[str, Rule]) -> str:
    """Return a row for each type, by name."""
    return HEADER + "".join(f"| `{kind}` | {_row(table[kind])} |\n" for kind in sorted(table))


def _row(rule: Rule) -> str:
    if not isinstance(rule, Adopt):
        return f"made again | {rule.reason}"
    return f"`{_cell(PLACEHOLDER.sub(_placeholder, rule.import_id))}` | {_cell(_found_by(rule))}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _placeholder(match: re.Match[str]) -> str:
    return f"<{match[2]} of the district>" if match[1] == "place" else f"<{match[2]}>"


def _found_by(rule: Adopt) -> str:
    conditions = [f"`{path}` = `{source}`" for path, source in {**rule.where, **rule.must_equal}.items()]
    question = rule.question
    scope = [f"`{name}`" for name in _given_attributes(question)]
    of = f" of {', '.join(scope)}" if scope else ""
    parts = [f"`{question.service}:{question.operation}`{of}", ", ".join(conditions), _ownership(rule)]
    return "; ".join(part for part in parts if part)


def _given_attributes(question: Question) -> list[str]:
    placeholders = PLACEHOLDER.findall(str(dict(question.parameters)))
    return sorted({path for source, path in placeholders if source == "given"})


def _ownership(rule: Adopt) -> str:
    if "tag:Suffix" in str(dict(rule.question.parameters)):
        return "listed by tag `Suffix`"
    if rule.goes_along:
        return "is or is not set on it; goes along in a teardown"
    if rule.tags is None:
        return "no tags: goes by name and by what it belongs to"
    if rule.tagged_later:
        return "tag `Suffix` is the district's, or there is none yet"
    return "tag `Suffix` is the district's"
