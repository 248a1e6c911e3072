"""Changes of a registered district's settings: which there are, how they are checked, and the one writer of them.

A change travels with a run and reaches the district when that run applies; a plan that is discarded changes nothing.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from infra.fields import ROWS
from infra.spec import SpecError, parse_spec
from messages.message import Message, beside_fields, listed, message, term
from registry.accounts.models import User
from registry.audit.actions import AuditAction
from registry.audit.services import record
from registry.districts.models import District
from registry.districts.spec import district_field, spec_data

EDITABLE: dict[str, Message] = {row.name: term(row.label) for row in ROWS if row.changed_by}
"""The fields that may change after the registration, and their names on pages; names and network never do."""


class ChangeRefusedError(Exception):
    """A change cannot be accepted: for each field, what is wrong and what to do."""

    code = "change_refused"

    def __init__(self, problems: Mapping[str, list[str]]) -> None:
        self.problems = dict(problems)
        super().__init__(beside_fields(self.problems))


def changed(district: District, change: Mapping[str, Any]) -> District:
    """Return the district as it would be, unsaved; raises ChangeRefusedError for a field that there is not."""
    unknown = sorted(set(change) - set(EDITABLE))
    if unknown:
        raise ChangeRefusedError(
            {name: [message("This cannot be changed after the registration.")] for name in unknown}
        )
    edited = copy.copy(district)
    for name, value in change.items():
        setattr(edited, name, value)
    return edited


def effective(district: District, change: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part of a change that differs from what the district has."""
    return {name: value for name, value in change.items() if getattr(district, name) != value}


def checked_spec(district: District, change: Mapping[str, Any]) -> dict[str, Any]:
    """Return the specification of the changed district; raises ChangeRefusedError with the sentences per field."""
    data = spec_data(changed(district, change))
    try:
        parse_spec(data)
    except SpecError as error:
        problems: dict[str, list[str]] = {}
        for problem in error.problems:
            field = district_field(problem.field)
            if problem.sentence not in problems.setdefault(field, []):
                problems[field].append(problem.sentence)
        raise ChangeRefusedError(problems) from None
    return data


@transaction.atomic
def apply_settings(*, district: District, change: Mapping[str, Any], actor: User | None, run_number: int) -> None:
    """Write a change into the district, because a run now applies it; with nothing to change nothing happens."""
    locked = District.objects.select_for_update().get(pk=district.pk)
    differing = effective(locked, change)
    if not differing:
        return
    before = {name: getattr(locked, name) for name in differing}
    for name, value in differing.items():
        setattr(locked, name, value)
    locked.save(update_fields=sorted(differing))
    record(
        action=AuditAction.DISTRICT_CHANGED,
        actor=actor,
        subject_kind="district",
        subject_id=locked.suffix,
        district=locked,
        run_number=run_number,
        message=message(
            "{name}: {names} changed.",
            name=locked.name,
            names=listed(EDITABLE[name].lower() for name in sorted(differing)),
        ),
        before=before,
        after=differing,
    )
    district.refresh_from_db()
