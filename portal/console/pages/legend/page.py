"""The page that lists every badge, and what it means."""

from __future__ import annotations

from portal.console.badges import GROUPS
from registry.labels import LabeledEnum


def legend() -> list[tuple[str, list[tuple[LabeledEnum, str]]]]:
    """Return every group with its states and what they mean."""
    return [(str(title), [(state, str(badge.meaning)) for state, badge in badges.items()]) for title, badges in GROUPS]
