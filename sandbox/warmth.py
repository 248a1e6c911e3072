"""Loads services before their first request: those that every client begins with, or all that a stack uses.

The second is for an embedded AWS that is forked: what it has loaded, none of its forks loads again.
"""

from __future__ import annotations

from sandbox.application import SandboxApplication, backend_for_service
from sandbox.services import MODELS

FIRST = ("sts", "iam", "s3", "ec2")
"""Loading these takes a second or more."""
WITHOUT_REGION = frozenset({"budgets"})
"""Hosts that are one for all regions: moto loads them at their first request."""


def warm_first(application: SandboxApplication) -> None:
    """Load what every client begins with."""
    for host in FIRST:
        application.load(backend_for_service(host))


def warm_all(application: SandboxApplication) -> None:
    """Load the code, the models and the managed policies that a district's stack needs."""
    from moto.core.utils import get_service_model
    from moto.iam.models import get_account_id_from

    for host, model in MODELS.items():
        if host not in WITHOUT_REGION:
            application.load(backend_for_service(host))
        get_service_model(model)
        application.requests.prepare(model)
    # Every request asks whose access key it is, and the first makes IAM's backends.
    get_account_id_from("")
