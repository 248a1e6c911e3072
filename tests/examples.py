"""How many examples a property takes that has a number of its own: few in `make test`, many in the long edition."""

from __future__ import annotations

from typing import Any

from hypothesis import settings


def examples(few: int, many: int, **more: Any) -> settings:
    """Return the settings for a test, by the profile that the run was begun with."""
    deep = settings.get_current_profile_name() == "soak"
    return settings(max_examples=many if deep else few, deadline=None, **more)
