"""What a process is working on, for its log lines: the request that led to it, the run, and the run's district.

Kept in context variables, so that threads and tasks side by side do not mix theirs up; whoever sets one takes it back.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from registry import request_id

_carried: ContextVar[str] = ContextVar("carried_request_id", default="")
_run: ContextVar[tuple[int, str] | None] = ContextVar("run_at_work", default=None)


def request_at_work() -> str:
    """Return the id of the request being answered, or of the one that sent the task at work; empty outside of both.

    The audit record goes by `registry.request_id.current` alone: what a worker does is no request.
    """
    return request_id.current().request_id or _carried.get()


@contextmanager
def on_behalf_of(request: str) -> Iterator[None]:
    """Name the request that led to the work inside."""
    token = _carried.set(request)
    try:
        yield
    finally:
        _carried.reset(token)


@contextmanager
def about_run(number: int, suffix: str = "") -> Iterator[None]:
    """Name the run that is worked on inside, and the suffix of its district where it is known."""
    token = _run.set((number, suffix))
    try:
        yield
    finally:
        _run.reset(token)


def run_at_work() -> tuple[int, str] | None:
    """Return the run's number and its district's suffix, or None outside of any run."""
    return _run.get()
