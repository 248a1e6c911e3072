"""OneRoster demographics.csv: gender, and race and ethnicity in the categories of federal reports.

`sex` is male or female in 1.1, or unspecified or other since 1.2, which lets it be extended: that counts as other.

Source of the categories: U.S. Department of Education, guidance on racial and ethnic data, 72 FR 59266 (2007):
whoever is Hispanic is counted as that, whoever names several races as that.
"""

from __future__ import annotations

from collections.abc import Sequence

from processor.formats import ids, values
from processor.formats.base import DELETED, Field, Format, Reading, Sink, Write, fixed
from processor.formats.oneroster import HEAD, SOURCE, version

RACES = {
    "americanIndianOrAlaskaNative": "American Indian or Alaska Native",
    "asian": "Asian",
    "blackOrAfricanAmerican": "Black or African American",
    "nativeHawaiianOrOtherPacificIslander": "Native Hawaiian or Other Pacific Islander",
    "white": "White",
}
HISPANIC, SEVERAL = "Hispanic or Latino", "Two or more races"
GENDERS = ("male", "female", "unspecified", "other")
LETTERS = {"m": "male", "f": "female", "u": "unspecified", "x": "other"}
"""What systems write that keep a letter."""

gender = values.choice(GENDERS, others=LETTERS)
FIELDS = (
    Field("sourcedId", fixed(ids.copyable), required=True, of_deleted=True, verbatim=True),
    *HEAD[1:],
    Field(
        "sex", fixed(values.remembered(lambda cell: "other" if cell.startswith("ext:") else gender(cell))), part=True
    ),
    *(Field(name, fixed(values.flag), part=True) for name in RACES),
    Field("demographicRaceTwoOrMoreRaces", fixed(values.flag), part=True),
    Field("hispanicOrLatinoEthnicity", fixed(values.flag), part=True),
)


def ethnicity(races: list[str], several: str, hispanic: str) -> str:
    """Return the category that counts; nothing where no race was named."""
    named = [word for word, flag in zip(RACES.values(), races, strict=True) if flag == "true"]
    if hispanic == "true":
        return HISPANIC
    if several == "true" or len(named) > 1:
        return SEVERAL
    return named[0] if named else values.NULL


def writer(reading: Reading, sink: Sink) -> Write:
    """Return what writes one student's subgroups; the row's id is the student's."""
    pseudonym = reading.sourced

    def write(line: int, row: Sequence[str]) -> None:
        local, status, modified, sex, *races, several, hispanic = row
        student = pseudonym(local.replace("\\\\", "\\"))
        payload = [sex, ethnicity(races, several, hispanic)]
        if status == DELETED:
            payload = [values.NULL] * 2
        sink.put("student_subgroup", student, *payload, *[values.NULL] * 3, *version(status, modified))

    return write


FORMAT = Format(
    name="oneroster demographics",
    title="OneRoster demographics.csv",
    source=SOURCE,
    fields=FIELDS,
    writer=writer,
    marks=frozenset({"sourcedId", "hispanicOrLatinoEthnicity"}),
    file_names=frozenset({"demographics.csv"}),
    student_field="sourcedId",
)
