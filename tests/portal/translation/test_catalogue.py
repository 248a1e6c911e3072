"""The Spanish catalogue is whole: every text that the portal has now, each with all its forms and values."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from django.test import override_settings
from django.utils import translation

from devtools.messages import catalogue
from devtools.messages.sentences import sentences
from devtools.messages.sources import Text, texts
from registry.texts import catalogue as read_by_the_portal
from registry.texts import forget

PO = catalogue.LOCALE / "es" / "LC_MESSAGES" / "django.po"
VALUES = re.compile(r"%\(\w+\)[sd]|\{[A-Za-z_]\w*\}")
TAGS = re.compile(r"</?[a-z]+[^>]*>")
HOW_TO_ADD = (
    "Call `make messages` and write the translations that it names into portal/locale/es/LC_MESSAGES/django.po."
)


@pytest.fixture(scope="module")
def spanish() -> Catalog:
    return catalogue.read(PO, "es")


def key(message: Message) -> Text:
    ids = message.id if isinstance(message.id, tuple) else (message.id,)
    return Text(message.context or "", *ids)


def test_it_holds_exactly_the_texts_that_there_are(spanish: Catalog) -> None:
    held = {key(message) for message in spanish if message.id}
    missing, left_over = texts() - held, held - texts()
    assert not missing, f"{HOW_TO_ADD} Missing: {sorted(missing)}"
    assert not left_over, f"{HOW_TO_ADD} No longer said: {sorted(left_over)}"
    assert not spanish.obsolete


def test_every_text_is_translated_in_all_its_forms(spanish: Catalog) -> None:
    open_ones = [message.id for message in catalogue.missing(spanish)]
    assert not open_ones, f"{HOW_TO_ADD} {open_ones}"
    assert not [message.id for message in spanish if message.id and message.fuzzy]


def test_values_and_markup_are_those_of_the_original(spanish: Catalog) -> None:
    for message in spanish:
        if not message.id:
            continue
        ids = message.id if isinstance(message.id, tuple) else (str(message.id),)
        for source, told in zip(ids, catalogue.strings(message), strict=True):
            assert Counter(VALUES.findall(told)).keys() == Counter(VALUES.findall(source)).keys(), source
            assert Counter(TAGS.findall(told)) == Counter(TAGS.findall(source)), source
            assert '"' not in TAGS.sub("", told) or '"' in source, (
                f"{source}: write «», which may stand in an attribute"
            )


def test_no_translation_is_the_english_text_by_oversight(spanish: Catalog) -> None:
    """A text of several words that reads the same in both languages was copied."""
    single = [message for message in spanish if isinstance(message.id, str) and message.id == message.string]
    assert not [message.id for message in single if len(re.findall(r"[a-z]{3,}", str(message.id))) > 2]


def test_the_file_is_what_make_messages_writes_and_has_neither_dates_nor_places(spanish: Catalog) -> None:
    content = PO.read_bytes()
    assert catalogue.written(catalogue.merged(spanish, texts(), "es"), "es") == content
    assert b"POT-Creation-Date" not in content
    assert b"\n#: " not in content


def test_a_text_that_is_added_is_kept_open_and_one_that_went_is_dropped(spanish: Catalog) -> None:
    added = Text("", "A text that nobody wrote yet")
    merged = catalogue.merged(spanish, {*texts(), added} - {Text("", "Districts")}, "es")
    assert [message.id for message in catalogue.missing(merged)] == [added.text]
    assert merged.get("Districts") is None
    assert merged.get("Audit").string == "Auditoría"  # type: ignore[union-attr]


def test_what_is_older_than_its_source_is_compiled_again(tmp_path: Path) -> None:
    folder = tmp_path / "es" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "django.po").write_bytes(PO.read_bytes())
    made = catalogue.compile_all(tmp_path)
    assert made == [folder / "django.mo"]
    assert catalogue.compile_all(tmp_path) == []
    with override_settings(LOCALE_PATHS=[tmp_path]), translation.override("es"):
        assert translation.gettext("Districts") == "Distritos"
        assert read_by_the_portal("es").exact["A repair brings it back."] == "Una reparación lo restituye."
    forget()


def test_sentences_are_found_with_their_choices_told_apart(tmp_path: Path) -> None:
    module = tmp_path / "room.py"
    module.write_text(
        '"""A docstring that nobody reads on a page."""\n'
        "def say(name, count, log):\n"
        "    log.warning('This goes to the log only.')\n"
        "    if not name:\n"
        "        raise ValueError('This is for programmers only.')\n"
        "    return f\"{name.word.lower()} has {count} resource{'' if count == 1 else 's'}.\"\n"
    )
    assert sentences([module]) == ["{name_word} has {count} resource.", "{name_word} has {count} resources."]
