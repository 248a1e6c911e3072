"""Writes stacks as Terraform JSON, and tells of them.

``python -m infra SPEC.json OUT_DIR`` writes a district's stack; ``python -m infra platform SPEC.json OUT_DIR`` what an
account's districts share. In place of SPEC.json, ``-`` reads standard input. ``python -m infra schema`` prints the
JSON Schema of a district's specification, ``cost`` a stack's price, and ``prices`` renews the prices.

Exit status 0; 2 for a specification with problems, a line ``field: sentence`` for each on standard error.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

from infra.platform_spec import parse_platform_spec
from infra.spec import FieldProblem, SpecError, parse_spec
from infra.spec_errors import on_one_line

USAGE = """Usage: python -m infra SPEC.json OUT_DIR
       python -m infra platform SPEC.json OUT_DIR
       python -m infra schema
       python -m infra cost STACK.json [--region REGION]
       python -m infra prices [--region REGION] [--write]"""


def read(source: str) -> object:
    """Return the JSON data of a file or of standard input; raises SpecError where it is none."""
    try:
        text = sys.stdin.read() if source == "-" else Path(source).read_text(encoding="utf-8")
        return json.loads(text, object_pairs_hook=without_doubles)
    except SpecError:
        raise
    except OSError as error:
        raise SpecError((FieldProblem("spec", f"{source} cannot be read: {error.strerror}."),)) from error
    except (ValueError, RecursionError) as error:
        raise SpecError((FieldProblem("spec", f"This is no JSON: {error}."),)) from error


def without_doubles(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Return a JSON object's fields; raises SpecError for one that is there twice, of which readers keep either."""
    fields = dict(pairs)
    if len(fields) != len(pairs):
        names = [name for name, _ in pairs]
        double = next(name for name in names if names.count(name) > 1)
        raise SpecError((FieldProblem(on_one_line(double) or "spec", "This field is there twice; keep one of them."),))
    return fields


def write_district(data: object, folder: Path) -> Path:
    """Write a district's stack."""
    spec = parse_spec(data)
    # Loaded only for a specification that holds: CDKTF takes seconds.
    from infra.synthesis import write

    return write(spec, folder)


def write_account(data: object, folder: Path) -> Path:
    """Write what an account's districts share."""
    spec = parse_platform_spec(data)
    from infra.synthesis import write_platform

    return write_platform(spec, folder)


def synthesize(write: Callable[[object, Path], Path], arguments: list[str]) -> int:
    """Write a stack and print the path of its JSON."""
    if len(arguments) != 2:
        print(USAGE, file=sys.stderr)
        return 2
    try:
        print(write(read(arguments[0]), Path(arguments[1])))
    except SpecError as error:
        print(error, file=sys.stderr)
        return 2
    except (FileExistsError, NotADirectoryError):
        print(f"out_dir: {arguments[1]} is no folder; name another one.", file=sys.stderr)
        return 2
    except PermissionError:
        print(f"out_dir: {arguments[1]} may not be written; name another folder.", file=sys.stderr)
        return 2
    return 0


def main(arguments: list[str]) -> int:
    """Do what the first word says; without one of the known words, write a district's stack."""
    match arguments:
        case ["platform", *rest]:
            return synthesize(write_account, rest)
        case ["schema"]:
            from infra import schema

            print(schema.text(), end="")
            return 0
        case ["cost", *rest]:
            from infra.cost import main as estimate

            return estimate(rest)
        case ["prices", *rest]:
            from infra.pricing import main as renew

            return renew(rest)
        case _:
            return synthesize(write_district, arguments)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
