"""AWS Backup: selections of a plan, plans that can be changed, tags of both, and what a region's backups are of.

Source: AWS Backup API Reference, CreateBackupSelection, GetBackupSelection, ListBackupSelections,
DeleteBackupSelection, UpdateBackupPlan, DescribeRegionSettings, UpdateRegionSettings. Recovery points are a life of
their own (`sandbox.lives.recovery_points`).
"""

from __future__ import annotations

import json
import time
import uuid
from typing import Any
from urllib.parse import unquote

from sandbox.gaps.extension import add_actions, wrap

KINDS = ("Aurora", "DynamoDB", "EBS", "EC2", "EFS", "RDS", "S3")
"""Kinds of resources that somebody may have switched off in a region: some of AWS's list."""
Selections = dict[str, dict[str, Any]]


def fill() -> None:
    """Add the actions and their paths."""
    from moto.backup import urls
    from moto.backup.models import BackupBackend
    from moto.backup.responses import BackupResponse

    actions = {
        "describe_region_settings": _region_settings,
        "update_region_settings": _update_region_settings,
        "create_backup_selection": _create,
        "get_backup_selection": _get,
        "list_backup_selections": _list,
        "delete_backup_selection": _delete,
        "update_backup_plan": _update_plan,
        "list_tags": _list_tags,
    }
    add_actions(BackupResponse, actions)
    wrap(BackupBackend, "iter_tagged_resources", _iter_tagged)
    urls.url_paths["{0}/account-settings$"] = BackupResponse.dispatch


def opted_in(backend: Any) -> dict[str, bool]:
    """Return which kinds of resources AWS Backup protects in an account's region."""
    kinds: dict[str, bool] = backend.__dict__.setdefault("sandbox_opted_in", dict.fromkeys(KINDS, True))
    return kinds


def _region_settings(response: Any) -> str:
    return json.dumps(
        {"ResourceTypeOptInPreference": opted_in(response.backup_backend), "ResourceTypeManagementPreference": {}}
    )


def _update_region_settings(response: Any) -> str:
    opted_in(response.backup_backend).update(json.loads(response.body).get("ResourceTypeOptInPreference") or {})
    return "{}"


def _plan_id(response: Any) -> str:
    """Return the plan's identifier out of /backup/plans/ID[/selections[/ID]]."""
    return str(response.path.strip("/").split("/")[2])


def _selections(response: Any) -> Selections:
    from moto.backup.exceptions import ResourceNotFoundException

    backend, plan = response.backup_backend, _plan_id(response)
    if plan not in backend.plans:
        raise ResourceNotFoundException("Failed reading Backup plan with provided version")
    everything: dict[str, Selections] = backend.__dict__.setdefault("sandbox_selections", {})
    return everything.setdefault(plan, {})


def _selection_of(response: Any) -> dict[str, Any]:
    from moto.backup.exceptions import InvalidParameterValueException

    identifier = response.path.strip("/").split("/")[4]
    selection = _selections(response).get(identifier)
    if selection is None:
        raise InvalidParameterValueException(f"Invalid selection Id: Cannot find Backup selection with ID {identifier}")
    return selection


def _create(response: Any) -> str:
    body = json.loads(response.body)
    selections = _selections(response)
    selection = {
        "BackupSelection": body["BackupSelection"],
        "SelectionId": str(uuid.uuid4()),
        "BackupPlanId": _plan_id(response),
        "CreationDate": time.time(),
        "CreatorRequestId": body.get("CreatorRequestId"),
    }
    selections[str(selection["SelectionId"])] = selection
    return json.dumps({key: selection[key] for key in ("SelectionId", "BackupPlanId", "CreationDate")})


def _get(response: Any) -> str:
    return json.dumps(_selection_of(response))


def _list(response: Any) -> str:
    rows = [
        {
            "SelectionId": selection["SelectionId"],
            "SelectionName": selection["BackupSelection"]["SelectionName"],
            "BackupPlanId": selection["BackupPlanId"],
            "CreationDate": selection["CreationDate"],
            "IamRoleArn": selection["BackupSelection"].get("IamRoleArn"),
        }
        for selection in _selections(response).values()
    ]
    return json.dumps({"BackupSelectionsList": rows})


def _delete(response: Any) -> str:
    _selections(response).pop(_selection_of(response)["SelectionId"])
    return "{}"


def _update_plan(response: Any) -> str:
    _selections(response)
    backend = response.backup_backend
    old = backend.plans[_plan_id(response)]
    new = type(old)(json.loads(response.body)["BackupPlan"], old.creator_request_id, backend)
    new.backup_plan_id, new.backup_plan_arn = old.backup_plan_id, old.backup_plan_arn
    new.creation_date = old.creation_date
    backend.plans[old.backup_plan_id] = new
    return json.dumps(dict(new.to_dict()))


def _list_tags(response: Any) -> str:
    """Answer with and without a slash at the path's end: Terraform's client sends none, and moto then finds no tags."""
    arn = unquote(response.path).removeprefix("/tags/").rstrip("/")
    return json.dumps({"Tags": response.backup_backend.list_tags(resource_arn=arn)})


def _iter_tagged(original: Any, backend: Any) -> Any:
    from moto.core.resource_tagging import TaggedResource

    yield from original(backend)
    for plan in backend.plans.values():
        if plan.deletion_date is None:
            tags = backend.tagger.get_tag_dict_for_resource(plan.backup_plan_arn)
            yield TaggedResource(arn=plan.backup_plan_arn, tags=tags, resource_type="backup:backup-plan")
