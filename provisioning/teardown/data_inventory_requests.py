"""Asks a worker to look at what a district's environment holds now; changes nothing in AWS."""

from __future__ import annotations

from django.utils import timezone

from provisioning.models import DistrictHoldings
from provisioning.task_sending import ask_workers
from registry.accounts.acts import Act
from registry.accounts.models import User
from registry.accounts.rights import require
from registry.districts.models import District


def request_look(*, district: District, actor: User | None) -> DistrictHoldings:
    """Have it looked at, or looked at again. Raises NotAllowedError, ServiceRefusedError without a broker."""
    require(actor, Act.DESTROY, district.place)
    stored, _ = DistrictHoldings.objects.update_or_create(district=district, defaults={"asked_at": timezone.now()})
    ask_workers("provisioning.look_at_holdings", district.pk)
    return stored
