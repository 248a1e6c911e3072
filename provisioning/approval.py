"""Which plans wait for a second person, and why: a pure function over the plan's findings and the environment."""

from __future__ import annotations

from collections.abc import Iterable

from infra.spec import Environment
from provisioning.engine.policy import Finding
from provisioning.states import RunKind

PRODUCTION = "Every change of a production environment is approved by a second person."


def approval_reasons(kind: RunKind, environment: str, findings: Iterable[Finding], *, empty: bool) -> list[str]:
    """Return why a plan waits for approval, in sentences; empty when it may be applied at once.

    A plan that changes nothing has nothing to approve; one that is not to be applied waits for nobody.
    """
    if empty or kind not in {RunKind.APPLY, RunKind.DESTROY}:
        return []
    reasons = [PRODUCTION] if environment == Environment.PRODUCTION.value else []
    return reasons + [finding.sentence for finding in findings if finding.blocks]
