"""Application Auto Scaling: tags of scalable targets, targets whose answer is whole, alarms that are not made twice.

Source: Application Auto Scaling API Reference, ListTagsForResource, TagResource, UntagResource, ScalableTarget.
"""

from __future__ import annotations

import json
from typing import Any

from sandbox.gaps.extension import add_actions, wrap

NOT_SUSPENDED = {
    "DynamicScalingInSuspended": False,
    "DynamicScalingOutSuspended": False,
    "ScheduledScalingSuspended": False,
}
SERVICE_ROLES = {"ecs": "AWSServiceRoleForApplicationAutoScaling_ECSService", "rds": "AWSServiceRoleForRDS"}


def fill() -> None:
    """Add the tag actions and complete what a target answers."""
    from moto.applicationautoscaling.models import ApplicationAutoscalingBackend
    from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse

    actions = {
        "list_tags_for_resource": _list_tags_for_resource,
        "tag_resource": _tag_resource,
        "untag_resource": _untag_resource,
    }
    add_actions(ApplicationAutoScalingResponse, actions)
    wrap(ApplicationAutoScalingResponse, "register_scalable_target", _register_response)
    wrap(ApplicationAutoscalingBackend, "register_scalable_target", _register)
    wrap(ApplicationAutoscalingBackend, "deregister_scalable_target", _deregister)
    wrap(ApplicationAutoscalingBackend, "put_scaling_policy", _put_scaling_policy)


def _register_response(original: Any, response: Any) -> Any:
    answer = original(response)
    tags = response._get_param("Tags")
    if tags:
        _tags_of(response, json.loads(answer)["ScalableTargetARN"]).update(tags)
    return answer


def _register(original: Any, backend: Any, namespace: str, *args: Any, **kwargs: Any) -> Any:
    target = original(backend, namespace, *args, **kwargs)
    if not target.role_arn:
        role = SERVICE_ROLES.get(namespace, f"AWSServiceRoleForApplicationAutoScaling_{namespace}")
        path = f"aws-service-role/{namespace}.application-autoscaling.amazonaws.com"
        target.role_arn = f"arn:aws:iam::{backend.account_id}:role/{path}/{role}"
    target.suspended_state = {**NOT_SUSPENDED, **(target.suspended_state or {})}
    return target


def _deregister(original: Any, backend: Any, namespace: str, resource: str, dimension: str) -> None:
    """Remove the target and, as AWS does, the scaling policies that hang on it."""
    target = backend.targets.get(dimension, {}).get(resource)
    original(backend, namespace, resource, dimension)
    _all_tags(backend).pop(target.arn, None)
    for key, policy in list(backend.policies.items()):
        if policy.resource_id == resource and policy.scalable_dimension == dimension:
            policy.delete_alarms(backend.account_id, backend.region_name)
            del backend.policies[key]


def _put_scaling_policy(original: Any, backend: Any, *args: Any, **kwargs: Any) -> Any:
    """Remove the alarms of the policy that is replaced; moto leaves them behind."""
    before = dict(backend.policies)
    policy = original(backend, *args, **kwargs)
    for key, old in before.items():
        if backend.policies.get(key) is not old:
            old.delete_alarms(backend.account_id, backend.region_name)
            policy.policy_arn = old.policy_arn
    return policy


def _all_tags(backend: Any) -> dict[str, dict[str, str]]:
    tags: dict[str, dict[str, str]] = backend.__dict__.setdefault("sandbox_tags", {})
    return tags


def _tags_of(response: Any, arn: str) -> dict[str, str]:
    from moto.applicationautoscaling.exceptions import AWSValidationException

    backend = response.applicationautoscaling_backend
    if not any(target.arn == arn for targets in backend.targets.values() for target in targets.values()):
        raise AWSValidationException(f"No scalable target found for resource ARN: {arn}")
    return _all_tags(backend).setdefault(arn, {})


def _list_tags_for_resource(response: Any) -> str:
    return json.dumps({"Tags": _tags_of(response, response._get_param("ResourceARN"))})


def _tag_resource(response: Any) -> str:
    _tags_of(response, response._get_param("ResourceARN")).update(response._get_param("Tags"))
    return "{}"


def _untag_resource(response: Any) -> str:
    tags = _tags_of(response, response._get_param("ResourceARN"))
    for key in response._get_param("TagKeys") or []:
        tags.pop(key, None)
    return "{}"
