"""``python -m infra SPEC.json OUT_DIR``: writes a district's stack; ``-`` reads the specification from standard input.

Exit status 0; 2 for a specification with problems, a line ``field: sentence`` for each on standard error.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from infra.spec import FieldProblem, SpecError, parse_spec

USAGE = "Usage: python -m infra SPEC.json OUT_DIR"


def read(source: str) -> object:
    """Return the JSON data of a file or of standard input; raises SpecError where it is none."""
    try:
        return json.loads(sys.stdin.read() if source == "-" else Path(source).read_text(encoding="utf-8"))
    except OSError as error:
        raise SpecError((FieldProblem("spec", f"{source} cannot be read: {error.strerror}."),)) from error
    except ValueError as error:
        raise SpecError((FieldProblem("spec", f"This is no JSON: {error}."),)) from error


def main(arguments: list[str]) -> int:
    """Write the stack and print the path of its JSON."""
    if len(arguments) != 2:
        print(USAGE, file=sys.stderr)
        return 2
    try:
        spec = parse_spec(read(arguments[0]))
    except SpecError as error:
        print(error, file=sys.stderr)
        return 2
    from infra.synthesis import write

    try:
        print(write(spec, Path(arguments[1])))
    except (FileExistsError, NotADirectoryError):
        print(f"out_dir: {arguments[1]} is no folder.", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
