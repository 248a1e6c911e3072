"""Where the engine says that a command or a call of AWS begins and ends; nobody listens unless a process wants to.

The engine knows no tracing: whoever keeps traces is told a name, a few facts and the kind of an error, never a value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import botocore.session

Facts = Mapping[str, str | int | float | bool]
End = Callable[[str], None]
"""Says that it is over: with the kind of its error, or nothing where all went well."""
Begin = Callable[[str, Facts], End]

KEPT = "homeroom.span"
"""Where a call of AWS keeps its end, in botocore's context of the request."""


class _Listener:
    """Who is told, one for the process."""

    def __init__(self) -> None:
        self.begin: Begin = lambda name, facts: lambda failed: None


_listener = _Listener()


def listen(begin: Begin) -> None:
    """Have this told of everything that begins from now on."""
    _listener.begin = begin


class Outcome:
    """How a command ended; empty where all went well."""

    failed = ""


@contextmanager
def around(name: str, facts: Facts) -> Iterator[Outcome]:
    """Tell of a command that lasts as long as this; an exception that ends it is told by its type."""
    end, outcome = _listener.begin(name, facts), Outcome()
    try:
        yield outcome
    except BaseException as error:
        outcome.failed = type(error).__name__
        raise
    finally:
        end(outcome.failed)


def watch(session: botocore.session.Session) -> None:
    """Tell of every call that this session's clients make: each once, however often botocore tries it.

    Source: botocore, "Event System" and `botocore.client` (before-call, after-call, after-call-error).
    """
    register: Any = session.register
    register("before-call", _before)
    register("after-call", _after)
    register("after-call-error", _failed)


def _before(model: Any, context: dict[str, Any], **_: Any) -> None:
    service, method = str(model.service_model.service_name), str(model.name)
    # OpenTelemetry, "Semantic Conventions for AWS SDK client spans".
    facts = {"rpc.system": "aws-api", "rpc.service": service, "rpc.method": method}
    context[KEPT] = _listener.begin(f"{service}.{method}", facts)


def _after(http_response: Any, parsed: Any, context: dict[str, Any], **_: Any) -> None:
    failed = str(parsed.get("Error", {}).get("Code", "")) if http_response.status_code >= 300 else ""
    _end(context, failed or (str(http_response.status_code) if http_response.status_code >= 400 else ""))


def _failed(exception: BaseException, context: dict[str, Any], **_: Any) -> None:
    _end(context, type(exception).__name__)


def _end(context: dict[str, Any], failed: str) -> None:
    end = context.pop(KEPT, None)
    if end is not None:
        end(failed)
