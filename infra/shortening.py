"""What fewer days of keeping delete, in a sentence: the same beside a setting, in a rollout's form and of a plan."""

from __future__ import annotations

from collections.abc import Callable

from messages.message import Message, message


def deleted_by(name: str, before: object, after: object) -> Message | None:
    """Return what is lost when the setting of this name goes from one value to another; None where nothing is.

    What is no whole number of days, such as a setting that was never there, shortens nothing.
    """
    if name not in OLDER or not isinstance(before, int) or not isinstance(after, int) or after >= before:
        return None
    return OLDER[name](after)


def _logs(days: int) -> Message:
    if days == 1:
        return message("Logs older than a day are deleted.")
    return message("Logs older than {days} days are deleted.", days=days)


def _backups(days: int) -> Message:
    if days == 1:
        return message("Database backups older than a day are deleted.")
    return message("Database backups older than {days} days are deleted.", days=days)


OLDER: dict[str, Callable[[int], Message]] = {"retention_days": _logs, "backup_days": _backups}
"""By setting, what is deleted when it falls to so many days; each that deletes what is older has its row."""
