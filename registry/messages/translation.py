"""Messages in the language of who reads them, by gettext.

The template of a message is its id in the catalogue; the values go into the template's translation, messages among them
translated first. Text that is no message stays as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.functional import Promise, lazy
from django.utils.translation import pgettext

from messages.message import Joined, Sentence, filled, term

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise as StrOrPromise
else:
    StrOrPromise = str | Promise
"""A text, or one that becomes a text in the language of whoever reads it."""

WORD = "word"
"""The context of words that are stored and shown alone."""


def translated(text: Any) -> Any:
    """Return a message in the reader's language; whatever is no message as it is."""
    if isinstance(text, Sentence):
        template = pgettext(text.context, text.template)
        if text.is_small:
            template = template[:1].lower() + template[1:]
        return filled(template, {name: translated(value) for name, value in text.values.items()})
    if isinstance(text, Joined):
        return text.between.join(translated(part) for part in text.parts)
    return text


translated_lazy = lazy(translated, str)
"""The same, where a text is written down before anybody reads it: in a form's fields."""


def translated_term(text: str) -> Any:
    """Return the name of something out of a table, such as a tier or a check, in the reader's language."""
    return translated(term(text))


def translated_word(text: Any) -> Any:
    """Return one of the words that are stored alone, such as an environment's, in the reader's language."""
    return pgettext(WORD, str(text)) if text else text
