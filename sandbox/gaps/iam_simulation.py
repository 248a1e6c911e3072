"""IAM: SimulatePrincipalPolicy, which moto lacks: what a role's or a user's policies and boundary say of calls.

Decided as the gate decides (`sandbox.authorization`), but for the resource's own policy, of which the caller says
nothing. Nobody is in an organization here, so no answer has a part about one. Source: IAM API Reference,
SimulatePrincipalPolicy, EvaluationResult.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from sandbox.authorization.callers import caller_of, role_session
from sandbox.authorization.decision import AccessRequest, Decision, decide
from sandbox.authorization.documents import read
from sandbox.authorization.identities import Caller
from sandbox.gaps.extension import add_actions

MOST_ITEMS = 100
"""How many results are in an answer where the caller asks for no other number."""


def fill() -> None:
    """Add the action."""
    from moto.iam.responses import IamResponse

    add_actions(IamResponse, {"simulate_principal_policy": _simulate})


def _simulate(response: Any) -> Any:
    from moto.core.responses import ActionResult

    parameter = response._get_param
    caller = _caller(response.backend, str(parameter("PolicySourceArn")))
    more = [part for text in parameter("PolicyInputList") or [] for part in read(text, "a policy of the request")]
    caller = dataclasses.replace(caller, policies=(*caller.policies, *more))
    context = {
        entry["ContextKeyName"].lower(): tuple(entry["ContextKeyValues"]) for entry in parameter("ContextEntries") or []
    }
    results = [
        _result(caller, AccessRequest(action, resource, caller.account, context))
        for action in parameter("ActionNames")
        for resource in parameter("ResourceArns") or ["*"]
    ]
    first, size = int(parameter("Marker") or 0), int(parameter("MaxItems") or MOST_ITEMS)
    answer: dict[str, Any] = {"EvaluationResults": results[first : first + size], "IsTruncated": False}
    if first + size < len(results):
        answer |= {"IsTruncated": True, "Marker": str(first + size)}
    return ActionResult(answer)


def _result(caller: Caller, call: AccessRequest) -> dict[str, Any]:
    decision = decide(caller, call)
    result: dict[str, Any] = {"EvalActionName": call.action, "EvalResourceName": call.resource, "MatchedStatements": []}
    if caller.boundary is not None:
        within = decide(dataclasses.replace(caller, policies=caller.boundary, boundary=None), call)
        result["PermissionsBoundaryDecisionDetail"] = {"AllowedByPermissionsBoundary": within.allowed}
    return result | {"EvalDecision": _word(decision), "MissingContextValues": []}


def _word(decision: Decision) -> str:
    if decision.allowed:
        return "allowed"
    return "explicitDeny" if decision.denied_by is not None else "implicitDeny"


def _caller(backend: Any, arn: str) -> Caller:
    """Return a role or user as one who calls; raises NoSuchEntity and InvalidInput as IAM does."""
    from moto.iam.exceptions import InvalidInput, NoSuchEntity

    kind, _, path = arn.rpartition(":")[2].partition("/")
    if kind not in {"role", "user"} or ":iam:" not in arn:
        raise InvalidInput(f"Invalid Entity Arn: {arn} does not clearly define entity type and name.")
    owners = backend.roles.values() if kind == "role" else backend.users.values()
    owner = next((owner for owner in owners if owner.arn == arn), None)
    if owner is None:
        raise NoSuchEntity(f"The {kind} with name {path.rpartition('/')[2]} cannot be found.")
    return role_session(arn, "simulated") if kind == "role" else caller_of(owner, arn.split(":")[4])
