"""What the other rooms say, in the language of who reads it.

Sentences of services, workers and the engine are stored, logged and answered by the API in English; they become another
language where a page shows them. A stored sentence is found again by its template, and its values go into that
template's translation. `devtools.messages` collects the templates; what is not among them is shown as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from babel.messages.mofile import read_mo
from django.conf import settings
from django.core.signals import setting_changed
from django.dispatch import receiver
from django.utils.functional import Promise, lazy
from django.utils.safestring import SafeData
from django.utils.translation import get_language, to_locale

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise as StrOrPromise
else:
    StrOrPromise = str | Promise
"""A text, or one that becomes a text in the language of whoever reads it."""

CONTEXT = "said"
"""The messages' context in the catalogue."""

WORDS = (
    *("create", "update", "delete", "replace", "read", "import", "move", "forget"),
    *("planned", "pending", "running", "done", "failed", "incomplete"),
    *("canceled", "sandbox", "staging", "production"),
    *("info", "warn", "warning", "error", "user", "account", "district", "run", "rollout", "audit", "fleet"),
    *("certificate", "endpoint", "evidence", "calendar", "lifetime", "contract"),
)
"""Words that are stored and shown alone: acts, states, environments, levels, the record's subjects."""

NO_WORDS = {"model", "how a day is written"}
"""Contexts of texts that never stand in a sentence."""

PLACEHOLDER = re.compile(r"\{([A-Za-z_]\w*)\}")
END = re.compile(r"(?<=[.!?])(\s+)")
"""Where a sentence ends and another begins."""
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
    words: frozenset[str]
    """Values that are a word of an enumeration, by their names."""
    last: str
    """The value with which it ends, if it does."""


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
            source, translation, context = str(message.id), str(message.string), _decoded(message.context)
            if context != CONTEXT:
                if context not in NO_WORDS:
                    words.setdefault(source.lower(), translation)
            elif PLACEHOLDER.search(source):
                templates.append(_template(source, translation))
            else:
                exact[source] = translation
                if not source.endswith("."):
                    words.setdefault(source.lower(), translation)
    # The most specific first: of two that fit, the one with more words of its own says what was meant.
    templates.sort(key=lambda each: -each.literal)
    return Catalogue(exact, words, tuple(templates))


def _decoded(context: Any) -> str:
    """Return a context as text: Babel leaves it as it stands in the file."""
    return context.decode() if isinstance(context, bytes) else str(context)


def _template(source: str, translation: str) -> Template:
    pieces = PLACEHOLDER.split(source)
    literal, names = pieces[::2], pieces[1::2]
    words = frozenset(name for name in names if name.rstrip("0123456789").endswith(("word", "role", "needed")))
    pattern = re.escape(literal[0])
    for name, piece in zip(names, literal[1:], strict=True):
        pattern += (f"(?P<{name}>[\\w' -]*)" if name in words else f"(?P<{name}>.*?)") + re.escape(piece)
    return Template(
        re.compile(pattern, re.DOTALL),
        max(literal, key=len),
        translation,
        sum(map(len, literal)),
        words,
        "" if literal[-1] else names[-1],
    )


@lru_cache(maxsize=4096)
def _translated(language: str, text: str) -> str:
    known = catalogue(language)
    if not (known.exact or known.templates or known.words):
        return text
    word = _word(known, text)
    return word if word is not None else "".join(part for part, _ in _sentences(known, text))


def _sentences(known: Catalogue, text: str) -> list[tuple[str, bool]]:
    """Return the sentences of a text, each as long as one is known, with the blanks behind; and which were known."""
    parts = END.split(text)
    sentences, gaps = parts[::2], [*parts[1::2], ""]
    if len(sentences) > MOST_PARTS:
        return [(text, False)]
    found: list[tuple[str, bool]] = []
    at = 0
    while at < len(sentences):
        for end in range(len(sentences), at, -1):
            joined = "".join(sentences[place] + (gaps[place] if place < end - 1 else "") for place in range(at, end))
            whole = _whole(known, joined)
            if whole is not None:
                found.append((whole + gaps[end - 1], True))
                at = end
                break
        else:
            found.append((sentences[at] + gaps[at], not sentences[at].strip()))
            at += 1
    return found


def _whole(known: Catalogue, text: str) -> str | None:
    """Translate a text that is one sentence of ours, with the blanks around it; None for any other."""
    bare = text.strip()
    if not bare:
        return None
    found = known.exact.get(bare)
    for template in known.templates if found is None else ():
        match = template.pattern.fullmatch(bare) if template.probe in bare else None
        values = _values(known, template, match.groupdict()) if match else None
        if values is not None:
            found = PLACEHOLDER.sub(lambda name, values=values: values[name[1]], template.translation)  # type: ignore[misc]
            break
    if found is None:
        return None
    return text[: len(text) - len(text.lstrip())] + found + text[len(text.rstrip()) :]


def _values(known: Catalogue, template: Template, given: Mapping[str, str]) -> dict[str, str] | None:
    """Translate the values of a sentence; None where they show that it is another one, or more than one."""
    found = {}
    for name, value in given.items():
        if name in template.words:
            word = _word(known, value)
            if word is None and value:
                return None
            found[name] = word or value
        elif name.endswith("names"):
            found[name] = ", ".join(_word(known, part) or part for part in value.split(", "))
        else:
            told = _sentences(known, value) if " " in value else [(value, True)]
            # A value goes on over the end of a sentence only where it is the last thing said, or is known itself.
            if END.search(value) and name != template.last and not all(is_known for _, is_known in told):
                return None
            found[name] = "".join(part for part, _ in told)
    return found


def _word(known: Catalogue, text: str) -> str | None:
    """Translate a word of an enumeration, small where it was small."""
    found = known.exact.get(text) or known.words.get(text.replace("_", " ").lower())
    if found is None:
        return None
    return found[:1].lower() + found[1:] if text[:1].islower() else found


def forget() -> None:
    """Read the catalogues anew when they are asked for next."""
    _catalogue.cache_clear()
    _translated.cache_clear()


@receiver(setting_changed)
def _forget_when_set(*, setting: str, **kwargs: Any) -> None:
    if setting in {"LOCALE_PATHS", "LANGUAGES", "LANGUAGE_CODE"}:
        forget()
