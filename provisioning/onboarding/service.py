"""Registers a district and asks for its first run, both or neither."""

from __future__ import annotations

from django.db import transaction

from infra.spec import Environment, Size
from messages.message import message, sentences
from provisioning.capacity.placement import need
from provisioning.capacity.quotas import full_place
from provisioning.errors import ServiceRefusedError
from provisioning.models import Run
from provisioning.runs.requests import ACCOUNT_FULL, request_run
from provisioning.states.runs import RunKind
from registry.accounts.models import User
from registry.districts.models import AwsAccount, District
from registry.districts.registration import Registration, RegistrationRefusedError
from registry.districts.services import register


def check_room(registration: Registration) -> dict[str, list[str]]:
    """Return what `onboard` would refuse for want of room, per field, without writing anything."""
    account = AwsAccount.objects.filter(account_id=registration.account_id).first()
    if account is None or registration.size not in set(Size) or registration.environment not in set(Environment):
        return {}
    spec = {name: getattr(registration, name) for name in ("environment", "size", "zones", "egress")}
    problem = full_place(account, registration.region, need(spec))
    return {"account_id": [sentences(problem.sentence, problem.remedy)]} if problem else {}


def draft(*, registration: Registration, actor: User | None) -> District:
    """Return the registered district, without any run: its name and network are taken, nothing is made in AWS.

    Raises NotAllowedError, RegistrationRefusedError.
    """
    return register(registration=registration, actor=actor)


@transaction.atomic
def onboard(*, registration: Registration, actor: User | None, kind: RunKind = RunKind.APPLY) -> Run:
    """Return the district's first run, an apply or a plan; the same registration sent twice returns the same one.

    Raises NotAllowedError, RegistrationRefusedError with a list of sentences per field (a full account's at the
    account), ServiceRefusedError.
    """
    district = register(registration=registration, actor=actor)
    first = district.runs.order_by("id").first()
    if first is not None:
        return first
    try:
        reason = message("First deployment") if kind is RunKind.APPLY else message("First plan")
        return request_run(district=district, kind=kind, actor=actor, reason=reason)
    except ServiceRefusedError as refusal:
        if refusal.code != ACCOUNT_FULL:
            raise
        raise RegistrationRefusedError({"account_id": [str(refusal)]}) from refusal
