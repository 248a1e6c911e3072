"""Which resource of a synthesized stack waits for which: Terraform makes the needed one first, and destroys it last.

Source: Terraform, "Resource graph": references and `depends_on`, turned around for a destroy.
"""

from __future__ import annotations

import json
import re
from typing import Any

Resources = dict[str, dict[str, dict[str, Any]]]


def needed(resources: Resources, address: str) -> set[str]:
    """Return the addresses of all that this resource needs, directly or by others."""
    addresses = {f"{kind}.{name}" for kind, bodies in resources.items() for name in bodies}
    visited: set[str] = set()
    waiting = [address]
    while waiting:
        kind, _, name = waiting.pop().partition(".")
        body = resources[kind][name]
        references = set(re.findall(r"\b(aws_\w+\.\w+)", json.dumps(body))) & addresses
        waiting += references - visited - {f"{kind}.{name}"}
        visited |= references
    return visited - {address}
