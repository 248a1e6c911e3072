"""Hands what a piece of work is about on to its threads: Python begins each with an empty context."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import copy_context
from typing import ParamSpec, TypeVar

Given = ParamSpec("Given")
Result = TypeVar("Result")


def carrying(call: Callable[Given, Result]) -> Callable[Given, Result]:
    """Return the call, made in a copy of the context in which this was asked for; it may be made many times at once."""
    context = copy_context()

    def within(*args: Given.args, **kwargs: Given.kwargs) -> Result:
        return context.copy().run(call, *args, **kwargs)

    return within
