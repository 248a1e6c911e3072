"""Messages as they are made, beside what raises, records or shows them.

A message is a string, namely its English sentence, and keeps the template and the values that it was made of. Services,
workers and the engine pass it along like any other string; `registry.messages` stores it with its parts and translates
it for whoever reads. Whatever makes a new string of it (an f-string, a slice) makes plain text, so sentences are put
together here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, SupportsIndex

PLACEHOLDER = re.compile(r"\{([A-Za-z_]\w*)\}")
SAID = "said"
"""The context of sentences in the catalogue of translations; a word's context is its enumeration's name."""

VERBATIM = "verbatim"
"""The code of text that is not ours: a person's, AWS's, Terraform's."""

QUIET = frozenset(
    (
        *("a", "an", "and", "are", "as", "at", "be", "been", "by", "do", "does", "for", "from", "has", "have", "if"),
        *("in", "is", "it", "of", "or", "so", "than", "that", "the", "their", "then", "these"),
        *("they", "this", "those", "to", "was", "were", "which", "who", "with"),
    )
)
"""Words that a code leaves out, unless nothing else is there."""

Value = str | int
"""What stands for a placeholder: text, a number, or another message."""


class Message(str):
    """English text that knows what it was made of."""

    __slots__ = ()

    def __str__(self) -> str:
        """Return itself: `str` of an error that was raised with a message is the message."""
        return self

    def __copy__(self) -> Message:
        return self

    def __deepcopy__(self, memo: Any) -> Message:
        return self

    def strip(self, chars: str | None = None, /) -> str:
        """Return itself where nothing is to be taken off."""
        text = super().strip(chars)
        return self if len(text) == len(self) else text


class Sentence(Message):
    """A template with its values put in; with another context than `SAID` a word of an enumeration."""

    __slots__ = ("context", "is_small", "template", "values")

    template: str
    """The text's id in the catalogue of translations, with `{name}` for each value."""
    values: Mapping[str, Value]
    context: str
    is_small: bool
    """Whether a word stands in the middle of a sentence, in small letters."""

    def __new__(
        cls, template: str, values: Mapping[str, Value] | None = None, context: str = SAID, *, is_small: bool = False
    ) -> Sentence:
        """Make it of its parts; `message` and `word` do so where one is written down."""
        text = filled(template, values or {})
        sentence = super().__new__(cls, text.lower() if is_small else text)
        sentence.template, sentence.values, sentence.context, sentence.is_small = (
            template,
            values or {},
            context,
            is_small,
        )
        return sentence

    def __reduce__(self) -> tuple[Any, ...]:
        return (_sentence, (self.template, dict(self.values), self.context, self.is_small))

    def having(self, values: Mapping[str, object]) -> Sentence:
        """Return the same sentence with these of the values that it has a place for."""
        placeholders = set(PLACEHOLDER.findall(self.template))
        return Sentence(self.template, {name: _value(value) for name, value in values.items() if name in placeholders})

    @property
    def code(self) -> str:
        """Its name for programs; the same as long as its words are."""
        return code_of(self.template)

    def lower(self) -> str:
        """Return a word or term in small letters that is still translated; of a sentence with values plain text."""
        if self.values:
            return super().lower()
        return Sentence(self.template, self.values, self.context, is_small=True)


class Joined(Message):
    """Several messages, one after the other."""

    __slots__ = ("between", "parts")

    parts: tuple[Message, ...]
    between: str

    def __new__(cls, parts: Iterable[Message], between: str = " ") -> Joined:
        """Join messages as they are; `sentences` and `listed` also take other text."""
        messages = tuple(parts)
        joined = super().__new__(cls, between.join(messages))
        joined.parts, joined.between = messages, between
        return joined

    def __reduce__(self) -> tuple[Any, ...]:
        return (Joined, (self.parts, self.between))


class Verbatim(Message):
    """Text that is not ours, and reads the same in every language."""

    __slots__ = ()

    def __reduce__(self) -> tuple[Any, ...]:
        return (Verbatim, (str.__str__(self),))


def message(template: str, /, **values: object) -> Sentence:
    """Return the message of an English template and its values, by the names of its placeholders.

    The template is a literal, since it is collected from the source as gettext's are. A value is shown as it is and
    never read as a template; one that is a message itself is translated with the sentence.
    """
    return Sentence(template, {name: _value(value) for name, value in values.items()})


def term(text: str) -> Sentence:
    """Return a text of a table as a message; `devtools.messages` collects the tables."""
    return text if isinstance(text, Sentence) else Sentence(text)


def word(text: str, context: str = "word") -> Sentence:
    """Return a word of an enumeration as a message, for use as a value."""
    return Sentence(text, context=context)


def verbatim(text: str) -> Message:
    """Return text as a message: what is one already as it is, all else as somebody's own words."""
    return text if isinstance(text, Message) else Verbatim(text)


def sentences(*parts: str) -> Message:
    """Return what several messages say, one after the other; empty ones are left out."""
    return listed(parts, between=" ")


def listed(parts: Iterable[str], *, between: str = ", ") -> Message:
    """Return messages as a list in a sentence; empty ones are left out."""
    messages = [verbatim(part) for part in parts if part]
    return messages[0] if len(messages) == 1 else Joined(messages, between) if messages else Verbatim()


def some_of(texts: Sequence[str], most: int) -> str:
    """Return the first of some names with commas between, and that there are more where there are."""
    return ", ".join(texts[:most]) + (", …" if len(texts) > most else "")


def beside_fields(problems: Mapping[str, Iterable[str]]) -> Message:
    """Return what is wrong with several fields as one message, each behind its field's name."""
    return listed((sentences(f"{field}:", *texts) for field, texts in problems.items()), between="; ")


def filled(template: str, values: Mapping[str, object]) -> str:
    """Put values into a template; what a value says in braces stays as it is."""
    if not values:
        return template
    return PLACEHOLDER.sub(lambda match: str.__str__(str(values.get(match[1], match[0]))), template)


@lru_cache(maxsize=4096)
def code_of(template: str) -> str:
    """Return a template's name for programs: its telling words, in small letters, joined by underscores."""
    words = re.findall(r"[a-z0-9]+", template.lower().replace("'", ""))
    return "_".join([word for word in words if word not in QUIET] or words)


def _value(value: object) -> Value:
    if isinstance(value, bool):
        return str(value)
    return value if isinstance(value, Message | int) else str.__str__(str(value))


def _sentence(template: str, values: Mapping[str, Value], context: str, is_small: SupportsIndex) -> Sentence:
    return Sentence(template, values, context, is_small=bool(is_small))
