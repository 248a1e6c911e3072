"""The base of every enumeration of states: one row holds the stored value, the word, the icon's shape and the tone."""

from __future__ import annotations

from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import pgettext, pgettext_lazy

from messages.message import Sentence
from messages.message import word as in_words


class Badge(StrEnum):
    """A state that pages show: the value is stored, the word is read, icon and tone are drawn."""

    word: Sentence
    """In English: what is stored, logged and answered by the API says this. In a message it is translated with it."""
    icon: str
    tone: str

    def __new__(cls, value: str, word: str = "", icon: str = "", tone: str = "") -> Badge:
        """Make a member out of its row; a call with the value alone finds the member, as enumerations do."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.word, member.icon, member.tone = in_words(word, cls.__name__), icon, tone
        return member

    @property
    def label(self) -> str:
        """The word in the reader's language, as pages show it."""
        return pgettext(type(self).__name__, self.word)

    @classmethod
    def choices(cls) -> list[tuple[str, Promise]]:
        """Return value and word of each, for Django's fields; the word is in the reader's language."""
        return [(member.value, pgettext_lazy(cls.__name__, member.word)) for member in cls]
