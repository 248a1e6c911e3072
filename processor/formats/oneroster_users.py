"""OneRoster users.csv: of all users only the students are taken.

In 1.1 the role says who is one. In 1.2 roles are in a file of their own, and grades are given for students alone
(OneRoster 1.2, users.csv, "grades"), but need not be given. So a user of whom neither is told may be a student:
identity and name wait unseen, under the pseudonym, until roles.csv introduces the student or names another role.
"""

from __future__ import annotations

from collections.abc import Sequence

from processor.formats import values
from processor.formats.base import DELETED, Field, Format, Reading, Sink, Write, fixed
from processor.formats.oneroster import HEAD, SOURCE, version

FIELDS = (
    *HEAD,
    Field("role", fixed(values.remembered(values.text()))),
    Field("orgSourcedIds", fixed(values.first_of(values.identifier))),
    Field("primaryOrgSourcedId", fixed(values.text())),
    Field("givenName", fixed(values.text()), required=True),
    Field("familyName", fixed(values.text()), required=True),
    Field("middleName", fixed(values.text())),
    Field("identifier", fixed(values.text())),
    Field("grades", fixed(values.first_of(values.any_grade))),
)


def writer(reading: Reading, sink: Sink) -> Write:
    """Return what writes one student: pseudonym, identity, names and enrolment, each in its table."""
    pseudonym = reading.student()

    def write(line: int, row: Sequence[str]) -> None:
        local, status, modified, role, org, primary, given, family, middle, own_id, grade = row
        student = pseudonym(local.replace("\\\\", "\\"))
        gone = status == DELETED
        known = gone or role.casefold() == "student" or (not role and grade)
        if role and not known:
            return
        at = version(status, modified)
        if gone:
            local = given = middle = family = own_id = org = primary = grade = values.NULL
        if known:
            sink.put("student", student, *at)
        sink.put("student_identity", student, local, own_id, *at)
        sink.put("student_name", student, given, middle, family, *at)
        school = primary or org
        if school or grade or gone:
            sink.put("enrolment", student, values.school_year(modified), school, grade, *at)

    return write


FORMAT = Format(
    name="oneroster users",
    title="OneRoster users.csv",
    source=SOURCE,
    fields=FIELDS,
    writer=writer,
    marks=frozenset({"sourcedId", "givenName", "familyName", "username"}),
    file_names=frozenset({"users.csv"}),
)
