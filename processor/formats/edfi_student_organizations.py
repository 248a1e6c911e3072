"""Ed-Fi StudentEducationOrganizationAssociation: since Data Standard 3 the place of a student's ids, and of subgroups.

An association is with the district or with a school; what several say of one student is merged like other rows. A
deletion ends the association alone: what was known of the student stays.
"""

from __future__ import annotations

from typing import Any

from processor.formats import ids, values
from processor.formats.base import Field, Format, Reading, RowRefusedError, Sink, fixed, modified
from processor.formats.edfi import SOURCE, descriptor, listed
from processor.formats.edfi_methods import holds, plainly
from processor.formats.edfi_students import claim_codes
from processor.formats.oneroster_demographics import ethnicity

OTHERS = ("assessmentReference", "programReference", "responsibilityDescriptor", "cohortReference", "courseReference",
          "incidentReference", "gradingPeriodReference", "staffReference")  # fmt: skip
"""Keys of resources that are about a student and an organization too, and say something else."""
RACE_WORDS = (("american indian", "alaska", "native american"), ("asian",), ("black", "african"),
              ("hawaiian", "pacific"), ("white",))  # fmt: skip
"""What a descriptor of race holds, in the order of OneRoster's races; districts and states have their own."""
SEVERAL_RACES = ("two or more", "multiracial", "multi racial", "multiple")
NO_LEARNER = ("not", "non", "former", "formerly", "fluent", "exited", "monitored", "reclassified", "never")
LEARNER = ("limited", "learner", "lep", "el", "ell", "emergent")
POOR = ("economic", "economically", "free", "reduced", "low income", "direct certification")


def sex(cell: str) -> str:
    """Read a descriptor of sex; others than these say nothing."""
    words = plainly(descriptor(cell))
    return (
        words if words in ("female", "male") else "other" if words in ("nonbinary", "non binary", "x") else values.NULL
    )


def learner(cell: str) -> str:
    """Read a descriptor of limited English proficiency as yes or no; others say nothing."""
    words = plainly(descriptor(cell))
    if holds(words, NO_LEARNER) or words.startswith(("notlimited", "nonlimited")):
        return "false"
    return "true" if holds(words, LEARNER) else values.NULL


FIELDS = (
    Field("studentReference.studentUniqueId", fixed(ids.copyable), required=True, of_deleted=True),
    Field("educationOrganizationReference.educationOrganizationId", fixed(values.identifier), required=True),
    Field("sexDescriptor", fixed(values.remembered(sex)), part=True),
    Field("hispanicLatinoEthnicity", fixed(values.flag), part=True),
    Field("limitedEnglishProficiencyDescriptor", fixed(values.remembered(learner)), part=True),
    Field("_lastModifiedDate", modified(), of_deleted=True, part=True),
)


def ethnicity_of(item: dict[str, Any], hispanic: str) -> str:
    """Return the category of federal reports that counts; nothing where no race is told that is known."""
    words = [plainly(descriptor(entry.get("raceDescriptor"))) for entry in listed(item, "races")]
    races = ["true" if any(holds(word, parts) for word in words) else "" for parts in RACE_WORDS]
    several = "true" if any(holds(word, SEVERAL_RACES) for word in words) else ""
    return ethnicity(races, several, hispanic)


def _goes_on(entry: dict[str, Any], today: str) -> bool:
    """Return whether a characteristic counts now: none of its periods is told, or one has not ended."""
    periods = listed(entry, "periods") or [entry]
    return any(not period.get("endDate") or str(period["endDate"]) >= today for period in periods)


def poverty(item: dict[str, Any], today: str) -> str:
    """Return yes where a student's characteristics have economic disadvantage; without it they say nothing."""
    answers = [
        plainly(descriptor(entry.get("studentCharacteristicDescriptor")))
        for entry in listed(item, "studentCharacteristics")
        if _goes_on(entry, today)
    ]
    return "true" if any(holds(word, POOR) for word in answers) else values.NULL


def write(reading: Reading, sink: Sink, line: int, row: list[str], item: dict[str, Any]) -> None:
    """Write what one association says of a student: ids and subgroups."""
    local, _, gender, hispanic, english_learner, modified_at = row
    if "keyValues" in item:
        return
    if other := next((key for key in OTHERS if key in item), ""):
        raise RowRefusedError(other, "unknown_format", "The object is of no kind that is read.")
    student = reading.numbered(local.replace("\\\\", "\\"))
    claim_codes(reading, item, student, line)
    sink.put("student", student, modified_at, "f")
    sink.put("student_identity", student, local, values.NULL, modified_at, "f")
    disability = "true" if listed(item, "disabilities") else values.NULL
    groups = (gender, ethnicity_of(item, hispanic), poverty(item, reading.when[:10]), english_learner, disability)
    if any(groups):
        sink.put("student_subgroup", student, *groups, modified_at, "f")


FORMAT = Format(
    name="ed-fi student education organization association",
    title="Ed-Fi StudentEducationOrganizationAssociation",
    source=SOURCE,
    fields=FIELDS,
    object_writer=write,
    marks=frozenset({"studentReference", "educationOrganizationReference"}),
    is_json=True,
    student_field="studentReference.studentUniqueId",
)
