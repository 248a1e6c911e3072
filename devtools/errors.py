"""The errors of set-up and demo: each says what is wrong and what to do about it."""

from __future__ import annotations


class DevtoolsError(Exception):
    """Something that set-up or the demo needs is not there, or did not work."""

    def __init__(self, summary: str, *, remedy: str) -> None:
        super().__init__(summary)
        self.summary = summary
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.summary}\n  What to do: {self.remedy}"


class ToolMissingError(DevtoolsError):
    """A tool is neither on the machine nor to be had from where it is published."""


class ServiceFailedError(DevtoolsError):
    """A process of the demo ended or never became ready; the summary carries the end of its log."""
