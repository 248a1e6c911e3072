"""CloudWatch Logs: groups that come again, without tags, for what is sent after its cluster has gone.

Container Insights and Aurora write by roles of AWS's own, for some minutes more; a group that has been deleted
meanwhile is made anew. Sources: CloudWatch User Guide, "Container Insights"; Aurora User Guide, "Publishing Aurora
PostgreSQL logs to Amazon CloudWatch Logs". How late is not documented: a few minutes are an assumption.
"""

from __future__ import annotations

from typing import Any

from sandbox.clock import CLOCK, MINUTE
from sandbox.gaps.extension import wrap

FLUSHES = (1 * MINUTE, 5 * MINUTE, 10 * MINUTE)
"""When something is sent after the cluster has gone; each of them makes the group where it is not there."""


def fill() -> None:
    """Look at clusters that go."""
    from moto.ecs.models import EC2ContainerServiceBackend
    from moto.logs.models import LogsBackend
    from moto.rds.models import RDSBackend

    wrap(LogsBackend, "delete_log_group", _delete_group)
    wrap(EC2ContainerServiceBackend, "delete_cluster", _delete_ecs_cluster)
    wrap(RDSBackend, "delete_db_cluster", _delete_db_cluster)


def _delete_ecs_cluster(original: Any, backend: Any, cluster_str: str) -> Any:
    cluster = original(backend, cluster_str)
    insights = {setting.get("name"): setting.get("value") for setting in cluster.settings or ()}
    if insights.get("containerInsights") in {"enabled", "enhanced"}:
        _flush_later(backend, f"/aws/ecs/containerinsights/{cluster.name}/performance")
    return cluster


def _delete_db_cluster(original: Any, backend: Any, cluster_identifier: str, *args: Any, **kwargs: Any) -> Any:
    cluster = original(backend, cluster_identifier, *args, **kwargs)
    for kind in cluster.enabled_cloudwatch_logs_exports or ():
        _flush_later(backend, f"/aws/rds/cluster/{cluster_identifier}/{kind}")
    return cluster


def _delete_group(original: Any, backend: Any, log_group_name: str) -> Any:
    """Forget a group's tags with it: moto gives them to the next one of its name."""
    group = backend.groups.get(log_group_name)
    answer = original(backend, log_group_name)
    if group is not None:
        backend.tagger.delete_all_tags_for_resource(group.arn)
    return answer


def _flush_later(backend: Any, name: str) -> None:
    for seconds in FLUSHES:
        CLOCK.after(seconds, f"a late flush into {name}", lambda: _flush(backend, name))


def _flush(backend: Any, name: str) -> None:
    from moto.logs.models import logs_backends

    logs = logs_backends[backend.account_id][backend.region_name]
    if name not in logs.groups:
        logs.create_log_group(name, {})
