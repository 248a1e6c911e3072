"""ElastiCache replication groups: a Valkey runs while a group is there, and is started anew where its users change.

Source: ElastiCache API Reference, CreateReplicationGroup, ModifyUser, ModifyUserGroup, DeleteReplicationGroup.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from typing import Any

from sandbox.gaps.elasticache_parameters import DEFAULTS, groups_of
from sandbox.gaps.elasticache_users import user_groups_of
from sandbox.gaps.extension import wrap
from sandbox.standins.addresses import PortTakenError, free_address
from sandbox.standins.context import StandinContext, backends
from sandbox.standins.valkey import Cache, CacheFailedError, User, Wanted, sorted_users

log = logging.getLogger("sandbox.standins")
MEMORY_POLICY = "maxmemory-policy"


@dataclass
class CacheServer:
    """A group's server, and whether it came up."""

    cache: Cache
    group: Any
    starting: threading.Thread | None = None
    up: bool = False
    failed: bool = False


class Caches:
    """All groups' servers."""

    def __init__(self, context: StandinContext) -> None:
        self._context = context
        self._kept: dict[str, CacheServer] = {}

    def install(self) -> None:
        """Give groups an address when they are made; they are available once their server answers."""
        from moto.elasticache.models import ElastiCacheBackend

        wrap(ElastiCacheBackend, "create_replication_group", self._create)

    def _create(self, original: Any, backend: Any, **kwargs: Any) -> Any:
        group = original(backend, **kwargs)
        if group.cluster_mode != "enabled":
            try:
                group.sandbox_address = free_address(int(group.port))
            except PortTakenError as taken:
                # Its port is the stack's own choice: without a process, as without a cache, programs compute anew.
                log.error("%s has no process. %s", group.arn, taken)
                return group
            group.sandbox_auth_token = kwargs.get("auth_token") or ""
            for shard in group.node_groups:
                shard["primary_endpoint"] = {"address": group.sandbox_address, "port": group.port}
                shard["reader_endpoint"] = {"address": group.sandbox_address, "port": group.port}
            group.status = "creating"
            self._context.wake()
        return group

    def round(self) -> None:
        """Start and stop what differs from what moto says."""
        from moto.elasticache.models import elasticache_backends

        with self._context.moto():
            groups = {
                f"{group.arn}#{group.sandbox_address}": (group, wanted_of(backend, group))
                for _, _, backend in backends(elasticache_backends)
                for group in backend.replication_groups.values()
                if hasattr(group, "sandbox_address")
            }
        for key in [key for key in self._kept if key not in groups]:
            threading.Thread(target=self._kept.pop(key).cache.remove, name="sandbox-cache-ends").start()
        for key, (group, wanted) in groups.items():
            self._reconcile(key, group, wanted)

    def _reconcile(self, key: str, group: Any, wanted: Wanted) -> None:
        standin = self._kept.get(key)
        if standin is not None and standin.starting is not None and standin.starting.is_alive():
            return
        if standin is not None and standin.up and not standin.cache.is_running:
            log.warning("the cache of %s ended; it is started again", key)
            standin.up = False
        if standin is not None and standin.cache.wanted == wanted and (standin.up or standin.failed):
            return
        folder = self._context.folder / "caches" / f"{group.replication_group_id}-{group.sandbox_address}"
        before = standin.cache if standin is not None else None
        standin = self._kept[key] = CacheServer(Cache(wanted, folder, self._context.authority), group)
        standin.starting = threading.Thread(target=self._start, args=(standin, before), name="sandbox-cache-starts")
        standin.starting.start()

    def _start(self, standin: CacheServer, before: Cache | None) -> None:
        try:
            if before is not None:
                before.stop()
            standin.cache.start()
            standin.up = True
        except (CacheFailedError, OSError, RuntimeError) as error:
            log.error("the cache of %s: %s", standin.group.arn, error)
            standin.failed = True
        with self._context.moto():
            if standin.group.status == "creating":
                standin.group.status = "available" if standin.up else "create-failed"

    def close(self) -> None:
        """Have all servers end."""
        for standin in self._kept.values():
            standin.cache.ask_to_stop()

    def listing(self) -> list[dict[str, Any]]:
        """Return what runs."""
        return [
            {
                "kind": "cache",
                "arn": standin.group.arn,
                "pid": standin.cache.child.pid if standin.cache.child is not None else None,
                "address": standin.cache.wanted.address,
                "port": standin.cache.wanted.port,
                "running": standin.up,
            }
            for standin in list(self._kept.values())
        ]


def wanted_of(backend: Any, group: Any) -> Wanted:
    """Return what a group's server must be."""
    user_groups = user_groups_of(backend)
    identifiers = {user for name in group.user_group_ids for user in user_groups.get(name, {"UserIds": []})["UserIds"]}
    users = [
        User(user.name, user.access_string, user.authentication_type or "", tuple(user.passwords or ()))
        for user in backend.users.values()
        if user.id in identifiers
    ]
    return Wanted(
        address=group.sandbox_address,
        port=int(group.port),
        tls=bool(group.transit_encryption_enabled),
        users=sorted_users(users),
        auth_token=group.sandbox_auth_token,
        memory_policy=memory_policy(backend, group),
    )


def memory_policy(backend: Any, group: Any) -> str:
    """Return the parameter group's policy, or what ElastiCache's default groups say."""
    parameters = groups_of(backend).get(str(group.cache_parameter_group_name), {"set": {}})["set"]
    return str(parameters.get(MEMORY_POLICY, DEFAULTS[MEMORY_POLICY]))
