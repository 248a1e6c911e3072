"""RDS: a parameter that somebody set says so, keeps how it was applied, and can be set back.

moto tells no source, has no reset, and takes any way to apply. Where the value is what it was, its default included,
RDS does not register the call, so that another way to apply is not kept: a default's is `pending-reboot`. A static
parameter is applied at a reboot alone. Source: RDS API Reference, Parameter (Source: user, system, engine-default;
ApplyMethod) and ResetDBParameterGroup; provider, documentation of `aws_db_parameter_group` ("Problematic Plan
Changes"); hashicorp/terraform-provider-aws, issues 18035 and 36419.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sandbox.gaps.extension import add_actions, wrap

REBOOT = "pending-reboot"
DEFAULTS = {"log_min_duration_statement": "-1", "log_statement": "none"}
"""Of the parameters that stacks set, those whose default PostgreSQL names (PostgreSQL 16, "Error Reporting and
Logging")."""
STATIC = frozenset({"shared_preload_libraries"})
BY_USER = {"Source": "user", "IsModifiable": True}


def fill() -> None:
    """Mark what is set, and add the reset."""
    from moto.rds.models import DBClusterParameterGroup, DBParameterGroup
    from moto.rds.responses import RDSResponse

    wrap(DBParameterGroup, "update_parameters", _update)
    wrap(DBClusterParameterGroup, "update_cluster_parameters", _update)
    add_actions(RDSResponse, {"reset_db_parameter_group": _reset})


def _update(original: Any, group: Any, new_parameters: Iterable[dict[str, Any]]) -> None:
    from moto.rds.exceptions import InvalidParameterCombination

    given = list(new_parameters)
    for parameter in given:
        if parameter["ParameterName"] in STATIC and parameter.get("ApplyMethod") == "immediate":
            raise InvalidParameterCombination("cannot use immediate apply method for static parameter")
    original(group, [{**parameter, **BY_USER, **_kept(group, parameter)} for parameter in given])


def _kept(group: Any, parameter: dict[str, Any]) -> dict[str, str]:
    """Return how it is applied already, where its value is not changed."""
    name = parameter["ParameterName"]
    before = group.parameters.get(name) or {"ParameterValue": DEFAULTS.get(name), "ApplyMethod": REBOOT}
    changed = parameter.get("ParameterValue") != before["ParameterValue"]
    return {} if changed else {"ApplyMethod": before["ApplyMethod"]}


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
