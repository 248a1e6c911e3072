"""Which queue a task goes to where its name alone does not say so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings

LONG_CHORES = frozenset(
    {
        "audit.verify_chain",
        "provisioning.archive_events",
        "provisioning.check_access",
        "provisioning.make_evidence",
        "provisioning.read_costs",
        "provisioning.read_quotas",
        "provisioning.trim_events",
    }
)
"""What goes through all accounts or years, and may take most of an hour: an AWS that does not answer holds as many
children of a worker as there are such chores, and notices, drift checks and the audit record must not wait for one."""
ONE_OF_THEM = frozenset({"provisioning.check_access", "provisioning.read_quotas"})
"""With an argument these are for one account, and somebody waits for the answer."""


def route(name: str, args: Sequence[Any], kwargs: Mapping[str, Any], *_: Any, **__: Any) -> dict[str, str] | None:
    """Return the queue of a long chore, as Celery asks its routers; None for everything else."""
    if name not in LONG_CHORES or (name in ONE_OF_THEM and (args or kwargs)):
        return None
    return {"queue": settings.LONG_CHORES_QUEUE}
