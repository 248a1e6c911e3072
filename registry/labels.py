"""The base of every enumeration of states: a member is the stored value and the word by which people know it."""

from __future__ import annotations

from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import pgettext, pgettext_lazy

from messages.message import Sentence
from messages.message import word as in_words


class LabeledEnum(StrEnum):
    """A state with its word: the value is stored, the word is read. How it looks, the pages say."""

    word: Sentence
    """In English: what is stored, logged and answered by the API says this. In a message it is translated with it."""

    def __new__(cls, value: str, word: str = "") -> LabeledEnum:
        """Make a member out of its row; a call with the value alone finds the member, as enumerations do."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.word = in_words(word, cls.__name__)
        return member

    @property
    def label(self) -> str:
        """The word in the reader's language, as pages show it."""
        return pgettext(type(self).__name__, self.word)

    @classmethod
    def choices(cls) -> list[tuple[str, Promise]]:
        """Return value and word of each, for Django's fields; the word is in the reader's language."""
        return [(member.value, pgettext_lazy(cls.__name__, member.word)) for member in cls]
