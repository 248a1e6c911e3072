"""OneRoster users.csv: of all users only the students are taken.

In 1.1 the role says who is one. In 1.2 roles are in a file of their own, and grades are given for students alone
(OneRoster 1.2, users.csv, "grades"), but need not be given. So a user of whom neither is told may be a student:
identity and name wait unseen, under the pseudonym, until roles.csv introduces the student or names another role.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from processor.formats import ids, values
from processor.formats.base import DELETED, LOCAL, SOURCED, STATE, VENDOR, Field, Format, Reading, Sink, Write, fixed
from processor.formats.oneroster import HEAD, SOURCE, version

FIELDS = (
    Field("sourcedId", fixed(ids.copyable), required=True, of_deleted=True, verbatim=True),
    *HEAD[1:],
    Field("role", fixed(values.remembered(values.text()))),
    Field("orgSourcedIds", fixed(values.first_of(values.identifier))),
    Field("primaryOrgSourcedId", fixed(values.text())),
    Field("givenName", fixed(values.text()), required=True, verbatim=True),
    Field("familyName", fixed(values.text()), required=True, verbatim=True),
    Field("middleName", fixed(values.text()), part=True, verbatim=True),
    Field("identifier", fixed(values.text()), part=True),
    Field("grades", fixed(values.first_of(values.any_grade)), part=True),
    Field("userIds", fixed(values.text(1000)), part=True),
    # Since 1.2.
    Field("userMasterIdentifier", fixed(values.text()), part=True),
)
USER_ID = re.compile(r"\{\s*([^:{}]*?)\s*:\s*([^{}]*?)\s*\}")
NO_IDS = ("ssn", "social", "email", "mail", "phone", "password", "pin")
"""Types of `userIds` that are taken for no id: what is no number of a student's, or must not be kept."""


def other_ids(identifier: str, user_ids: str, master: str) -> list[tuple[str, str]]:
    """Return (kind, id) of the ids that a user has besides the sourcedId (OneRoster, users.csv, "userIds").

    The kind follows from the type that each is written with, as `{State:9000001}`; a type is any system's own word.
    """
    pairs = [(LOCAL, identifier)] if identifier else []
    for kind, value in USER_ID.findall(user_ids):
        word = kind.casefold()
        if any(part in word for part in NO_IDS) or "@" in value:
            continue
        local = any(part in word for part in ("local", "sis", "district", "student", "school"))
        pairs.append((STATE if "state" in word else LOCAL if local else VENDOR, value))
    if master:
        pairs.append((VENDOR, master))
    return pairs


def writer(reading: Reading, sink: Sink) -> Write:
    """Return what writes one student: pseudonym, identity, names and enrolment, each in its table."""
    pseudonym = reading.sourced
    # A roster tells where students are in its year: the moment of a row's last change may lie years back.
    year = reading.roster_year

    def write(line: int, row: Sequence[str]) -> None:
        local, status, modified, role, org, primary, given, family, middle, own_id, grade, user_ids, master = row
        student = pseudonym(local.replace("\\\\", "\\"))
        gone = status == DELETED
        is_student = gone or role.casefold() == "student" or (not role and grade)
        if role and not is_student:
            return
        at = version(status, modified)
        if gone:
            given = middle = family = own_id = org = primary = grade = values.NULL
        reading.claim(SOURCED, local.replace("\\\\", "\\"), student, line)
        if gone:
            local = values.NULL
        else:
            for kind, other_id in other_ids(own_id, user_ids, master):
                reading.claim(kind, other_id.replace("\\\\", "\\"), student, line)
        if is_student:
            sink.put("student", student, *at)
        sink.put("student_identity", student, local, own_id, *at)
        sink.put("student_name", student, given, middle, family, *at)
        school = primary or org
        if school or grade or gone:
            sink.put("enrolment", student, year, school, grade, *at)

    return write


FORMAT = Format(
    name="oneroster users",
    title="OneRoster users.csv",
    source=SOURCE,
    fields=FIELDS,
    writer=writer,
    marks=frozenset({"sourcedId", "givenName", "familyName", "username"}),
    file_names=frozenset({"users.csv"}),
    student_field="sourcedId",
)
