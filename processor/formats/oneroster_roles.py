"""OneRoster 1.2 roles.csv: who is a student, and who is none.

A role that ends leaves the user's own row to say more.
"""

from __future__ import annotations

from collections.abc import Sequence

from processor.formats import values
from processor.formats.base import DELETED, Field, Format, Reading, Sink, Write, fixed
from processor.formats.oneroster import HEAD, SOURCE

FIELDS = (
    *HEAD,
    Field("userSourcedId", lambda reading: reading.sourced, required=True),
    Field("role", fixed(values.remembered(values.text())), required=True),
    Field("orgSourcedId", fixed(values.identifier), required=True),
)


def writer(reading: Reading, sink: Sink) -> Write:
    """Return what writes one role: a student is introduced, and of anybody else no name is kept."""

    def write(line: int, row: Sequence[str]) -> None:
        _, status, modified, user, role, _ = row
        if status != DELETED:
            sink.put("student" if role.casefold() == "student" else "other_role", user, modified, "f")

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
