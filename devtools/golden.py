"""``make golden``: renews the files that a change of the stack is reviewed by, and the documents made from it.

A golden file is a size's synthesized stack, or an account's shared one, with what every change of a library would touch
left out.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from devtools import errors_page, names, reach, rights, roles_page, states_page
from devtools.converge import ACCOUNT, combinations
from devtools.paths import ROOT
from infra import cost, schema
from infra.outline import Wish, outline
from infra.sizes import SIZES
from infra.spec import Environment, Size

FOLDER = ROOT / "tests" / "infra" / "golden"
OF_THE_PLATFORM = FOLDER / "account" / "platform.json"
SHOWN = ("sandbox-S-2-nat", "staging-M-2-nat", "production-L-3-none")
OF_AN_ACCOUNT: dict[str, Any] = {
    "role_arn": f"arn:aws:iam::{ACCOUNT}:role/homeroom-deploy",
    "external_id": "0123456789abcdef",
    "permissions_boundary_arn": f"arn:aws:iam::{ACCOUNT}:policy/homeroom-district",
}
"""What a district has of an account that is opened as the deployment's document says; production is shown with it."""
PLATFORM: dict[str, Any] = {
    "account_id": ACCOUNT,
    "external_id": "0123456789abcdef",
    "portal_principal_arns": ["arn:aws:iam::210987654321:role/homeroom-portal"],
    "state_bucket": "homeroom-terraform-state",
    "evidence_bucket": "homeroom-evidence",
    "hosted_zone_ids": ["Z0123456789ABC"],
    "guardduty": True,
}
"""An account's shared stack with all that it may have."""
SCHEMA = ROOT / "docs" / "district-spec.schema.json"
STACK_DOCUMENT = ROOT / "docs" / "stack.md"
DEPLOYMENT_DOCUMENT = ROOT / "docs" / "deployment.md"
DRAWN = ("sandbox-S-2-nat", "production-L-3-none")
"""Those that differ in who may talk to whom."""
ARCHIVE = re.compile(r'"source_code_hash": "[^"]*"')


def masked(stack: dict[str, Any]) -> str:
    """Return a stack as its golden file: documents inside it as data, so that a change in one shows by its line."""
    text = json.dumps(_opened(stack), indent=1, sort_keys=True, ensure_ascii=False)
    return ARCHIVE.sub('"source_code_hash": "masked"', text) + "\n"


def _opened(part: Any) -> Any:
    if isinstance(part, dict):
        return {key: _opened(value) for key, value in part.items()}
    if isinstance(part, list):
        return [_opened(value) for value in part]
    if isinstance(part, str) and part.startswith(("{", "[")):
        try:
            return _opened(json.loads(part))
        except ValueError:
            return part
    return part


def stacks(synthesized: Callable[[dict[str, Any]], dict[str, Any]] | None = None) -> dict[str, dict[str, Any]]:
    """Return the stacks that have a golden file, by name; made by the program unless another way is given."""
    return {name: (synthesized or by_the_program)(shown(name)) for name in SHOWN}


def shown(name: str) -> dict[str, Any]:
    """Return the specification of a golden file."""
    spec = combinations()[name]
    return spec | (OF_AN_ACCOUNT if spec["environment"] == Environment.PRODUCTION else {})


def by_the_program(spec: dict[str, Any], *kind: str) -> dict[str, Any]:
    """Return what `python -m infra` makes of a specification, or `python -m infra platform`."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "infra", *kind, "-", folder]
        subprocess.run(command, cwd=ROOT, input=json.dumps(spec), text=True, check=True, capture_output=True)
        stack: dict[str, Any] = json.loads((Path(folder) / "cdk.tf.json").read_text())
    return stack


def sections(rendered: dict[str, dict[str, Any]]) -> dict[str, str]:
    """Return the parts of the document that are made from the stacks, by their names."""
    resources = {name: stack["resource"] for name, stack in rendered.items()}
    drawn, matrices = [], []
    for name in DRAWN:
        drawn += [f"### {name}", "", reach.drawing(resources[name]), ""]
        matrices += [f"### {name}", "", reach.matrix(resources[name]), ""]
    suffixes = [combinations()[name]["suffix"] for name in rendered]
    return {
        "drawing": "\n".join(drawn).rstrip(),
        "matrix": "\n".join(matrices).rstrip(),
        "names": names.table(names.names(list(resources.values()), suffixes)),
        "cost": _costs(rendered),
    }


def _costs(rendered: dict[str, dict[str, Any]]) -> str:
    prices = cost.load_prices()
    parts = [f"Prices as of {prices.as_of}, us-east-1; {prices.source}. Made by `make golden`.", ""]
    for name, stack in rendered.items():
        parts += [f"### {name}", "", cost.table(cost.estimate(stack, prices, "us-east-1")), ""]
    parts += ["### A second database instance", "", _second_instance(prices), ""]
    return "\n".join([*parts, "Not counted:", "", *(f"- {left_out}" for left_out in cost.NOT_COUNTED)])


def _second_instance(prices: cost.Prices) -> str:
    """Return what a second instance costs by size: of the outline, which a test compares with stacks."""

    def total(size: Size, environment: Environment, instances: int) -> Decimal:
        wish = Wish(environment=environment, size=size, database_instances=instances)
        return cost.estimate({"resource": outline(wish)}, prices, "us-east-1").total_usd

    rows = ["| size | in a sandbox, USD a month | elsewhere, USD a month |", "|---|---|---|"]
    for size in SIZES:
        more = [total(size, kind, 2) - total(size, kind, 1) for kind in (Environment.SANDBOX, Environment.STAGING)]
        rows.append(f"| {size} | {more[0]} | {more[1]} |")
    return "\n".join(rows)


def rights_sections() -> dict[str, str]:
    """Return the parts of the deployment's document that are made from IAM documents, by their names."""
    return {"worker": rights.worker(), "evidence": rights.evidence(), "deploy": rights.deploy()}


def marked(name: str, section: str) -> str:
    """Return a section between its marks."""
    return f"<!-- {name}: begin -->\n{section}\n<!-- {name}: end -->"


def in_document(document: str, name: str, section: str) -> str:
    """Return the document with the section between its marks; raises ValueError where it has none."""
    first, last = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    if first not in document or last not in document:
        raise ValueError(f"The document has no place for {name}: {first} ... {last}")
    return document.partition(first)[0] + marked(name, section) + document.partition(last)[2]


def main() -> int:
    """Write every file and say which."""
    rendered = stacks()
    FOLDER.mkdir(exist_ok=True)
    for name, stack in rendered.items():
        (FOLDER / f"{name}.json").write_text(masked(stack), encoding="utf-8")
    OF_THE_PLATFORM.parent.mkdir(exist_ok=True)
    OF_THE_PLATFORM.write_text(masked(by_the_program(PLATFORM, "platform")), encoding="utf-8")
    SCHEMA.write_text(schema.text(), encoding="utf-8")
    for path, parts in ((STACK_DOCUMENT, sections(rendered)), (DEPLOYMENT_DOCUMENT, rights_sections())):
        document = path.read_text(encoding="utf-8")
        for name, section in parts.items():
            document = in_document(document, name, section)
        path.write_text(document, encoding="utf-8")
    states_page.write()
    errors_page.write()
    roles_page.write()
    subprocess.run([sys.executable, "-m", "devtools.outlines"], cwd=ROOT, check=True)
    print(
        f"Renewed {len(rendered) + 1} golden files, the schema, the states, the errors, the outlines and the documents."
    )
    print("Look at the difference before you commit it.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
