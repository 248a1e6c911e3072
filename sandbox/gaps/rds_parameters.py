"""RDS: a DB parameter that somebody set says so, and can be set back; moto tells no source and has no reset.

Source: RDS API Reference, Parameter (Source: user, system, engine-default) and ResetDBParameterGroup.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sandbox.gaps.extension import add_actions, wrap

BY_USER = {"Source": "user", "IsModifiable": True}


def fill() -> None:
    """Mark what is set, and add the reset."""
    from moto.rds.models import DBParameterGroup
    from moto.rds.responses import RDSResponse

    wrap(DBParameterGroup, "update_parameters", _update)
    add_actions(RDSResponse, {"reset_db_parameter_group": _reset})


def _update(original: Any, group: Any, new_parameters: Iterable[dict[str, Any]]) -> None:
    original(group, [{**parameter, **BY_USER} for parameter in new_parameters])


def _reset(response: Any) -> Any:
    from moto.core.responses import ActionResult
    from moto.rds.exceptions import DBParameterGroupNotFoundError

    name = response.params.get("DBParameterGroupName")
    group = response.backend.db_parameter_groups.get(name)
    if group is None:
        raise DBParameterGroupNotFoundError(name)
    if response.params.get("ResetAllParameters"):
        group.parameters.clear()
    for parameter in response.params.get("Parameters", []):
        group.parameters.pop(parameter.original_dict()["ParameterName"], None)
    return ActionResult({"DBParameterGroupName": name})
