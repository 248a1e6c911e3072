"""How a gap is put into moto: functions become actions of a response class, or wrap a method that is there.

Never subclasses moto: its dispatch looks actions up on the very classes it routes to.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

Action = Callable[[Any], Any]


def add_actions(response_class: Any, actions: Mapping[str, Action]) -> None:
    """Give a response class actions, by their names in snake case."""
    for name, action in actions.items():
        setattr(response_class, name, action)


def wrap(owner: Any, name: str, around: Callable[..., Any]) -> None:
    """Replace a method by `around`, which receives the original one first."""
    original = getattr(owner, name)

    @functools.wraps(original)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        return around(original, *args, **kwargs)

    setattr(owner, name, wrapped)


def tag_map(tags: list[dict[str, str]] | None) -> dict[str, str]:
    """Turn AWS's list of tags into a mapping."""
    return {tag["Key"]: tag.get("Value", "") for tag in tags or []}


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Turn a mapping into AWS's list of tags."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]
