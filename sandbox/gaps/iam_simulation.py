"""IAM: SimulatePrincipalPolicy, which moto lacks: what a role's or a user's policies and boundary say of calls.

Decided as the gate decides (`sandbox.authorization`), but for the resource's own policy, of which the caller says
nothing. Nobody is in an organization here, so no answer has a part about one. Source: IAM API Reference,
SimulatePrincipalPolicy, EvaluationResult.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from sandbox.authorization.callers import caller_of, role_session
from sandbox.authorization.decision import Asked, Decision, decide
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

    given = response._get_param
    caller = _caller(response.backend, str(given("PolicySourceArn")))
    more = [part for text in given("PolicyInputList") or [] for part in read(text, "a policy of the request")]
    caller = dataclasses.replace(caller, policies=(*caller.policies, *more))
    context = {
        entry["ContextKeyName"].lower(): tuple(entry["ContextKeyValues"]) for entry in given("ContextEntries") or []
    }
    results = [
        _result(caller, Asked(action, resource, caller.account, context))
        for action in given("ActionNames")
        for resource in given("ResourceArns") or ["*"]
    ]
    first, size = int(given("Marker") or 0), int(given("MaxItems") or MOST_ITEMS)
    answer: dict[str, Any] = {"EvaluationResults": results[first : first + size], "IsTruncated": False}
    if first + size < len(results):
        answer |= {"IsTruncated": True, "Marker": str(first + size)}
    return ActionResult(answer)


def _result(caller: Caller, asked: Asked) -> dict[str, Any]:
    decision = decide(caller, asked)
    told: dict[str, Any] = {"EvalActionName": asked.action, "EvalResourceName": asked.resource, "MatchedStatements": []}
    if caller.boundary is not None:
        within = decide(dataclasses.replace(caller, policies=caller.boundary, boundary=None), asked)
        told["PermissionsBoundaryDecisionDetail"] = {"AllowedByPermissionsBoundary": within.allowed}
    return told | {"EvalDecision": _word(decision), "MissingContextValues": []}


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
    owner = next((one for one in owners if one.arn == arn), None)
    if owner is None:
        raise NoSuchEntity(f"The {kind} with name {path.rpartition('/')[2]} cannot be found.")
    return role_session(arn, "simulated") if kind == "role" else caller_of(owner, arn.split(":")[4])
