"""OneRoster 1.2 roles.csv: who is a student, and who is none.

A role that ends leaves the user's own row to say more.
"""

from __future__ import annotations

from collections.abc import Sequence

from processor.formats import values
from processor.formats.base import DELETED, Field, Format, Reading, Sink, Write, earlier, fixed
from processor.formats.oneroster import HEAD, SOURCE

FIELDS = (
    *HEAD,
    Field("userSourcedId", lambda reading: reading.sourced, required=True, verbatim=True),
    Field("role", fixed(values.remembered(values.text())), required=True),
    Field("orgSourcedId", fixed(values.identifier), required=True),
    Field("roleType", fixed(values.remembered(values.text())), part=True),
    Field("beginDate", fixed(values.remembered(values.any_date)), part=True),
    Field("endDate", fixed(values.remembered(values.any_date)), part=True),
)
YEARS_OF_ROLES, YEARS_OF_FURTHER_ONES = 16, 20
"""By so much a role's school counts as earlier than that of its user's own row, and one beside the primary role's."""


def writer(reading: Reading, sink: Sink) -> Write:
    """Return what writes one role: a student is introduced with the school, and of anybody else no name is kept."""
    today, year = reading.when[:10], reading.roster_year

    def write(line: int, row: Sequence[str]) -> None:
        _, status, modified, user, role, org, kind, begins, ends = row
        if status == DELETED:
            return
        if role.casefold() != "student":
            sink.put("other_role", user, modified, "f")
            return
        sink.put("student", user, modified, "f")
        if (not begins or begins <= today) and (not ends or ends >= today):
            back = YEARS_OF_FURTHER_ONES if kind.casefold() == "secondary" else YEARS_OF_ROLES
            sink.put("enrolment", user, year, org, values.NULL, earlier(modified, back), "f")

    return write


FORMAT = Format(
    name="oneroster roles",
    title="OneRoster roles.csv",
    source=SOURCE,
    fields=FIELDS,
    writer=writer,
    marks=frozenset({"sourcedId", "userSourcedId", "roleType", "role", "orgSourcedId"}),
    file_names=frozenset({"roles.csv"}),
    student_field="userSourcedId",
)
