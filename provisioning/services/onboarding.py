"""Registers a district and asks for its first run, both or neither."""

from __future__ import annotations

from django.db import transaction

from portal.accounts.models import User
from portal.districts.registration import Registration, RegistrationRefused
from portal.districts.services import register
from provisioning.models import Run
from provisioning.services.errors import ServiceRefused
from provisioning.services.requests import ACCOUNT_FULL, request_run
from provisioning.states import RunKind


@transaction.atomic
def onboard(*, registration: Registration, actor: User | None) -> Run:
    """Return the district's first run; the same registration sent twice returns the same one.

    Raises NotAllowed, RegistrationRefused with a list of sentences per field (a full account's at the account),
    ServiceRefused.
    """
    district = register(registration=registration, actor=actor)
    first = district.runs.order_by("id").first()
    if first is not None:
        return first
    try:
        return request_run(district=district, kind=RunKind.APPLY, actor=actor, reason="First deployment")
    except ServiceRefused as refusal:
        if refusal.code != ACCOUNT_FULL:
            raise
        raise RegistrationRefused({"account_id": [str(refusal)]}) from refusal
