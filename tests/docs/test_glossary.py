"""The glossary's words are words of the code, each once and in order, with a sentence."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest

from devtools.paths import ROOT

ROOMS = ("messages", "portal", "provisioning", "engine", "registry", "processor", "infra")
TEXT = (ROOT / "docs" / "glossary.md").read_text()
ROWS = [
    (word.strip(), meaning.strip())
    for word, meaning in re.findall(r"^\| (.+?) \| (.+?) \|$", TEXT, flags=re.MULTILINE)
    if word != "word"
]


@pytest.fixture(scope="module")
def code() -> str:
    """Return all names and texts of the rooms, in lower case, words of a name apart."""
    paths = [path for room in ROOMS for path in (ROOT / room).rglob("*.py")]
    whole = "\n".join(f"{path.relative_to(ROOT)}\n{path.read_text()}" for path in paths)
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", whole)
    return re.sub(r"[_/\s]+", " ", apart).lower()


@pytest.mark.parametrize("word", [word for word, _ in ROWS])
def test_a_word_is_used(code: str, word: str):
    assert re.search(rf"\b{re.escape(word)}(s|es)?\b", code), f"nothing in the code is called {word}"


def test_each_word_stands_once_with_a_sentence_and_in_order():
    words = [word for word, _ in ROWS]
    assert len(words) == len(set(words)) >= 40
    assert all(meaning[0].isupper() and meaning.endswith(".") for _, meaning in ROWS)
    for part in TEXT.split("\n## ")[1:]:
        terms = [word for word, _ in re.findall(r"^\| (.+?) \| (.+?) \|$", part, flags=re.MULTILINE) if word != "word"]
        assert all(first < second for first, second in pairwise(terms))
