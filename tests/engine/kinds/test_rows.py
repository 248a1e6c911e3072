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

NO_TABLES = {"engine", "provisioning", "portal", "registry"}
"""Rooms in which a table by type would be one that the rows do not know of."""


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


def test_no_table_by_type_stands_beside_the_rows():
    """A dictionary or a pair that begins with a type of ours is knowledge about a kind, and belongs into its row."""
    tables = []
    for room in sorted(NO_TABLES):
        for path in sorted((ROOT / room).rglob("*.py")):
            text = path.read_text()
            if path.is_relative_to(ROOT / "engine" / "kinds") or '"aws_' not in text:
                continue
            for node in ast.walk(ast.parse(text)):
                keys = node.keys if isinstance(node, ast.Dict) else node.elts if isinstance(node, ast.Set) else []
                types = [key.value for key in keys if isinstance(key, ast.Constant) and key.value in KINDS]
                tables += [f"{path.relative_to(ROOT)}: {name}" for name in types]
    assert tables == []
