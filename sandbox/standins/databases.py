"""Aurora PostgreSQL clusters: a server runs while a cluster has an instance, and its data go with the cluster.

One with a minimum capacity of 0 pauses while nobody is connected, and resumes for the next who comes.
Source: RDS API Reference, CreateDBCluster, CreateDBInstance, ModifyDBCluster (MasterUserPassword), DeleteDBCluster.
"""

from __future__ import annotations

import json
import logging
import threading
from dataclasses import dataclass, field
from typing import Any

from sandbox.clock import CLOCK
from sandbox.gaps.extension import wrap
from sandbox.standins.addresses import ONLY, PortTakenError, free_address, free_port
from sandbox.standins.context import StandinContext, backends
from sandbox.standins.pausing import USUAL_IDLE_SECONDS, Terms
from sandbox.standins.postgres import Database, DatabaseFailedError, Wanted

log = logging.getLogger("sandbox.standins")
ENGINE = "aurora-postgresql"


@dataclass
class ClusterServer:
    """A cluster's server, what its master's password is set to, and the thread that starts it."""

    database: Database
    arn: str
    password: str = ""
    starting: threading.Thread | None = None
    up: bool = False
    failed: bool = False
    instances: list[Any] = field(default_factory=list)


class Databases:
    """All clusters' servers."""

    def __init__(self, context: StandinContext) -> None:
        self._context = context
        self._kept: dict[str, ClusterServer] = {}

    def install(self) -> None:
        """Give clusters an address when they are made, and let instances be there when their server is."""
        from moto.rds.models import DBCluster, RDSBackend

        wrap(RDSBackend, "create_db_cluster", self._create_cluster)
        wrap(RDSBackend, "create_db_instance", self._create_instance)
        for name in ("endpoint", "reader_endpoint"):
            original = getattr(DBCluster, name).fget
            setattr(DBCluster, name, property(_addressed(original)))

    def _create_cluster(self, original: Any, backend: Any, kwargs: Any) -> Any:
        cluster = original(backend, kwargs)
        if cluster.engine == ENGINE:
            try:
                cluster.sandbox_address = free_address(int(cluster.port))
            except PortTakenError as taken:
                # Somebody's own server has the port everywhere: the cluster says another one, as it may.
                log.warning("%s: %s is given another port. %s", cluster.arn, ONLY, taken)
                cluster.sandbox_address, cluster.port = ONLY, free_port()
            cluster.sandbox_key = f"{cluster.arn}#{cluster.db_cluster_resource_id}"
        return cluster

    def _create_instance(self, original: Any, backend: Any, kwargs: Any) -> Any:
        instance = original(backend, kwargs)
        if kwargs.get("db_cluster_identifier") and _is_ours(instance.cluster):
            standin = self._kept.get(instance.cluster.sandbox_key)
            if standin is None or not standin.up:
                instance.status = "creating"
            self._context.wake()
        return instance

    def round(self) -> None:
        """Start and stop what differs from what moto says."""
        from moto.rds.models import rds_backends

        with self._context.moto():
            clusters = {
                cluster.sandbox_key: (cluster, list(cluster._members), password_of(cluster))
                for _, _, backend in backends(rds_backends)
                for cluster in backend.clusters.values()
                if _is_ours(cluster)
            }
        for key in [key for key in self._kept if key not in clusters]:
            standin = self._kept.pop(key)
            threading.Thread(target=standin.database.remove, name="sandbox-database-ends").start()
        for key, (cluster, instances, password) in clusters.items():
            self._reconcile(key, cluster, instances, password)

    def _reconcile(self, key: str, cluster: Any, instances: list[Any], password: str) -> None:
        standin = self._kept.get(key)
        if standin is None:
            if not instances:
                return
            standin = self._kept[key] = ClusterServer(self._database(cluster), cluster.arn)
        standin.instances = instances
        standin.database.pause_by(Terms(idle_seconds_of(cluster), CLOCK.pace, CLOCK.offset))
        if standin.starting is not None and standin.starting.is_alive():
            return
        if not instances:
            if standin.up:
                standin.up = False
                standin.database.stop()
            return
        if standin.up and not standin.database.is_running:
            log.warning("the database of %s ended; it is started again", key)
            standin.database.stop()
            standin.up = False
        if not standin.up and not standin.failed:
            standin.starting = threading.Thread(
                target=self._start, args=(standin, password), name="sandbox-database-starts"
            )
            standin.starting.start()
        elif standin.up:
            if password != standin.password:
                standin.database.set_password(password)
                standin.password = password
            self._say(standin, "available")

    def _start(self, standin: ClusterServer, password: str) -> None:
        try:
            standin.database.start(password)
        except (DatabaseFailedError, OSError, RuntimeError) as error:
            log.error("the database of %s: %s", standin.arn, error)
            standin.failed = True
            self._say(standin, "failed")
            return
        if standin.password and standin.password != password:
            standin.database.set_password(password)
        standin.password, standin.up = password, True
        self._say(standin, "available")

    def _say(self, standin: ClusterServer, status: str) -> None:
        with self._context.moto():
            for instance in standin.instances:
                if instance.status == "creating":
                    instance.status = status

    def _database(self, cluster: Any) -> Database:
        wanted = Wanted(
            address=cluster.sandbox_address,
            port=int(cluster.port),
            database=cluster.database_name or "postgres",
            master=cluster.master_username,
        )
        folder = self._context.folder / "databases" / cluster.db_cluster_resource_id
        folder.mkdir(parents=True, exist_ok=True)
        return Database(wanted, folder, self._context.authority)

    def close(self) -> None:
        """Have all servers end."""
        for standin in self._kept.values():
            standin.database.ask_to_stop()

    def listing(self) -> list[dict[str, Any]]:
        """Return what runs."""
        return [
            {
                "kind": "database",
                "arn": standin.arn,
                "pid": standin.database.child.pid if standin.database.child is not None else None,
                "address": standin.database.wanted.address,
                "port": standin.database.wanted.port,
                "running": standin.up,
                "paused": standin.up and standin.database.is_paused(CLOCK.now()),
            }
            for standin in list(self._kept.values())
        ]


def _is_ours(cluster: Any) -> bool:
    return hasattr(cluster, "sandbox_address")


def _addressed(original: Any) -> Any:
    return lambda cluster: cluster.sandbox_address if _is_ours(cluster) else original(cluster)


def idle_seconds_of(cluster: Any) -> float | None:
    """Return after how long a cluster pauses, or nothing where it never does."""
    scaling = cluster.serverless_v2_scaling_configuration
    if not scaling or float(scaling["min_capacity"]) > 0:
        return None
    return float(scaling.get("seconds_until_auto_pause") or USUAL_IDLE_SECONDS)


def password_of(cluster: Any) -> str:
    """Return the master's password: the one given, or the one in the secret that RDS keeps."""
    if cluster.manage_master_user_password:
        secret = cluster.master_user_secret.secret
        secret_string = secret.versions[secret.default_version_id]["secret_string"]
        return str(json.loads(secret_string)["password"])
    return str(cluster._master_user_password)
