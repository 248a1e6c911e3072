"""What set-up, demo and tools may end with: each error says what is wrong and what to do about it."""

from __future__ import annotations


class RemediedError(Exception):
    """Something that is needed is not there, or did not work; it comes with its remedy."""

    def __init__(self, summary: str, *, remedy: str) -> None:
        super().__init__(summary)
        self.summary = summary
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.summary}\n  What to do: {self.remedy}"


class ToolMissingError(RemediedError):
    """A tool is neither on the machine nor to be had from where it is published."""


class ServiceFailedError(RemediedError):
    """A process of the demo ended or never became ready; the summary carries the end of its log."""
