"""A language's catalogue: kept in step with the texts, written so that nothing but texts changes, compiled."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from devtools.paths import ROOT

if TYPE_CHECKING:
    from devtools.messages.sources import Text

LOCALE = ROOT / "portal" / "locale"
HEADER = """# {name}. `make messages` keeps the list of texts; people write the translations.
msgid ""
msgstr ""
"Language: {locale}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plural};\\n"

"""
NAMES = {"es": "Spanish of the United States"}
PLURALS = {"es": "nplurals=2; plural=(n != 1)"}


def read(path: Path, locale: str) -> Catalog:
    """Return the catalogue of a file; an empty one where there is none."""
    if not path.exists():
        return Catalog(locale=locale, charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=locale)


def merged(previous: Catalog, texts: Iterable[Text], locale: str) -> Catalog:
    """Return the catalogue of exactly these texts, with the translations that are known of them."""
    catalogue = Catalog(locale=locale, charset="utf-8")
    for entry in sorted(texts):
        key = (entry.text, entry.plural) if entry.plural else entry.text
        old = previous.get(entry.text, entry.context or None)
        translation = old.string if old is not None and bool(old.pluralizable) == bool(entry.plural) else ""
        catalogue.add(key, string=translation or (("", "") if entry.plural else ""), context=entry.context or None)
    return catalogue


def written(catalogue: Catalog, locale: str) -> bytes:
    """Return the file's bytes: no places, no dates, sorted."""
    body = io.BytesIO()
    write_po(body, catalogue, width=120, no_location=True, omit_header=True, sort_output=True)
    return HEADER.format(name=NAMES[locale], locale=locale, plural=PLURALS[locale]).encode() + body.getvalue()


def missing(catalogue: Catalog) -> list[Message]:
    """Return the messages that have no translation, or none for one of their plural forms."""
    return [message for message in catalogue if message.id and not all(strings(message))]


def strings(message: Message) -> tuple[str, ...]:
    """Return a message's translations: one, or one for each plural form."""
    return tuple(message.string) if isinstance(message.string, list | tuple) else (str(message.string),)


def compile_all(root: Path = LOCALE, *, force: bool = False) -> list[Path]:
    """Write the compiled file beside every catalogue that is newer than its own; return what was written."""
    done = []
    for path in sorted(root.glob("*/LC_MESSAGES/django.po")):
        target = path.with_suffix(".mo")
        if force or not target.exists() or target.stat().st_mtime < path.stat().st_mtime:
            catalogue = read(path, path.parts[-3])
            new = target.with_suffix(".new")
            with new.open("wb") as file:
                write_mo(file, catalogue)
            new.replace(target)
            done.append(target)
    return done
