"""Asks a worker to look at what a district's environment holds now; changes nothing in AWS."""

from __future__ import annotations

from django.utils import timezone
from kombu.exceptions import OperationalError

from portal.accounts.models import User
from portal.accounts.roles import Role, require_role
from portal.districts.models import District
from provisioning.models import DistrictHoldings
from provisioning.services.errors import ServiceRefused


def request_look(*, district: District, actor: User | None) -> DistrictHoldings:
    """Have it looked at; asked for again, it is looked at again. Raises NotAllowed, ServiceRefused without a broker."""
    from provisioning.tasks import look_at_holdings

    require_role(actor, Role.OPERATOR)
    held, _ = DistrictHoldings.objects.update_or_create(district=district, defaults={"asked_at": timezone.now()})
    try:
        look_at_holdings.delay(district.pk)
    except OperationalError as error:
        raise ServiceRefused(
            "broker_away", "The workers cannot be told.", "Look whether the broker runs, then try again."
        ) from error
    return held
