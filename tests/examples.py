"""How many examples a test takes that has many: few in `make test`, all or more in the long edition."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import pytest
from hypothesis import settings


def examples(few: int, many: int, **more: Any) -> settings:
    """Return the settings for a test, by the profile that the run was begun with."""
    deep = settings.get_current_profile_name() == "soak"
    return settings(max_examples=many if deep else few, deadline=None, **more)


def first_of(values: Iterable[Any], few: int | Collection[Any]) -> list[Any]:
    """Return values to parametrize by: the first so many, or those named, in every run; the others in the long one."""
    items = list(values)
    chosen = items[:few] if isinstance(few, int) else [value for value in items if value in few]
    return [value if value in chosen else pytest.param(value, marks=pytest.mark.soak) for value in items]
