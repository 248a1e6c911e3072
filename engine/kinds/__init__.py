"""What Homeroom knows about each AWS kind that a district's stack can hold: a row a kind, a module a service.

Adoption, inventory, policy, drift, cost, console links and the diagram are views of these rows. `kind` says what a row
can hold.
"""

from __future__ import annotations

from engine.kinds import (
    acm,
    application_autoscaling,
    backup,
    budgets,
    cloudtrail,
    cloudwatch,
    ecs,
    elasticache,
    iam,
    kms,
    lambda_functions,
    load_balancing,
    logs,
    rds,
    route53,
    s3,
    secretsmanager,
    security_groups,
    sns,
    sqs,
    vpc,
    wafv2,
)
from engine.kinds.kind import Kind, MadeByAws, Service

MODULES = (
    *(wafv2, route53, acm, load_balancing),
    *(ecs, lambda_functions, application_autoscaling),
    *(vpc, security_groups),
    *(rds, elasticache),
    *(cloudtrail, backup, sns, s3, sqs, secretsmanager, kms, iam),
    *(cloudwatch, logs, budgets),
)
"""From the edge inwards: in this order the diagram draws what stands at one place."""

ROWS: tuple[Kind, ...] = tuple(row for module in MODULES for row in module.KINDS)
KINDS: dict[str, Kind] = {row.type: row for row in ROWS}
"""The row of each type of resource."""

MADE_BY_AWS: tuple[MadeByAws, ...] = tuple(entry for module in MODULES for entry in getattr(module, "MADE_BY_AWS", ()))
"""What AWS makes beside the stack, or keeps after it."""

SERVICES: tuple[Service, ...] = tuple(dict.fromkeys(module.SERVICE for module in MODULES))
