"""EC2: a flow log whose role may not write delivers nothing, and says so; moto looks for the log group alone.

Sources: Amazon EC2 API Reference, FlowLog (DeliverLogsStatus, DeliverLogsErrorMessage); VPC User Guide, "Troubleshoot
VPC Flow Logs" (access error).
"""

from __future__ import annotations

import logging
from typing import Any

from sandbox.authorization.late import refused_flows
from sandbox.gaps.extension import wrap

log = logging.getLogger("sandbox.authorization")
TO_LOGS = "cloud-watch-logs"


def fill() -> None:
    """Look at each flow log when it is described: its role's rights may come after it."""
    from moto.ec2.models.flow_logs import FlowLogsBackend

    wrap(FlowLogsBackend, "describe_flow_logs", _describe)


def _describe(original: Any, backend: Any, *args: Any, **kwargs: Any) -> Any:
    flow_logs = original(backend, *args, **kwargs)
    for flow_log in flow_logs:
        if flow_log.log_destination_type == TO_LOGS:
            _deliver(backend, flow_log)
    return flow_logs


def _deliver(backend: Any, flow_log: Any) -> None:
    place = f"{backend.region_name}:{backend.account_id}"
    group = flow_log.log_destination or f"arn:aws:logs:{place}:log-group:{flow_log.log_group_name}"
    arn = f"arn:aws:ec2:{place}:vpc-flow-log/{flow_log.id}"
    why = refused_flows(flow_log.deliver_logs_permission_arn, arn, group.removesuffix(":*"))
    flow_log.deliver_logs_status = "FAILED" if why else "SUCCESS"
    flow_log.deliver_logs_error_message = "Access error" if why else None
    if why:
        log.warning("%s delivers nothing: %s", flow_log.id, why)
