"""What Homeroom knows about each AWS kind that a district's stack can hold: a row a kind, a module a service.

Adoption, inventory, policy, drift, cost, console links and the diagram are views of these rows. `kind` says what a row
can hold.
"""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType

from engine.kinds.kind import Kind, MadeByAws, Service

FROM_THE_EDGE_INWARDS = (
    *("wafv2", "route53", "acm", "load_balancing"),
    *("ecs", "lambda_functions", "application_autoscaling"),
    *("vpc", "security_groups"),
    *("rds", "elasticache"),
    *("cloudtrail", "backup", "sns", "s3", "sqs", "secretsmanager", "kms", "iam"),
    *("cloudwatch", "logs", "budgets"),
)
"""In this order the diagram draws what stands at one place; a module that is not named here comes last."""


def _place(module: ModuleType) -> tuple[int, str]:
    name = module.__name__.rpartition(".")[2]
    named = name in FROM_THE_EDGE_INWARDS
    return FROM_THE_EDGE_INWARDS.index(name) if named else len(FROM_THE_EDGE_INWARDS), name


_BESIDE = (importlib.import_module(f"{__name__}.{entry.name}") for entry in pkgutil.iter_modules(__path__))
MODULES = tuple(sorted((module for module in _BESIDE if hasattr(module, "KINDS")), key=_place))
"""Every module beside this one that has rows."""

ROWS: tuple[Kind, ...] = tuple(row for module in MODULES for row in module.KINDS)
KINDS: dict[str, Kind] = {row.type: row for row in ROWS}
"""The row of each type of resource."""

MADE_BY_AWS: tuple[MadeByAws, ...] = tuple(entry for module in MODULES for entry in getattr(module, "MADE_BY_AWS", ()))
"""What AWS makes beside the stack, or keeps after it."""

SERVICES: tuple[Service, ...] = tuple(dict.fromkeys(module.SERVICE for module in MODULES))
