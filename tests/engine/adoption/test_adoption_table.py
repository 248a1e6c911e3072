"""The adoption table has a row for every type that a stack holds, the documents show it, and its texts are safe."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from devtools.paths import ROOT
from engine.adoption.blocks import import_blocks, quoted
from engine.adoption.document import adoption_table
from engine.adoption.passwords import to_forget
from engine.adoption.references import DeclaredValues, UnknownReferenceError
from engine.adoption.results import Adoption
from engine.adoption.rules import tag_map
from engine.adoption.table import TABLE
from engine.kinds import ROWS
from engine.kinds.adoption import Adopt

GOLDEN = sorted((ROOT / "tests" / "infra" / "golden").glob("*.json"))


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_every_type_of_the_stack_has_a_row(path: Path):
    assert set(json.loads(path.read_text())["resource"]) <= set(TABLE)


def test_no_row_is_of_a_type_that_no_stack_holds_and_none_is_there_twice():
    declared = {kind for path in GOLDEN for kind in json.loads(path.read_text())["resource"]}
    assert set(TABLE) == declared
    assert len(TABLE) == len(ROWS)


def test_what_is_looked_for_is_declared_by_the_stack():
    """A row that reads an argument which no resource of its type declares would find nothing, or everything."""
    for path in GOLDEN:
        for kind, resources in json.loads(path.read_text())["resource"].items():
            rule = TABLE[kind]
            if isinstance(rule, Adopt):
                for source in rule.where.values():
                    assert any(
                        DeclaredValues(declared, _anything).at(source) is not None for declared in resources.values()
                    ) or (kind.startswith("aws_vpc_security_group_")), f"{kind}: {source}"


def _anything(address: str, name: str) -> str:
    return f"{address}.{name}"


def test_the_document_shows_the_table():
    text = (ROOT / "docs" / "recovery.md").read_text().partition("<!-- adoption: begin -->\n")[2]
    remedy = "`python -m engine.adoption` prints the table of today."
    assert text.partition("<!-- adoption: end -->")[0] == adoption_table(TABLE), remedy


HOSTILE = [
    '"',
    "\\",
    "${aws_vpc.x.id}",
    "$${x}",
    "$$${x}",
    "%{ if true }",
    "%%{x}",
    "a\nb\tc",
    "é🍁",
    '"}\nimport {',
    "\x07",
]


@pytest.mark.terraform
def test_no_text_gets_out_of_its_quotes(tmp_path: Path):
    binary = shutil.which("terraform")
    assert binary is not None, "Terraform is not on the PATH"
    expression = f"jsonencode([{', '.join(f'base64encode({quoted(text)})' for text in HOSTILE)}])\n"
    completed = subprocess.run(
        [binary, "console"], cwd=tmp_path, input=expression, capture_output=True, text=True, check=True, timeout=60
    )
    assert [base64.b64decode(part).decode() for part in json.loads(json.loads(completed.stdout))] == HOSTILE


def test_a_block_names_its_resource_and_takes_no_other_address():
    block = import_blocks([Adoption("aws_vpc.network_vpc", "vpc-1")])
    assert block == 'import {\n  to = aws_vpc.network_vpc\n  id = "vpc-1"\n}\n'
    with pytest.raises(ValueError, match="is not the address of a resource"):
        import_blocks([Adoption('aws_vpc.x\n  id = "y"', "vpc-1")])


def test_references_are_put_in_and_what_is_not_known_says_so():
    known = {
        ("aws_vpc.v", "id"): "vpc-1",
        ("aws_acm_certificate.c", "domain_validation_options"): [{"resource_record_name": "_x."}],
    }

    def attribute(address: str, name: str) -> object:
        if (address, name) not in known:
            raise UnknownReferenceError(address)
        return known[address, name]

    arguments = DeclaredValues(
        {
            "whole": "${aws_vpc.v.id}",
            "part": "${aws_vpc.v.id}/x",
            "element": "${tolist(aws_acm_certificate.c.domain_validation_options)[0].resource_record_name}",
            "people": "$${aws_vpc.v.id} %%{ if }",
            "lost": "${aws_vpc.gone.id}",
            "data": "${element(data.aws_availability_zones.z.names, 0)}",
            "number": 5432,
            "nested": {"Name": "n"},
            "many": ["first"],
        },
        attribute,
    )
    values = [
        arguments.at(path) for path in ("whole", "part", "element", "people", "number", "nested.Name", "none|many.0")
    ]
    assert values == ["vpc-1", "vpc-1/x", "_x.", "${aws_vpc.v.id} %{ if }", 5432, "n", "first"]
    for path in ("lost", "data"):
        with pytest.raises(UnknownReferenceError):
            arguments.at(path)


def test_tags_are_read_in_every_way_that_aws_writes_them():
    for tags in (
        {"Suffix": "a"},
        [{"Key": "Suffix", "Value": "a"}],
        [{"key": "Suffix", "value": "a"}],
        [{"TagKey": "Suffix", "TagValue": "a"}],
    ):
        assert tag_map(tags) == {"Suffix": "a"}
    assert tag_map(None) == {}


OWNER = "${ephemeral.aws_secretsmanager_random_password.owner.random_password}"
SHARED = {
    "resource": {
        "aws_rds_cluster": {"c": {"master_password_wo": OWNER}},
        "aws_secretsmanager_secret_version": {"owner": {"secret_string_wo": f'{{"password": "{OWNER}"}}'}},
        "aws_vpc": {"v": {}},
    }
}
CLUSTER, VERSION = "aws_rds_cluster.c", "aws_secretsmanager_secret_version.owner"


@pytest.mark.parametrize(
    ("known", "forgotten"),
    [
        ({CLUSTER, VERSION}, []),
        (set(), []),
        ({CLUSTER}, [CLUSTER]),
        ({VERSION}, [VERSION]),
        ({CLUSTER, VERSION, "aws_vpc.v"}, []),
    ],
)
def test_who_shares_a_password_with_something_lost_is_written_with_it(known, forgotten):
    assert [note.address for note in to_forget(SHARED, known)] == forgotten
