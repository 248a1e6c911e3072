"""IAM: AWS's managed policies belong to AWS's own partition alone here.

Moto reads all of them once for every partition of every account, at the first request: seconds, for partitions that no
district is in. Nothing is lost but the policies of China's and the government's regions.
"""

from __future__ import annotations

from typing import Any

from sandbox.gaps.extension import wrap

PARTITION = "aws"


def fill() -> None:
    """Leave the other partitions without policies."""
    from moto.iam.models import IAMBackend

    wrap(IAMBackend, "_init_aws_policies", _init_aws_policies)


def _init_aws_policies(original: Any, backend: Any) -> list[Any]:
    return list(original(backend)) if backend.region_name == PARTITION else []
