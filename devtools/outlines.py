"""Makes `infra/outlines.json`: which resources a stack has under which choices, taken from synthesized stacks.

The samples have every combination of those choices that decide together on a resource. For each resource the fewest
choices are kept that tell the stacks that have it from those that have it not.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable
from itertools import combinations, product
from pathlib import Path
from typing import Any

from devtools.converge import ACCOUNT, CERTIFICATE, DOMAIN, IMAGE, SIGN_IN
from infra import cost
from infra.outline import FACTORS, OUTLINES, REPEATED, Factors
from infra.spec import parse_spec
from infra.upgrade import SPEC_VERSION

CODES = {"sandbox": "sbx", "staging": "stg", "production": "prod"}
ZONE = {"hosted_zone_id": "Z0123456789ABC", "domain_name": DOMAIN}
TLS: dict[str, dict[str, str]] = {
    "none": {},
    "certificate": {"certificate_arn": CERTIFICATE},
    "zone": ZONE,
    "both": {"certificate_arn": CERTIFICATE, **ZONE},
}
MOST_FACTORS = 4
"""No resource depends on more choices than these samples have in every combination."""

Stack = dict[str, Any]
Part = tuple[str, str, str]
"""Type, name and, as JSON, what the price depends on."""


def samples() -> list[Factors]:
    """Return the choices of each stack that is made, each once.

    Sandboxes alone may have no certificate, and production has an image and two instances.
    """
    sandbox, ways, sizes = Factors(), FACTORS["egress"], FACTORS["size"]
    firsts = [sandbox, Factors("staging"), Factors("production", instances="2", image="yes")]
    choices = [
        *(
            first._replace(size=size, egress=way, image=image)
            for first, size, way, image in product(firsts, sizes, ways, FACTORS["image"])
            if image == "yes" or first.environment != "production"
        ),
        *(first._replace(egress=way, zones="3") for first, way in product(firsts, ways)),
        *(first._replace(instances="2") for first in firsts),
        *(sandbox._replace(size=size, cache_engine="valkey") for size in sizes),
        *(first._replace(tls=tls) for first, tls in product(firsts, ("zone", "both"))),
        sandbox._replace(tls="none"),
    ]
    return list(dict.fromkeys(choices))


def spec_of(chosen: Factors) -> dict[str, Any]:
    """Return the specification of a district that has chosen so; of what is repeated it has one."""
    return {
        "spec_version": SPEC_VERSION,
        "district_name": "Lakeside Unified",
        "slug": "lakeside",
        "environment": chosen.environment,
        "suffix": f"lakeside-{CODES[chosen.environment]}",
        "account_id": ACCOUNT,
        "cidr": "10.0.0.0/22",
        "size": chosen.size,
        "zones": int(chosen.zones),
        "egress": chosen.egress,
        "database_instances": int(chosen.instances),
        "cache_engine": chosen.cache_engine,
        **TLS[chosen.tls],
        "sign_in": SIGN_IN,
        "images": {"api": IMAGE, "worker": IMAGE} if chosen.image == "yes" else {},
        "district_ids": ["3904380"],
        "allowed_client_cidrs": ["0.0.0.0/0"],
        "alarm_emails": ["oncall@example.org"],
    }


def parts(stack: Stack) -> set[Part]:
    """Return a stack's resources, with placeholders for what is there once for each entry of a list."""
    return {
        (kind, _placeheld(f"{kind}.{name}", name), json.dumps(cost.charged(kind, body), sort_keys=True))
        for kind, resources in stack["resource"].items()
        for name, body in resources.items()
    }


def _placeheld(address: str, name: str) -> str:
    for entry, pattern in REPEATED.items():
        if pattern.fullmatch(address):
            return pattern.sub(rf"\g<1>{{{entry}}}\g<2>", address).partition(".")[2]
    return name


Condition = tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]
"""Names of choices, and which values of them have the resource."""


def condition(having: set[Factors], everything: Iterable[Factors]) -> Condition:
    """Return the fewest choices that tell who has something from who has not; raises ValueError where none do."""
    lacking = set(everything) - having
    for count in range(MOST_FACTORS + 1):
        for names in combinations(FACTORS, count):
            own = {_chosen(factors, names) for factors in having}
            if not own & {_chosen(factors, names) for factors in lacking}:
                return names, tuple(sorted(own))
    raise ValueError(f"More than {MOST_FACTORS} choices decide on something: make more samples.")


def _chosen(factors: Factors, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(getattr(factors, name) for name in names)


def outlines(synthesized: Callable[[dict[str, Any]], Stack]) -> str:
    """Return the file's text, of stacks that are made in this way."""
    stacks = {chosen: parts(synthesized(spec_of(chosen))) for chosen in samples()}
    groups: dict[Condition, dict[str, dict[str, Any]]] = defaultdict(lambda: defaultdict(dict))
    for part in sorted(set().union(*stacks.values())):
        kind, name, body = part
        having = {chosen for chosen, members in stacks.items() if part in members}
        groups[condition(having, stacks)][kind][name] = json.loads(body)
    rows = [
        {"choices": names, "values": values, "resources": resources}
        for (names, values), resources in sorted(groups.items())
    ]
    return json.dumps(rows, indent=1, sort_keys=True) + "\n"


def in_this_process(spec: dict[str, Any]) -> Stack:
    """Return the stack of a specification: the first one takes seconds, a further one a moment."""
    # Loads CDKTF, which starts a Node process: not before it is needed.
    from infra.synthesis import write

    with tempfile.TemporaryDirectory() as folder:
        stack: Stack = json.loads(write(parse_spec(spec), Path(folder)).read_text(encoding="utf-8"))
    return stack


def main() -> int:
    """Write the file; run as a program of its own, since CDKTF stays in the process that has loaded it."""
    OUTLINES.write_text(outlines(in_this_process), encoding="utf-8")
    sys.stdout.write(f"Renewed {OUTLINES.name} by {len(samples())} stacks.\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
