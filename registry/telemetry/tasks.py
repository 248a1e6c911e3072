"""Carries the request's id and its trace to Celery's tasks, in the message's headers.

Connected when the application is made (`portal.celery`). A task that no request sent has neither.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

from celery.signals import before_task_publish, task_postrun, task_prerun, worker_process_shutdown

from registry.request_id import well_formed
from registry.telemetry.context import on_behalf_of, request_at_work
from registry.telemetry.tracing import TRACE_HEADER, Kind, Span, tracing

REQUEST_HEADER = "homeroom_request_id"

_at_work: dict[str, tuple[ExitStack, Span]] = {}
"""What is open for each task of this process, by the task's id."""


@before_task_publish.connect(weak=False)
def send_along(headers: dict[str, Any] | None = None, **_: Any) -> None:
    """Write both into a message that is being sent, unless its sender has named others."""
    if headers is None:
        return
    for name, value in ((REQUEST_HEADER, request_at_work()), (TRACE_HEADER, tracing().traceparent())):
        if value:
            headers.setdefault(name, value)


@task_prerun.connect(weak=False)
def begin(task_id: str = "", task: Any = None, **_: Any) -> None:
    """Take both up for as long as the task is at work; one that is called in place is part of what calls it."""
    stack = ExitStack()
    request_id = well_formed(str(task.request.get(REQUEST_HEADER) or ""))
    stack.enter_context(on_behalf_of(request_id or request_at_work()))
    parent = str(task.request.get(TRACE_HEADER) or "")
    span = stack.enter_context(tracing().span(str(task.name), Kind.CONSUMER, traceparent=parent))
    _at_work[task_id] = stack, span


@task_postrun.connect(weak=False)
def end(task_id: str = "", state: str | None = None, retval: Any = None, **_: Any) -> None:
    """Put both down."""
    stack, span = _at_work.pop(task_id, (ExitStack(), Span()))
    if isinstance(retval, BaseException):
        span.fail(type(retval).__name__)
    stack.close()


@worker_process_shutdown.connect(weak=False)
def send_the_rest(**_: Any) -> None:
    """Send the spans that wait, before the worker's child ends."""
    tracing().close()
