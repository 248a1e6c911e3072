"""OneRoster 1.2 resultLearningObjectiveIds.csv: a result's scores by learning objective.

A result and its scores by objective are stored and replaced together, so that these are kept until the result's own row
is read: in an archive this file is read before results.csv. A score whose result is not in the same upload is refused.
"""

from __future__ import annotations

from collections.abc import Sequence

from processor.formats import values
from processor.formats.base import DELETED, Field, Format, Reading, RowRefusedError, Sink, Write, fixed
from processor.formats.oneroster import HEAD, SOURCE
from processor.problems import FileProblemError

FIELDS = (
    *HEAD,
    Field("resultSourcedId", fixed(values.identifier), required=True),
    Field("learningObjectiveId", fixed(values.remembered(values.identifier)), required=True),
    Field("score", fixed(values.number())),
    Field("textScore", fixed(values.remembered(values.text()))),
)
MOST = 500_000
"""So many scores wait for their results, in some 100 MB."""


def writer(reading: Reading, sink: Sink) -> Write:
    """Return what keeps one score by objective until its result comes."""
    objectives = reading.objectives

    def write(line: int, row: Sequence[str]) -> None:
        _, status, _, result, code, score, level = row
        if status == DELETED:
            return
        if not score and not level:
            raise RowRefusedError("score", "missing", "A score by objective needs a number or a word.")
        if len(objectives) >= MOST:
            raise FileProblemError(
                "too_many_objectives",
                f"The archive has more than {MOST:,} scores by learning objective.",
                "Send it in several archives, each with its results.",
            )
        if any(code == existing for existing, *_ in objectives.get(result, ())):
            raise RowRefusedError(
                "learningObjectiveId", "duplicate_id", "The result has a score by this objective already."
            )
        objectives.setdefault(result, []).append((code, score, level, line))

    return write


FORMAT = Format(
    name="oneroster resultLearningObjectiveIds",
    title="OneRoster resultLearningObjectiveIds.csv",
    source=SOURCE,
    fields=FIELDS,
    writer=writer,
    marks=frozenset({"sourcedId", "resultSourcedId", "learningObjectiveId"}),
    file_names=frozenset({"resultLearningObjectiveIds.csv"}),
)
