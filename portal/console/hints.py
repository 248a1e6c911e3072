"""What to write into each field, in a sentence below it: a field's name means the same in every form.

A form whose field says more of itself keeps its own words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

HINTS: dict[str, _StrPromise] = {
    # A district
    "name": _("As people know it, such as Lakeside Unified. Can't be changed later."),
    "state_code": _("Where the district is; for reports only."),
    "contact_name": _("Whom to ask at the district."),
    "contact_email": _("Homeroom sends nothing there by itself."),
    "time_zone": _("The district's own."),
    "environment": _("In production a second person approves. Can't be changed later."),
    "region": _("Where everything of the district is. Can't be changed later."),
    "size": _("By the students enrolled. It can be changed later without losing data."),
    "database_instances": _("A second one, in another zone, takes over when the first one is lost."),
    "zones": _("Three survive the loss of one with less left over; each costs a NAT gateway."),
    "egress": _("Whether the district's tasks can reach the internet. Nothing reaches them from there."),
    "certificate_arn": _("Of a certificate in Certificate Manager, in the district's region."),
    "account_id": _("Where the district is placed. Can't be changed later."),
    "monthly_budget_usd": _("AWS warns the alarm addresses before it is used up; nothing is switched off."),
    "note": _("For those who come after you. It stands on the district's page."),
    # A rollout
    "what": _("One thing at a time, so that what fails is known."),
    "environments": _("Only districts of these."),
    "regions": _("Only districts of these."),
    "sizes": _("Only districts of these."),
    # What is confirmed
    "slug": _("Letter by letter, as it stands above."),
    "reason": _("Goes to the audit record, with your name."),
    "password": _("The one of your account here."),
    "old_password": _("The one that you sign in with now."),
    "new_password1": _("Long is good: four words that do not belong together."),
    "new_password2": _("The same once more."),
    "code": _("Six digits, as the app shows them now."),
    "username": _("As an administrator gave it to you."),
    # The audit record's filter
    "actor": _("Part of a username."),
    "district": _("Part of a name or suffix."),
    "act": _("What was done."),
    "run": _("Its number."),
    "since": _("From the beginning of that day."),
    "until": _("To the end of that day."),
    "outcome": _("Whether it was let through."),
    "words": _("A part of the sentence."),
}
