"""Asks for the run that changes a district's settings: a plan first, which somebody looks at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from messages.message import listed, message
from provisioning.errors import ServiceRefusedError
from provisioning.models import Run
from provisioning.runs.requests import request_run
from provisioning.states.runs import RunKind
from registry.accounts.acts import Act
from registry.accounts.models import User
from registry.accounts.rights import require
from registry.districts.changes import EDITABLE, changed, effective
from registry.districts.models import District

NOTHING_CHANGED = "nothing_to_change"
TAKING_ROOM = ("size", "egress", "zones")
"""The settings that decide how much of an account's quotas a district takes, the telling one first."""


def request_change(*, district: District, change: Mapping[str, Any], actor: User | None) -> Run:
    """Return the run; the district has the settings once its plan is applied.

    Raises NotAllowedError, ChangeRefusedError for what cannot be a setting, and ServiceRefusedError beside an active
    run and for a change of nothing.
    """
    require(actor, Act.OPERATE, district.place)
    changed(district, change)
    differing = effective(district, change)
    if not differing:
        raise ServiceRefusedError(
            NOTHING_CHANGED,
            message("Nothing was changed: these are the settings that the district has."),
            message("Change one of them."),
        )
    names = listed(EDITABLE[name].lower() for name in sorted(differing))
    reason = message("Change of settings: {names}", names=names)
    return request_run(district=district, kind=RunKind.APPLY, actor=actor, reason=reason, change=differing)


def taking_room(district: District, change: Mapping[str, Any]) -> str:
    """Return the setting beside which it is said that the account has no room for a change of settings."""
    differing = effective(district, change)
    return next((name for name in TAKING_ROOM if name in differing), TAKING_ROOM[0])
