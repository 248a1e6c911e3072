"""What a stored plan was made for. A plan whose grounds have changed is refused, never applied."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from messages.message import message


@dataclass(frozen=True)
class PlanBinding:
    """The grounds of a plan: the state's lineage and serial, hashes of specification and stack, engine versions."""

    lineage: str
    serial: int
    spec_sha256: str
    stack_sha256: str
    terraform: str
    providers: Mapping[str, str]

    def as_data(self) -> dict[str, Any]:
        """Return the binding as JSON data."""
        return asdict(self) | {"providers": dict(self.providers)}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> PlanBinding:
        """Return the binding that JSON data holds; raises KeyError or TypeError for other data."""
        return cls(**data)


WORDS = {
    "lineage": message("the state is another one"),
    "serial": message("the state has changed"),
    "spec_sha256": message("the district's settings have changed"),
    "stack_sha256": message("the stored stack is another one"),
    "terraform": message("this worker has another Terraform"),
    "providers": message("this worker has other provider versions"),
}


def differences(planned: PlanBinding, now: PlanBinding) -> list[str]:
    """Return, in words, what has changed since the plan was made; empty when it may be applied."""
    return [words for name, words in WORDS.items() if getattr(planned, name) != getattr(now, name)]


def spec_sha256(spec: Mapping[str, Any]) -> str:
    """Return the hash of a specification's content, whatever the order of its fields."""
    return hashlib.sha256(json.dumps(spec, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
