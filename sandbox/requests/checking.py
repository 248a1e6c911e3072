"""The one thing asked of every request: does AWS refuse it before it looks at any resource, and with which words.

A model's constraints come first, then the rules in prose.
"""

from __future__ import annotations

import functools
from collections import defaultdict
from typing import Any

from sandbox.calls import Call, Environ
from sandbox.requests.constraints import Breach, Check, Constraints
from sandbox.requests.prose import rules_of
from sandbox.requests.prose.identities import fault_in_tags
from sandbox.requests.reading import UnreadableError, parse_request
from sandbox.requests.speech import Fault, fault_for, unreadable
from sandbox.services import MODELS


class Requests:
    """The compiled models of one process. Compiles what it is asked for, once; safe to use from several threads."""

    def __init__(self) -> None:
        self._constraints: defaultdict[str, Constraints] = defaultdict(Constraints)

    def fault_in(self, call: Call, environ: Environ) -> Fault | None:
        """Return the error with which AWS answers this request, or None; the request's body stays whole."""
        service = model_of(call.service)
        if service is None:
            return None
        try:
            request = parse_request(service, call, environ)
        except UnreadableError as error:
            return unreadable(service, str(error), form=call.has_action)
        if request is None:
            return None
        breaches = self._breaches(service, request.operation, request.members)
        if breaches:
            return fault_for(service, breaches)
        for rule in rules_of(service, request.name):
            fault = rule.fault_in(request)
            if fault is not None:
                return fault
        return fault_in_tags(request)

    def prepare(self, service: str) -> None:
        """Compile all operations of a service, named as botocore does."""
        from moto.core.utils import get_service_model

        model: Any = get_service_model(service)
        for name in model.operation_names:
            self._check(service, model.operation_model(name))

    def _breaches(self, service: str, operation: Any, members: dict[str, Any]) -> list[Breach]:
        check = self._check(service, operation)
        return list(check(members, ())) if check is not None else []

    def _check(self, service: str, operation: Any) -> Check | None:
        shape = operation.input_shape
        return self._constraints[service].of(shape) if shape is not None else None


@functools.cache
def model_of(service: str) -> str | None:
    """Return botocore's name of a service that a signature names; None where it has no model of it."""
    from botocore.exceptions import UnknownServiceError
    from moto.core.utils import get_service_model

    name = MODELS.get(service, service)
    try:
        get_service_model(name)
    except UnknownServiceError:
        return None
    return name
