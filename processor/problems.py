"""What can be wrong with a file or a row, as values with a code, a sentence and a remedy.

No sentence holds a value of the file: sentences go to logs and pages.
"""

from __future__ import annotations

from dataclasses import dataclass


class FileProblemError(Exception):
    """The file as a whole cannot be read; trying again would end the same."""

    def __init__(self, code: str, sentence: str, remedy: str) -> None:
        super().__init__(sentence)
        self.code, self.sentence, self.remedy = code, sentence, remedy

    def of(self, part: str) -> FileProblemError:
        """Return the same of one part of the upload: a file of an archive, a sheet of a workbook."""
        return FileProblemError(self.code, f"{part}: {self.sentence}", self.remedy)


class ObjectReplacedError(Exception):
    """The object is no longer the one that the message spoke of; its successor has a message of its own."""


class PoisonMessageError(Exception):
    """A message that can never be worked on: it belongs to the dead letters."""

    def __init__(self, code: str, cause: str) -> None:
        super().__init__(cause)
        self.code, self.cause = code, cause


class InvalidValueError(ValueError):
    """A cell that its field does not allow."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


@dataclass(frozen=True)
class RefusedCell:
    """Why a row was refused: one cell of it, or the row as a whole where the field is empty."""

    part: str
    line: int
    field: str
    code: str
    reason: str
    value: str = ""
    student: str = ""
    """The pseudonym of the student whose value this is, where it could be read."""
