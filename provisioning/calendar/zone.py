"""Changes the time zone of a registered district: its windows and last days go by the new clock from then on.

Nothing in AWS knows the zone, so that no run plans it: it counts at once.
"""

from __future__ import annotations

import zoneinfo

from django.db import transaction

from messages.message import message
from provisioning.calendar.service import CalendarRefusedError
from provisioning.models import MaintenanceWindow
from provisioning.models.calendar import OPEN
from registry.accounts.acts import Act
from registry.accounts.models import User
from registry.accounts.rights import require
from registry.audit.actions import AuditAction
from registry.audit.services import record_of_district
from registry.districts.models import District
from registry.districts.statuses import DistrictStatus


@transaction.atomic
def change_time_zone(*, district: District, time_zone: str, actor: User | None) -> int:
    """Give the district another time zone and return how many of its windows follow; the same zone changes nothing.

    The district's own windows that went by its former zone keep their time of day, by the new zone's clock; one that
    was set by another zone keeps that. Last days end at the new zone's midnight. A freeze was set from one moment to
    another and stays. Raises NotAllowedError, or CalendarRefusedError for no time zone and for a removed district.
    """
    require(actor, Act.OPERATE, district.place)
    locked = District.objects.select_for_update().get(pk=district.pk)
    if locked.status == DistrictStatus.REMOVED:
        raise CalendarRefusedError({"": [message("{name} has been removed.", name=locked.name)]})
    if time_zone not in zoneinfo.available_timezones():
        sentence = message("{time_zone} is no time zone. Use one such as America/Chicago.", time_zone=time_zone[:64])
        raise CalendarRefusedError({"time_zone": [sentence]})
    before = locked.time_zone
    if time_zone == before:
        return 0
    locked.time_zone = time_zone
    locked.save(update_fields=["time_zone"])
    own = MaintenanceWindow.objects.filter(OPEN, district=locked, time_zone=before)
    windows = own.update(time_zone=time_zone)
    record_of_district(
        locked,
        AuditAction.DISTRICT_CHANGED,
        message(
            "The time zone of {name} is {time_zone} now; it was {before}.",
            name=locked.name,
            time_zone=time_zone,
            before=before,
        ),
        actor=actor,
        before={"time_zone": before},
        after={"time_zone": time_zone, "windows": windows},
    )
    district.refresh_from_db()
    return windows
