"""A small stack of real AWS resources in place of a district's whole one: a run over it takes seconds.

``python -m tests.faults.small_stack SPEC.json OUT_DIR``, as `python -m infra` is called. Its names, tags and addresses
follow the whole stack's, so that inventory and adoption work on it unchanged. While the file ``GATE`` in the work
folder is there, the synthesis waits: that is how a fault meets it in the middle.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

GATE = "synthesis.gate"


def stack(spec: dict[str, Any]) -> dict[str, Any]:
    """Return the Terraform JSON."""
    suffix = spec["suffix"]
    provider: dict[str, Any] = {
        "region": spec["region"],
        "default_tags": [
            {
                "tags": {
                    "District": spec["slug"],
                    "Suffix": suffix,
                    "Environment": spec["environment"],
                    "ManagedBy": "homeroom",
                    **spec.get("tags", {}),
                }
            }
        ],
    }
    groups = {
        f"compute_{name}_group": {
            "name": f"/homeroom/{name}-{suffix}",
            "retention_in_days": spec.get("retention_days", 365),
            "depends_on": depends,
        }
        for name, depends in (
            ("api", []),
            ("worker", ["aws_cloudwatch_log_group.compute_api_group"]),
            ("migrate", ["aws_cloudwatch_log_group.compute_worker_group"]),
        )
    }
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": ["sts:AssumeRole"]}
        ],
    }
    return {
        "terraform": {
            "required_providers": {"aws": {"source": "hashicorp/aws", "version": "5.100.0"}},
            "backend": {"s3": {"use_lockfile": True}},
        },
        "provider": {"aws": [provider]},
        "resource": {
            "aws_cloudwatch_log_group": groups,
            "aws_iam_role": {
                "compute_worker-task_role": {
                    "name": f"worker-task-{suffix}",
                    "assume_role_policy": json.dumps(trust),
                    "depends_on": ["aws_cloudwatch_log_group.compute_api_group"],
                }
            },
            "aws_vpc": {"network_vpc": {"cidr_block": spec["cidr"], "tags": {"Name": f"vpc-{suffix}"}}},
            "aws_internet_gateway": {
                "network_gateway": {
                    "vpc_id": "${aws_vpc.network_vpc.id}",
                    "tags": {"Name": f"gateway-{suffix}"},
                }
            },
            "aws_sns_topic": {
                "topic": {
                    "name": f"alarms-{suffix}",
                    "depends_on": ["aws_iam_role.compute_worker-task_role"],
                }
            },
        },
        "output": {
            "vpc_id": {"value": "${aws_vpc.network_vpc.id}"},
            "alarm_topic_arn": {"value": "${aws_sns_topic.topic.arn}"},
        },
    }


def main() -> int:
    """Write the stack; wait while somebody holds the gate."""
    spec, out = Path(sys.argv[1]), Path(sys.argv[2])
    gate = out.parent.parent.parent / GATE
    while gate.exists():
        time.sleep(0.02)
    (out / "cdk.tf.json").write_text(json.dumps(stack(json.loads(spec.read_text())), indent=2, sort_keys=True))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
