"""What the other rooms say, in the language of who reads it.

Sentences of services, workers and the engine are stored, logged and answered by the API in English; they become another
language where a page shows them. A stored sentence is found again by its template, and its values go into that
template's translation. `devtools.messages` collects the templates; what is not among them is shown as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from babel.messages.mofile import read_mo
from django.conf import settings
from django.core.signals import setting_changed
from django.dispatch import receiver
from django.utils.functional import Promise, lazy
from django.utils.safestring import SafeData
from django.utils.translation import get_language, to_locale

StrOrPromise = str | Promise
"""A text, or one that becomes a text in the language of whoever reads it."""

CONTEXT = "said"
"""The messages' context in the catalogue."""

WORDS = (
    *("create", "update", "delete", "replace", "read", "import", "planned", "running", "done", "failed", "canceled"),
    *("info", "warn", "warning", "error", "user", "account", "district", "run", "rollout", "audit", "fleet"),
)
"""Words that are stored and shown alone: acts and states of resources, levels of the log, subjects of the record."""

PLACEHOLDER = re.compile(r"\{([A-Za-z_]\w*)\}")
LONGEST = 4000
MOST_PARTS = 16


@dataclass(frozen=True)
class Template:
    """A sentence with values in it: how it is recognized, and its translation."""

    pattern: re.Pattern[str]
    probe: str
    """The longest piece that is always there: looked for first, since that is quick."""
    translation: str
    literal: int
    """How many characters it has beside its values."""


@dataclass(frozen=True)
class Catalogue:
    """The sentences and words of one language."""

    exact: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)
    templates: tuple[Template, ...] = ()


def said(text: Any) -> Any:
    """Return a sentence or word of another room in the reader's language; markup and unknown texts as they are."""
    plain = str(text)
    language = get_language()
    if language is None or isinstance(plain, SafeData) or not plain or len(plain) > LONGEST:
        return text
    found = _translated(language, plain)
    return text if found == plain else found


said_lazy = lazy(said, str)
"""The same, where a text is written down before anybody reads it: in a form's fields."""


def catalogue(language: str) -> Catalogue:
    """Return what there is of a language; nothing for English, in which all is said."""
    return _catalogue(to_locale(language))


@cache
def _catalogue(locale: str) -> Catalogue:
    exact: dict[str, str] = {}
    words: dict[str, str] = {}
    templates: list[Template] = []
    for root in settings.LOCALE_PATHS:
        path = Path(root) / locale / "LC_MESSAGES" / "django.mo"
        if not path.exists():
            continue
        with path.open("rb") as file:
            messages = [each for each in read_mo(file) if each.context and isinstance(each.id, str)]
        for message in messages:
            source, translation = str(message.id), str(message.string)
            if message.context != CONTEXT:
                words.setdefault(source.lower(), translation)
            elif PLACEHOLDER.search(source):
                templates.append(_template(source, translation))
            else:
                exact[source] = translation
    # The most specific first: of two that fit, the one with more words of its own says what was meant.
    templates.sort(key=lambda each: -each.literal)
    return Catalogue(exact, words, tuple(templates))


def _template(source: str, translation: str) -> Template:
    pieces = PLACEHOLDER.split(source)
    literal, names = pieces[::2], pieces[1::2]
    pattern = re.escape(literal[0])
    for name, piece in zip(names, literal[1:], strict=True):
        pattern += f"(?P<{name}>.*?)" + re.escape(piece)
    return Template(re.compile(pattern, re.DOTALL), max(literal, key=len), translation, sum(map(len, literal)))


@lru_cache(maxsize=4096)
def _translated(language: str, text: str) -> str:
    known = catalogue(language)
    if not (known.exact or known.templates or known.words):
        return text
    whole = _whole(known, text)
    if whole is not None:
        return whole
    word = _word(known, text)
    return word if word is not None else "".join(_pieces(known, text))


def _whole(known: Catalogue, text: str) -> str | None:
    """Translate a text that is one sentence of ours, with the blanks around it; None for any other."""
    bare = text.strip()
    if not bare:
        return None
    lead, tail = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    if bare in known.exact:
        return lead + known.exact[bare] + tail
    for template in known.templates:
        match = template.pattern.fullmatch(bare) if template.probe in bare else None
        if match is not None:
            values = match.groupdict()

            def put(name: re.Match[str], values: dict[str, str] = values) -> str:
                return _value(known, name[1], values[name[1]])

            return lead + PLACEHOLDER.sub(put, template.translation) + tail
    return None


def _word(known: Catalogue, text: str) -> str | None:
    """Translate a word of an enumeration, small where it was small."""
    found = known.exact.get(text) or known.words.get(text.replace("_", " ").lower())
    if found is None:
        return None
    return found[:1].lower() + found[1:] if text[:1].islower() else found


def _value(known: Catalogue, name: str, value: str) -> str:
    """Translate what stands in a sentence where it is a word of an enumeration or a sentence itself."""
    kind = name.rstrip("0123456789")
    if kind.endswith(("word", "role", "needed")):
        return _word(known, value) or value
    if kind.endswith("names"):
        return ", ".join(_word(known, part) or part for part in value.split(", "))
    return (_whole(known, value) if " " in value else None) or value


def _pieces(known: Catalogue, text: str) -> Iterator[str]:
    """Translate several sentences in a row, each as long as one is known; what is between stays."""
    parts = re.split(r"(?<=[.!?])(\s+)", text)
    sentences, gaps = parts[::2], [*parts[1::2], ""]
    if len(sentences) > MOST_PARTS:
        yield text
        return
    at = 0
    while at < len(sentences):
        for end in range(len(sentences), at, -1):
            joined = "".join(sentences[place] + (gaps[place] if place < end - 1 else "") for place in range(at, end))
            found = _whole(known, joined)
            if found is not None:
                yield found + gaps[end - 1]
                at = end
                break
        else:
            yield sentences[at] + gaps[at]
            at += 1


def forget() -> None:
    """Read the catalogues anew when they are asked for next."""
    _catalogue.cache_clear()
    _translated.cache_clear()


@receiver(setting_changed)
def _forget_when_set(*, setting: str, **kwargs: Any) -> None:
    if setting in {"LOCALE_PATHS", "LANGUAGES", "LANGUAGE_CODE"}:
        forget()
