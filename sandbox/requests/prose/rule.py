"""A rule that a service's documentation states in words and its model does not carry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jmespath

from sandbox.requests.reading import ParsedRequest
from sandbox.requests.speech import Fault


@dataclass(frozen=True)
class Rule:
    """What a member of some operations has to be, the error where it is not, and where that is written.

    `member` is a JMESPath expression over the request's members; of a list, each element is looked at, and what is
    absent breaks no rule. `message` may name `{value}`.
    """

    service: str
    operations: tuple[str, ...]
    member: str
    holds: Callable[[Any], bool]
    code: str
    message: str
    source: str

    @cached_property
    def _search(self) -> Callable[[Any], Any]:
        compiled = jmespath.compile(self.member)
        return lambda members: compiled.search(members)

    def fault_in(self, request: ParsedRequest) -> Fault | None:
        """Return the error for the first value that does not hold, or None."""
        values = self._search(request.members)
        for value in values if isinstance(values, list) else [values]:
            if value is not None and not self.holds(value):
                return Fault(self.code, self.message.format(value=value))
        return None
