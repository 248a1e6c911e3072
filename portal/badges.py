"""The base of every enumeration of states: one row holds the stored value, the word, the icon's shape and the tone."""

from __future__ import annotations

from enum import StrEnum


class Badge(StrEnum):
    """A state that pages show: the value is stored, the word is read, icon and tone are drawn."""

    word: str
    icon: str
    tone: str

    def __new__(cls, value: str, word: str = "", icon: str = "", tone: str = "") -> Badge:
        """Make a member out of its row; a call with the value alone finds the member, as enumerations do."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.word, member.icon, member.tone = word, icon, tone
        return member

    @classmethod
    def choices(cls) -> list[tuple[str, str]]:
        """Return value and word of each, for Django's fields."""
        return [(member.value, member.word) for member in cls]
