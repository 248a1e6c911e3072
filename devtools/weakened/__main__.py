"""``python -m devtools.weakened``: what of a stack's rights and orders may be taken out without that a run notices.

``--from FILE`` renews the list of decisions by a recording (see `devtools.weakened.decisions`). Ends with 1 where
something survives that nothing excuses.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from devtools import golden
from devtools.converge import ACCOUNT, combinations
from devtools.weakened import order
from devtools.weakened.decisions import LIST, listed
from devtools.weakened.order import Resources
from devtools.weakened.trial import EXCUSED, EXCUSED_PARTS, EXCUSED_WIDER, narrowed, tried, widened

PULLING = "production-L-3-none"


def main(arguments: list[str]) -> int:
    """Print what survives."""
    parser = argparse.ArgumentParser(prog="python -m devtools.weakened", description=__doc__)
    parser.add_argument("--from", dest="recordings", type=Path, nargs="+", help="recordings to make the list of")
    options = parser.parse_args(arguments)
    if options.recordings:
        lines = [json.loads(line) for path in options.recordings for line in path.read_text().splitlines()]
        calls = listed(lines)
        rows = ",\n".join(json.dumps(call.as_data()) for call in calls)
        LIST.write_text(f"[\n{rows}\n]\n")
        print(f"{len(calls)} decisions in {LIST.name}. Look at the difference before you commit it.")
    bad = 0
    specifications = combinations()
    stacks: dict[str, Resources] = {}
    for name in golden.SHOWN:
        # With a program to run, else nobody would pull an image.
        spec = golden.shown(name) | {"images": specifications[PULLING]["images"]}
        resources = golden.by_the_program(spec)["resource"]
        stacks[specifications[name]["suffix"]] = resources
        result = tried(resources, account=ACCOUNT, suffix=specifications[name]["suffix"])
        for text in result.refused:
            print(f"{name}: refused: {text}")
        for survivor in result.survivors:
            why = EXCUSED.get((survivor.place, survivor.statement), "")
            print(f"{name}: survives: {survivor.place}, {survivor.statement}{': ' + why if why else ''}")
            bad += not why
        wide = widened(resources, account=ACCOUNT, suffix=specifications[name]["suffix"])
        for text in wide.admitted:
            print(f"{name}: admitted: {text}")
        for wider in sorted(wide.unnoticed):
            why = EXCUSED_WIDER.get(wider, "")
            print(f"{name}: may say more: {wider.place}, {wider.statement}, {wider.how}{': ' + why if why else ''}")
            bad += not why
        bad += len(wide.admitted)
        for address, on in order.survivors(resources):
            why = order.REDUNDANT.get((address, on), "")
            print(f"{name}: survives: {address} before {on}{': ' + why if why else ''}")
            bad += not why
        bad += len(result.refused)
    for part in sorted(narrowed(stacks, account=ACCOUNT)):
        why = EXCUSED_PARTS.get(part, "")
        weakened = f"{part.element} {part.value} of {part.statement}"
        print(f"survives: {part.place}, {weakened}{': ' + why if why else ''}")
        bad += not why
    print(f"{bad} of them unexcused.")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
