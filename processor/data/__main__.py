"""`python -m processor.data --rows N --seed S --out DIR`: writes made-up files of every format."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from processor.data.write import write_all


def main() -> int:
    """Write the files and print what must become of them."""
    parser = argparse.ArgumentParser(prog="python -m processor.data", description=__doc__)
    parser.add_argument("--rows", type=int, default=25_000, help="results, all in all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--year", type=int, default=2025, help="the school year, by the year it ends in")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    print(json.dumps(write_all(options.out, rows=options.rows, seed=options.seed, year=options.year), indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
