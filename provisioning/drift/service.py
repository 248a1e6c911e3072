"""What people do about drift: look again, plan or make the repair, or take the drift over into the settings."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from messages.message import listed, message, sentences
from provisioning.drift.acceptance import Proposal, Refusal, proposal
from provisioning.errors import ServiceRefusedError
from provisioning.models import DriftItem, Run
from provisioning.runs.requests import request_run
from provisioning.states.runs import RunKind
from registry.accounts.acts import Act
from registry.accounts.models import User
from registry.accounts.rights import require
from registry.districts.changes import EDITABLE, ChangeRefusedError, checked_spec, effective
from registry.districts.models import District


def check_now(*, district: District, actor: User | None) -> Run:
    """Ask for a drift check. Raises NotAllowedError, or ServiceRefusedError without a stack or beside a run."""
    require(actor, Act.OPERATE, district.place)
    if not district.resources.exists():
        raise ServiceRefusedError(
            "nothing_deployed",
            message("{name} has nothing in AWS yet.", name=district.name),
            message("Deploy it first; then it can be checked."),
        )
    return request_run(district=district, kind=RunKind.DRIFT, actor=actor, reason=message("Drift check asked for"))


def plan_repair(*, district: District, actor: User | None) -> Run:
    """Ask for a plan that shows what a repair would change. Raises NotAllowedError, ServiceRefusedError."""
    require(actor, Act.OPERATE, district.place)
    return _of_drift(district, RunKind.PLAN, actor, message("Plan of the drift's repair"))


def repair(*, district: District, actor: User | None) -> Run:
    """Ask for the apply that brings AWS back to what the stack says. Raises NotAllowedError, ServiceRefusedError.

    A repair that would repair nothing is refused: what somebody added to the stack's resources no plan removes.
    """
    require(actor, Act.OPERATE, district.place)
    if district.drift_items.exists() and not district.drift_items.filter(repairable=True).exists():
        raise ServiceRefusedError(
            "nothing_to_repair",
            message("No plan of the stack brings any of this drift back."),
            message("Remove what was added in AWS, or set it back there."),
        )
    return _of_drift(district, RunKind.APPLY, actor, message("Repair of the drift"))


def acceptance(district: District, items: Collection[DriftItem] | None = None) -> Proposal:
    """Return what `accept` would change, and for all else why it cannot be accepted; reads only."""
    drift_items = list(district.drift_items.all()) if items is None else list(items)
    settings: dict[str, Any] = {name: getattr(district, name) for name in EDITABLE}
    serves_tls = bool(district.certificate_arn or district.domain_name)
    proposed = proposal(drift_items, settings, 2 if serves_tls else 1)
    change = effective(district, proposed.change)
    try:
        if change:
            checked_spec(district, change)
    except ChangeRefusedError as refused:
        text = sentences(*(sentence for name in refused.problems for sentence in refused.problems[name]))
        more = tuple(Refusal(address, path, text) for address, path in proposed.accepted)
        return Proposal({}, (*proposed.refusals, *more))
    return Proposal(change, proposed.refusals, proposed.accepted)


def accept(*, district: District, actor: User | None, items: Collection[DriftItem] | None = None) -> Run:
    """Ask for the apply of the settings that make the drift, or the given part of it, what the stack says.

    Raises NotAllowedError, or ServiceRefusedError where nothing of it can become a setting, with the reasons.
    """
    require(actor, Act.OPERATE, district.place)
    proposed = acceptance(district, items)
    if not proposed.change:
        reasons = sorted({refusal.sentence for refusal in proposed.refusals})
        raise ServiceRefusedError(
            "nothing_to_accept",
            message("None of this can become a setting of the district."),
            sentences(*reasons) or message("Check the district for drift first."),
        )
    names = listed(EDITABLE[name].lower() for name in sorted(proposed.change))
    return request_run(
        district=district,
        kind=RunKind.APPLY,
        actor=actor,
        reason=message("Drift accepted into the settings: {names}", names=names),
        change=proposed.change,
    )


def _of_drift(district: District, kind: RunKind, actor: User | None, reason: str) -> Run:
    if not district.drift_items.exists():
        raise ServiceRefusedError(
            "no_drift",
            message("No drift of {name} is known.", name=district.name),
            message("Check it first, if you think that there is some."),
        )
    return request_run(district=district, kind=kind, actor=actor, reason=reason)
