"""What can go wrong with a source: a code, a sentence and what to do; none quotes what a source said."""

from __future__ import annotations


class SourceProblemError(Exception):
    """A source could not be asked, or answered what cannot be used."""

    def __init__(self, code: str, sentence: str, remedy: str) -> None:
        super().__init__(sentence)
        self.code, self.sentence, self.remedy = code, sentence, remedy


class NotOfferedError(Exception):
    """The source does not have a resource; the others are pulled all the same."""


class ForbiddenError(NotOfferedError):
    """The source has a resource, and refuses it to this client."""
