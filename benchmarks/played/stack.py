"""Stands in for the synthesis: writes the recorded stack for another district, tags and all.

Run as ``python -m benchmarks.played.stack SPEC.json OUT_DIR``, as `python -m infra` is called; PLAYED_FOLDER says where
the recording lies (`played.unpacked`).
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

RECORDED = "recorded-sbx"


def main() -> int:
    """Write the stack."""
    spec = json.loads(Path(sys.argv[1]).read_text())
    recorded = (Path(os.environ["PLAYED_FOLDER"]) / "stack.json").read_text()
    stack = json.loads(recorded.replace(RECORDED, spec["suffix"]))
    for provider in stack["provider"]["aws"]:
        for tags in provider.get("default_tags", []):
            tags["tags"].update(spec.get("tags", {}))
    (Path(sys.argv[2]) / "cdk.tf.json").write_text(json.dumps(stack, sort_keys=True))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
