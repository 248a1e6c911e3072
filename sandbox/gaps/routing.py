"""A request that moto routes to a service but to none of its actions is refused by name.

moto answers it with an empty 404, which clients read as "the resource does not exist".
"""

from __future__ import annotations

from typing import Any

from sandbox.gaps.extension import wrap

COMES_FIRST = True
"""A service's gap that wraps the dispatch which it inherits wraps this one."""


def fill() -> None:
    """Refuse requests without an action."""
    from moto.core.responses import BaseResponse

    wrap(BaseResponse, "call_action", _call_action)


def _call_action(original: Any, response: Any) -> Any:
    if not response._get_action():
        raise NotImplementedError("No action matches the request's method and path.")
    return original(response)
