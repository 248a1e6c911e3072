"""Every kind of a stack has its row, no row is of a kind that no stack has, and what a row names is there."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest

from devtools.paths import ROOT
from engine import kinds
from engine.aws.inventory import LINGERING
from engine.aws.quotas import KINDS as QUOTAS
from engine.kinds import KINDS, MADE_BY_AWS, MODULES, ROWS
from engine.kinds.kind import Kind
from infra.fields import FIELDS, OnData
from infra.outline import OUTLINES
from infra.shortening import OLDER

GOLDEN = [
    json.loads(path.read_text())["resource"] for path in sorted((ROOT / "tests" / "infra" / "golden").glob("*.json"))
]
DECLARED = {kind for stack in GOLDEN for kind in stack} | {
    kind for row in json.loads(OUTLINES.read_text()) for kind in row["resources"]
}
"""The types of every stack, whatever a district chooses."""

NO_TABLES = {"engine", "infra", "provisioning", "portal", "registry"}
"""Rooms in which a table by type would be one that the rows do not know of."""

TABLES_OF_THEIR_OWN = {
    "engine/aws/foreign_removal.py": "which strangers its functions take away: a function each, beside the table",
    "engine/terraform/exposure.py": "rules over attributes, many of them for several kinds at once by a pattern",
    "engine/terraform/foreign_drift.py": "the three kinds whose strangers its functions read, a function each",
    "infra/account_template.py": "how arguments of the account's own stack read in CloudFormation",
    "infra/cost.py": "counts what a stack says of itself, in a room that imports no other; a row says if it has to",
}
"""Modules whose table by type stays beside what it speaks of, and why."""


def arguments(kind: str) -> list[dict[str, Any]]:
    return [body for stack in GOLDEN for body in stack.get(kind, {}).values()]


def test_every_kind_of_the_stacks_has_a_row():
    assert DECLARED - set(KINDS) == set(), "Write its row in engine/kinds/<service>.py (docs/development.md)."


def test_no_row_is_of_a_kind_that_no_stack_has_and_none_is_there_twice():
    assert set(KINDS) - DECLARED == set()
    assert len(KINDS) == len(ROWS)


def test_every_module_with_rows_is_read():
    folder = Path(next(iter(kinds.__path__)))
    written = {path.stem for path in folder.glob("*.py") if re.search(r"^KINDS: tuple", path.read_text(), re.MULTILINE)}
    assert {module.__name__.rpartition(".")[2] for module in MODULES} == written


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.type)
def test_what_a_row_names_is_there(row: Kind):
    named = {*row.drift.parts.values(), row.seen.parent, row.network.subnet_group if row.network else ""} - {""}
    assert named <= set(KINDS)
    settings = {part.setting for part in row.settings} | ({row.entries.setting} if row.entries else set())
    assert all(FIELDS[name].changed_by for name in settings)
    for keeping in row.keeps:
        assert keeping.setting in OLDER
        assert any(keeping.path[0] in body for body in arguments(row.type))
    assert not row.quota or row.quota in QUOTAS
    if row.network:
        places = [body.get(row.network.block, {}) if row.network.block else body for body in arguments(row.type)]
        assert any(row.network.groups in place and row.network.subnets in place for place in places)
    if row.access.rights or row.access.resource_policy or row.access.trust:
        attribute = row.access.rights or row.access.resource_policy or row.access.trust
        assert any(attribute in body for body in arguments(row.type))
    assert row.boxes == () or all(re.compile(box.name) for box in row.boxes)


def test_each_setting_whose_fall_deletes_is_kept_by_some_kind_and_says_what_goes():
    deleting = {name for name, field in FIELDS.items() if field.on_data is OnData.DELETES_OLDER}
    assert set(OLDER) == deleting == {keeping.setting for row in ROWS for keeping in row.keeps}


def test_an_attribute_that_another_resource_holds_has_that_resource_in_the_stack():
    for row in ROWS:
        for attribute in row.drift.told_by_another:
            owners = [name for name in KINDS if name.startswith(row.type) and attribute in _words_of(name, row.type)]
            assert owners, f"{row.type}.{attribute}"


def _words_of(name: str, kind: str) -> set[str]:
    """Return what a setting's own type calls the attribute: `lifecycle_configuration` holds a bucket's rules."""
    rest = name.removeprefix(f"{kind}_")
    return {rest, rest.replace("_configuration", "_rule")}


def test_lines_of_the_diagram_join_boxes():
    boxes = {box.key for row in ROWS for box in row.boxes} | {"clients"}
    flows = [flow for row in ROWS for flow in row.flows]
    assert flows
    assert {end for flow in flows for end in (flow.source, flow.target)} <= boxes


def test_what_aws_keeps_for_a_time_is_known_by_the_service_that_lists_it():
    assert LINGERING.keys() >= {("kms", "key"), ("ecs", "service"), ("secretsmanager", "secret")}
    assert len(LINGERING) == sum(row.lingering is not None for row in ROWS)
    assert all(row.coverage.tag or row.coverage.name or row.coverage.lookup for row in MADE_BY_AWS)


def types_in_tables(tree: ast.AST) -> list[str]:
    """Return the types of ours, or patterns of them, in dictionaries' keys, collections and calls of classes."""
    entries: list[ast.expr | None] = []
    for node in ast.walk(tree):
        match node:
            case ast.Dict(keys=keys):
                entries += keys
            case ast.Set(elts=parts) | ast.Tuple(elts=parts) | ast.List(elts=parts):
                entries += parts
            case ast.Call(func=ast.Name(id=name), args=parts) if name[0].isupper():
                entries += parts
    texts = [entry.value for entry in entries if isinstance(entry, ast.Constant) and isinstance(entry.value, str)]
    return [text for text in texts if text.startswith("aws_") and any(re.fullmatch(text, kind) for kind in KINDS)]


def test_no_table_by_type_stands_beside_the_rows():
    """What a table says of one of our types is knowledge about a kind, and belongs into its row.

    The exceptions are named with their reasons. What a function does with one type by its name is no table.
    """
    tables = {
        path.relative_to(ROOT).as_posix()
        for room in NO_TABLES
        for path in (ROOT / room).rglob("*.py")
        if not path.is_relative_to(ROOT / "engine" / "kinds") and types_in_tables(ast.parse(path.read_text()))
    }
    assert tables - set(TABLES_OF_THEIR_OWN) == set()
    assert set(TABLES_OF_THEIR_OWN) - tables == set(), "it needs no exception any more"


@pytest.mark.parametrize(
    "table",
    [
        '{"aws_kms_key": 1}',
        '{"aws_kms_key"}',
        '[("aws_kms_key", 1)]',
        '(Rule("aws_kms_key", 1),)',
        '(Rule(1, r"aws_kms_.*"),)',
    ],
)
def test_each_form_of_a_table_is_seen(table: str):
    assert types_in_tables(ast.parse(table))
    assert not types_in_tables(ast.parse('stack.get("aws_kms_key")'))
