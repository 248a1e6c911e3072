"""ElastiCache: user groups, users that can be modified, and deletions that are over at once.

Sources: ElastiCache API Reference, CreateUserGroup, DescribeUserGroups, ModifyUserGroup, DeleteUserGroup, ModifyUser;
ElastiCache User Guide, "Role-Based Access Control (RBAC)".
"""

from __future__ import annotations

from typing import Any

from sandbox.gaps.extension import add_actions, wrap

Group = dict[str, Any]
SIGNED_IN = ("iam", "password")


def fill() -> None:
    """Add the actions of user groups and complete those of users."""
    from moto.elasticache.models import ElastiCacheBackend
    from moto.elasticache.responses import ElastiCacheResponse

    actions = {
        "create_user_group": _create,
        "describe_user_groups": _describe,
        "modify_user_group": _modify,
        "delete_user_group": _delete,
        "modify_user": _modify_user,
    }
    add_actions(ElastiCacheResponse, actions)
    wrap(ElastiCacheBackend, "delete_user", _delete_user)


def user_groups_of(backend: Any) -> dict[str, Group]:
    """Return a backend's user groups by identifier."""
    groups: dict[str, Group] = backend.__dict__.setdefault("sandbox_user_groups", {})
    return groups


def _find(response: Any, identifier: str) -> Group:
    from moto.elasticache.exceptions import ElastiCacheException

    group = user_groups_of(response.elasticache_backend).get(identifier)
    if group is None:
        raise ElastiCacheException("UserGroupNotFound", f"User group {identifier} not found.")
    return group


def _check_users(backend: Any, identifiers: list[str], engine: str) -> None:
    """A group of Valkey has only users who sign in, and needs no default user; one of Redis needs that."""
    from moto.elasticache.exceptions import ElastiCacheException

    missing = [identifier for identifier in identifiers if identifier not in backend.users]
    if missing:
        raise ElastiCacheException("UserNotFound", f"User {', '.join(missing)} not found.")
    if engine == "valkey":
        open_to_all = [name for name in identifiers if backend.users[name].authentication_type not in SIGNED_IN]
        if open_to_all:
            text = f"Users of a user group of valkey use a password or IAM: {', '.join(open_to_all)}."
            raise ElastiCacheException("InvalidParameterCombination", text)
        return
    if not any(backend.users[identifier].name == "default" for identifier in identifiers):
        raise ElastiCacheException("DefaultUserRequired", "A user group needs a user whose name is default.")


def _link(backend: Any, group: Group) -> None:
    for user in backend.users.values():
        others = [group_id for group_id in user.user_group_ids if group_id != group["UserGroupId"]]
        user.user_group_ids = [*others, group["UserGroupId"]] if user.id in group["UserIds"] else others


def _in_use_by(backend: Any, identifier: str) -> list[str]:
    return [rg.replication_group_id for rg in backend.replication_groups.values() if identifier in rg.user_group_ids]


def _shown(backend: Any, group: Group) -> Group:
    return {**group, "ReplicationGroups": _in_use_by(backend, group["UserGroupId"])}


def _create(response: Any) -> Any:
    from moto.core.responses import ActionResult
    from moto.elasticache.exceptions import ElastiCacheException

    backend = response.elasticache_backend
    identifier = response._get_param("UserGroupId")
    if identifier in user_groups_of(backend):
        raise ElastiCacheException("UserGroupAlreadyExists", f"User group {identifier} already exists.")
    users = list(response._get_param("UserIds", []))
    engine = str(response._get_param("Engine")).lower()
    _check_users(backend, users, engine)
    group: Group = {
        "UserGroupId": identifier,
        "Status": "active",
        "Engine": engine,
        "UserIds": users,
        "MinimumEngineVersion": "6.0",
        "ARN": f"arn:aws:elasticache:{backend.region_name}:{backend.account_id}:usergroup:{identifier}",
    }
    user_groups_of(backend)[identifier] = group
    _link(backend, group)
    backend.tagging_service.tag_resource(group["ARN"], response._get_param("Tags", []))
    return ActionResult(_shown(backend, group))


def _describe(response: Any) -> Any:
    from moto.core.responses import ActionResult

    backend = response.elasticache_backend
    identifier = response._get_param("UserGroupId")
    groups = [_find(response, identifier)] if identifier else list(user_groups_of(backend).values())
    return ActionResult({"UserGroups": [_shown(backend, group) for group in groups]})


def _modify(response: Any) -> Any:
    from moto.core.responses import ActionResult

    backend = response.elasticache_backend
    group = _find(response, response._get_param("UserGroupId"))
    removed = response._get_param("UserIdsToRemove", [])
    users = [user_id for user_id in group["UserIds"] if user_id not in removed]
    users += [user_id for user_id in response._get_param("UserIdsToAdd", []) if user_id not in users]
    _check_users(backend, users, group["Engine"])
    group["UserIds"] = users
    _link(backend, group)
    return ActionResult(_shown(backend, group))


def _delete(response: Any) -> Any:
    from moto.core.responses import ActionResult
    from moto.elasticache.exceptions import ElastiCacheException

    backend = response.elasticache_backend
    group = _find(response, response._get_param("UserGroupId"))
    users = _in_use_by(backend, group["UserGroupId"])
    if users:
        raise ElastiCacheException("InvalidUserGroupState", f"User group is in use by {', '.join(users)}.")
    user_groups_of(backend).pop(group["UserGroupId"])
    group["UserIds"] = []
    _link(backend, group)
    backend.tagging_service.delete_all_tags_for_resource(group["ARN"])
    return ActionResult({**group, "Status": "deleting"})


def _modify_user(response: Any) -> Any:
    from moto.core.responses import ActionResult
    from moto.elasticache.exceptions import UserNotFound

    identifier = response._get_param("UserId")
    user = response.elasticache_backend.users.get(identifier)
    if user is None:
        raise UserNotFound(identifier)
    appended = response._get_param("AppendAccessString")
    user.access_string = response._get_param("AccessString") or user.access_string
    if appended:
        user.access_string = f"{user.access_string} {appended}"
    mode = response._get_param("AuthenticationMode") or {}
    passwords = response._get_param("Passwords") or mode.get("Passwords")
    user.authentication_type = mode.get("Type") or user.authentication_type
    if passwords:
        user.passwords = list(passwords)
    no_password = response._get_bool_param("NoPasswordRequired")
    user.no_password_required = user.no_password_required if no_password is None else no_password
    return ActionResult(user)


def _delete_user(original: Any, backend: Any, user_id: str) -> Any:
    """Delete at once: moto keeps the user until it was described once more."""
    user = original(backend, user_id)
    if backend.users.pop(user_id, None) is not None:
        backend.tagging_service.delete_all_tags_for_resource(user.arn)
        for group in user_groups_of(backend).values():
            group["UserIds"] = [member_id for member_id in group["UserIds"] if member_id != user_id]
    return user
