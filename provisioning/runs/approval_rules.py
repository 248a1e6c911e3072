"""Which plans wait for somebody, and why: a pure function over the plan's findings and the environment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from engine.terraform.policy import Finding
from infra.spec import Environment
from messages.message import message
from provisioning.states.runs import RunKind

PRODUCTION = message("Every change of a production environment is approved by a second person.")
LOOK = message("A change of a district is applied once somebody has looked at what its plan does.")


def approval_reasons(
    kind: RunKind, environment: str, findings: Iterable[Finding], *, empty: bool, look: bool = False
) -> list[str]:
    """Return why a plan waits, in sentences; empty when it may be applied at once.

    With `look` it waits at least for a look, which is the only reason where there is no other. A plan that changes
    nothing has nothing to approve; one that is not to be applied waits for nobody.
    """
    if empty or kind not in {RunKind.APPLY, RunKind.DESTROY}:
        return []
    reasons: list[str] = [PRODUCTION] if environment == Environment.PRODUCTION.value else []
    reasons += [finding.sentence for finding in findings if finding.blocks]
    return reasons or ([LOOK] if look else [])


def requester_may_confirm(reasons: Sequence[str]) -> bool:
    """Return whether whoever asked for the run may let its plan be applied: a look is all that it waits for."""
    return all(reason == LOOK for reason in reasons)
