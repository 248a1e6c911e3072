"""A language made of brackets: every text of the portal and of Django in ⟦⟧, so that what is not translated is seen."""

from __future__ import annotations

import io
import re
from html.parser import HTMLParser
from pathlib import Path

import django
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from devtools.messages.catalogue import LOCALE, read

CODE = "en-xa"
"""The usual name of a pseudo-language; Django has no texts of its own for it."""

DATA_TAGS = {"code", "kbd", "pre", "bdi", "script", "style", "textarea", "svg-defs"}
DATA_CLASSES = {"mono", "log"}
SHOWN = ("aria-label", "title", "placeholder", "alt", "data-label", "data-say", "data-copied")
VOID = {"input", "meta", "link", "img", "br", "hr", "use", "path", "rect", "line", "circle", "marker"}
MOMENT = r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d)?)?"
NUMBER = re.compile(rf"{MOMENT}|\b\d+ (s|min|h)\b|[\W\d_]")
"""What is written alike in every language: moments, lengths of time, numbers and signs."""


def write(root: Path) -> Path:
    """Write the language's catalogue below a folder, which becomes a LOCALE_PATH; return the folder."""
    catalog = Catalog(locale="en", charset="utf-8")
    for source in (*_of_django(), read(LOCALE / "es" / "LC_MESSAGES" / "django.po", "es")):
        for message in source:
            if message.id and catalog.get(message.id, message.context) is None:
                catalog.add(message.id, string=_bracketed(message), context=message.context)
    path = root / "en_XA" / "LC_MESSAGES" / "django.mo"
    path.parent.mkdir(parents=True)
    with path.open("wb") as file:
        write_mo(file, catalog)
    return root


def _of_django() -> list[Catalog]:
    root = Path(django.__file__).parent
    folders = [root / "conf", *(root / "contrib" / app for app in ("admin", "auth", "humanize", "postgres"))]
    files = [path / "locale" / "en" / "LC_MESSAGES" / "django.po" for path in folders]
    return [read_po(io.BytesIO(path.read_bytes()), locale="en") for path in files]


def _bracketed(message: Message) -> str | tuple[str, ...]:
    if isinstance(message.id, tuple):
        return tuple(f"⟦{text}⟧" for text in message.id)
    # How a date is written is no text: brackets in it would be shown beside each.
    is_format = message.context == "how a day is written" or str(message.id).isupper()
    return str(message.id) if is_format else f"⟦{message.id}⟧"


class _Reader(HTMLParser):
    """Collects what people read outside of the brackets."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.depth = 0
        self.option = ""
        self.stack: list[tuple[str, bool]] = []
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        for name in SHOWN:
            self._attribute(attributes.get(name) or "")
        if tag == "input" and attributes.get("type") in {"submit", "button"}:
            self._attribute(attributes.get("value") or "")
        if tag == "option":
            # A choice that shows what it stores shows data: a state's code, a time zone, a region.
            self.option = attributes.get("value") or ""
        if tag in VOID:
            return
        classes = set((attributes.get("class") or "").split())
        is_data = tag in DATA_TAGS or bool(classes & DATA_CLASSES) or ("lang" in attributes and tag != "html")
        self.stack.append((tag, is_data or (bool(self.stack) and self.stack[-1][1])))

    def handle_endtag(self, tag: str) -> None:
        while self.stack and self.stack.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self.stack and (self.stack[-1][1] or (self.stack[-1][0] == "option" and data == self.option)):
            return
        outside = "".join(self._outside(data))
        self.found.extend(part.strip() for part in outside.split("\n") if part.strip())

    def _attribute(self, value: str) -> None:
        depth, self.depth = self.depth, 0
        self.found.extend(part for part in ["".join(self._outside(value)).strip()] if part)
        self.depth = depth

    def _outside(self, text: str) -> list[str]:
        visible = []
        for letter in text:
            self.depth += (letter == "⟦") - (letter == "⟧")
            visible.append(letter if self.depth == 0 and letter != "⟧" else "\n" if letter in "⟦⟧" else "")
        return visible


def untranslated(page: str, data: set[str]) -> list[str]:
    """Return what a page shows outside of the brackets and that is neither a number nor one of these data."""
    reader = _Reader()
    reader.feed(page)
    values = sorted(data, key=len, reverse=True)
    left = []
    for text in reader.found:
        rest = NUMBER.sub(lambda match: " " if match[0][0].isdigit() and len(match[0]) > 1 else match[0], text)
        for value in values:
            rest = rest.replace(value, " ")
        if NUMBER.sub("", rest):
            left.append(text)
    return left
