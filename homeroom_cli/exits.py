"""What each exit status says: pipelines decide by it."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """Statuses below 64 tell how a run stands; from 64 on, why a command could not be carried out."""

    SUCCEEDED = 0
    FAILED = 1
    NEEDS_APPROVAL = 2
    CANCELED = 3
    DISCARDED = 4
    STILL_RUNNING = 5
    NOT_GENUINE = 6
    USAGE = 64
    REFUSED = 65
    UNREACHABLE = 69
    NOT_SIGNED_IN = 77


WORDS = {
    Exit.SUCCEEDED: "The run succeeded or had nothing to change; any other command was carried out.",
    Exit.FAILED: "The run failed.",
    Exit.NEEDS_APPROVAL: "The run's plan waits for an approval.",
    Exit.CANCELED: "The run was canceled.",
    Exit.DISCARDED: "The run's plan was discarded.",
    Exit.STILL_RUNNING: "The run had not ended when the time of `--timeout` was over.",
    Exit.NOT_GENUINE: "The certificate or the package of evidence is not genuine, or the audit chain is broken.",
    Exit.USAGE: "The command line was wrong.",
    Exit.REFUSED: "The portal refused the request; the error says what to do.",
    Exit.UNREACHABLE: "The portal did not answer.",
    Exit.NOT_SIGNED_IN: "There is no token, or the portal does not take it.",
}
OF_STATES = {
    "succeeded": Exit.SUCCEEDED,
    "no_changes": Exit.SUCCEEDED,
    "failed": Exit.FAILED,
    "awaiting_approval": Exit.NEEDS_APPROVAL,
    "canceled": Exit.CANCELED,
    "discarded": Exit.DISCARDED,
}
"""The status for each state in which a run is followed no further."""


class CommandError(Exception):
    """A command cannot be carried out: a line that says so, further lines, and the exit status."""

    def __init__(self, status: Exit, sentence: str, more: tuple[str, ...] = ()) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence
        self.more = more
