"""The Spanish catalogue is whole: every text that the portal has now, each with all its forms and values."""

from __future__ import annotations

import ast
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from django.test import override_settings
from django.utils import translation

from devtools.messages import catalogue
from devtools.messages.sources import SPEAKING, Text
from devtools.paths import ROOT
from messages.message import PLACEHOLDER, SAID, code_of, message
from registry.messages.translation import translated

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


def test_it_holds_exactly_the_texts_that_there_are(spanish: Catalog, texts: frozenset[Text]) -> None:
    present = {key(message) for message in spanish if message.id}
    missing, left_over = texts - present, present - texts
    assert not missing, f"{HOW_TO_ADD} Missing: {sorted(missing)}"
    assert not left_over, f"{HOW_TO_ADD} No longer said: {sorted(left_over)}"
    assert not spanish.obsolete


def test_every_text_is_translated_in_all_its_forms(spanish: Catalog) -> None:
    open_ones = [entry.id for entry in catalogue.missing(spanish)]
    assert not open_ones, f"{HOW_TO_ADD} {open_ones}"
    assert not [entry.id for entry in spanish if entry.id and entry.fuzzy]


def test_values_and_markup_are_those_of_the_original(spanish: Catalog) -> None:
    for entry in spanish:
        if not entry.id:
            continue
        ids = entry.id if isinstance(entry.id, tuple) else (str(entry.id),)
        for source, spanish_text in zip(ids, catalogue.strings(entry), strict=True):
            assert Counter(VALUES.findall(spanish_text)).keys() == Counter(VALUES.findall(source)).keys(), source
            assert Counter(TAGS.findall(spanish_text)) == Counter(TAGS.findall(source)), source
            assert '"' not in TAGS.sub("", spanish_text) or '"' in source, (
                f"{source}: write «», which may stand in an attribute"
            )


@pytest.mark.parametrize(
    ("english", "word"),
    [
        (r"\b(teardowns?|(tear|tears|tearing|torn) down)\b", "desmantel"),
        (r"\bdrift", "desv[ií]|drift"),
        (r"\bdigests?\b", "digest"),
    ],
)
def test_one_thing_is_called_by_one_word(spanish: Catalog, english: str, word: str) -> None:
    told = [
        (source, spanish_text)
        for entry in spanish if entry.id
        for source, spanish_text in zip(
            entry.id if isinstance(entry.id, tuple) else (str(entry.id),), catalogue.strings(entry), strict=True
        )
        if re.search(english, source, re.IGNORECASE)
    ]  # fmt: skip
    assert len(told) >= 2
    assert not [pair for pair in told if not re.search(word, pair[1], re.IGNORECASE)]


def test_no_translation_is_the_english_text_by_oversight(spanish: Catalog) -> None:
    """A text of several words that reads the same in both languages was copied."""
    single = [message for message in spanish if isinstance(message.id, str) and message.id == message.string]
    assert not [message.id for message in single if len(re.findall(r"[a-z]{3,}", VALUES.sub("", str(message.id)))) > 2]


def test_the_file_is_what_make_messages_writes_and_has_neither_dates_nor_places(
    spanish: Catalog, texts: frozenset[Text]
) -> None:
    content = PO.read_bytes()
    assert catalogue.written(catalogue.merged(spanish, set(texts), "es"), "es") == content
    assert b"POT-Creation-Date" not in content
    assert b"\n#: " not in content


def test_a_text_that_is_added_is_kept_open_and_one_that_went_is_dropped(
    spanish: Catalog, texts: frozenset[Text]
) -> None:
    added = Text("", "A text that nobody wrote yet")
    merged = catalogue.merged(spanish, {*texts, added} - {Text("", "Districts")}, "es")
    assert [message.id for message in catalogue.missing(merged)] == [added.text]
    assert merged.get("Districts") is None
    assert merged.get("Audit").string == "Auditoría"  # type: ignore[union-attr]


def test_what_is_older_than_its_source_is_compiled_again(tmp_path: Path) -> None:
    folder = tmp_path / "es" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "django.po").write_bytes(PO.read_bytes())
    compiled = catalogue.compile_all(tmp_path)
    assert compiled == [folder / "django.mo"]
    assert catalogue.compile_all(tmp_path) == []
    with override_settings(LOCALE_PATHS=[tmp_path]), translation.override("es"):
        assert translation.gettext("Districts") == "Distritos"
        assert translated(message("A repair brings it back.")) == "Una reparación lo restituye."


def test_each_message_has_a_code_of_its_own(texts: frozenset[Text]) -> None:
    by_code: dict[str, set[str]] = defaultdict(set)
    for entry in texts:
        if entry.context == SAID:
            by_code[code_of(entry.text)].add(entry.text)
    assert {code: some for code, some in by_code.items() if len(some) > 1} == {}
    assert len(by_code) > 1000


def calls() -> Iterator[tuple[str, ast.Call]]:
    """Yield every call of `message` in the rooms, with where it stands."""
    for room in SPEAKING:
        for path in sorted((ROOT / room).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "message":
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", node


def test_a_message_is_a_literal_with_all_its_values_so_that_it_can_be_collected(texts: frozenset[Text]) -> None:
    collected = {entry.text for entry in texts if entry.context == SAID}
    problems = []
    for place, call in calls():
        template = ast.literal_eval(call.args[0]) if isinstance(call.args[0], ast.Constant) else None
        keywords = {keyword.arg for keyword in call.keywords}
        # `**` gives what a function was given; tables of bounds get their values when they are read.
        values = set(PLACEHOLDER.findall(template or ""))
        if template not in collected or (keywords and None not in keywords and keywords != values):
            problems.append(place)
    assert not problems, problems
