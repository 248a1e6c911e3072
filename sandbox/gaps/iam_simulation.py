"""IAM: SimulatePrincipalPolicy, which moto lacks: what a role's or a user's policies and boundary say of calls.

Nobody is in an organization here, so no answer has a part about one. Source: IAM API Reference,
SimulatePrincipalPolicy, EvaluationResult.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

from sandbox.gaps.extension import add_actions
from sandbox.iam_evaluation import Decision, Document, decide

MOST_ITEMS = 100
"""How many results are in an answer where the caller asks for no other number."""


def fill() -> None:
    """Add the action."""
    from moto.iam.responses import IamResponse

    add_actions(IamResponse, {"simulate_principal_policy": _simulate})


def _simulate(response: Any) -> Any:
    from moto.core.responses import ActionResult

    given = response._get_param
    documents, boundary = _policies(response.backend, str(given("PolicySourceArn")))
    documents += [json.loads(text) for text in given("PolicyInputList") or []]
    context = {entry["ContextKeyName"]: entry["ContextKeyValues"] for entry in given("ContextEntries") or []}
    results = [
        _result(documents, boundary, action, resource, context)
        for action in given("ActionNames")
        for resource in given("ResourceArns") or ["*"]
    ]
    first, size = int(given("Marker") or 0), int(given("MaxItems") or MOST_ITEMS)
    answer: dict[str, Any] = {"EvaluationResults": results[first : first + size], "IsTruncated": False}
    if first + size < len(results):
        answer |= {"IsTruncated": True, "Marker": str(first + size)}
    return ActionResult(answer)


def _result(
    documents: list[Document], boundary: Document | None, action: str, resource: str, context: dict[str, list[str]]
) -> dict[str, Any]:
    decision = decide(documents, action, resource, context)
    told: dict[str, Any] = {"EvalActionName": action, "EvalResourceName": resource, "MatchedStatements": []}
    if boundary is not None:
        within = decide([boundary], action, resource, context)
        told["PermissionsBoundaryDecisionDetail"] = {"AllowedByPermissionsBoundary": within is Decision.ALLOWED}
        # What the boundary does not allow is denied, and explicitly where it says so.
        if within is Decision.EXPLICIT_DENY or (decision is Decision.ALLOWED and within is not Decision.ALLOWED):
            decision = within
    return told | {"EvalDecision": decision.value, "MissingContextValues": []}


def _policies(backend: Any, arn: str) -> tuple[list[Document], Document | None]:
    """Return the documents of a role or user, and its boundary; raises NoSuchEntity and InvalidInput as IAM does."""
    from moto.iam.exceptions import InvalidInput, NoSuchEntity

    kind, _, path = arn.rpartition(":")[2].partition("/")
    name = path.rpartition("/")[2]
    if kind not in {"role", "user"} or ":iam:" not in arn:
        raise InvalidInput(f"Invalid Entity Arn: {arn} does not clearly define entity type and name.")
    owners = backend.roles.values() if kind == "role" else backend.users.values()
    owner = next((one for one in owners if one.arn == arn), None)
    if owner is None:
        raise NoSuchEntity(f"The {kind} with name {name} cannot be found.")
    attached = [_document(_current(policy)) for policy in owner.managed_policies.values()]
    inline = owner.policies.values()
    attached += [_document(text["policy_document"] if isinstance(text, dict) else text) for text in inline]
    if kind == "user":
        for group in backend.get_groups_for_user(name):
            attached += [_document(_current(policy)) for policy in group.managed_policies.values()]
            attached += [_document(text) for text in group.policies.values()]
    limit = getattr(owner, "permissions_boundary_arn", None)
    return attached, _document(_current(backend.managed_policies[limit])) if limit else None


def _document(text: str) -> Document:
    found: Document = json.loads(unquote(text) if text.lstrip().startswith("%") else text)
    return found


def _current(policy: Any) -> str:
    """Return the text of a managed policy's default version."""
    return next(str(version.document) for version in policy.versions if version.is_default)
