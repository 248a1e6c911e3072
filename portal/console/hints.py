"""What to write into each field, in a sentence below it: a field's name means the same in every form.

A form whose field says more of itself keeps its own words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from infra.fields import ROWS

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

HINTS: dict[str, _StrPromise] = {
    **{row.name: _(row.question_hint or row.hint) for row in ROWS},
    # A rollout
    "what": _("One thing at a time, so that what fails is known."),
    "environments": _("Only districts of these."),
    "regions": _("Only districts of these."),
    "sizes": _("Only districts of these."),
    # What is confirmed
    "full_name": _("Exactly as shown above."),
    "reason": _("Recorded in the audit log with your name."),
    "password": _("The password of your Homeroom account."),
    "old_password": _("The one that you sign in with now."),
    "new_password1": _("Longer is better: use four unrelated words."),
    "new_password2": _("The same once more."),
    "username": _("The username of your Homeroom account."),
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
