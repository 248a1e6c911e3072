"""The pages speak the language of AWS, Terraform and GitHub: words that readers stumbled over do not come back."""

from __future__ import annotations

import re

import pytest

from devtools.messages.sources import Text
from devtools.paths import ROOT

REFUSED = (
    *(r"\btick(ed|s)?\b", r"what is filtered", r"last ten", r"USD a month", r"runs? at work\b", r"plan this change"),
    *(r"workers have been told", r"waits? for a worker", r"show what is new", r"^waits for\b", r"to remove$"),
    *(r"look at first", r"needs consent", r"as much as now", r"undecided", r"you asked for this run yourself"),
    *(r"download all of it", r"in hand\b", r"what will be made", r"suffix of every name", r"before anybody uses"),
    *(r"another look", r"\bway out to the internet", r"issuer of tokens", r"it never changes", r"try the file"),
    *(r"\bstack says\b", r"^aws has$", r"least is at stake", r"as its code is today", r"the chain (holds|is broken)"),
    *(r"signs? of life", r"^promised$", r"parts of a stack", r"badges and keys", r"told apart by", r"of the school$"),
    *(r"had its turn", r"^look again$", r"take away", r"^act$", r"^there$"),
)
"""Regular expressions, read without regard to case."""
OFFICE = ROOT / "processor" / "api" / "templates"


def found_in(words: str) -> list[str]:
    return [pattern for pattern in REFUSED if re.search(pattern, words.strip(), re.IGNORECASE)]


@pytest.mark.parametrize("words", ["Plan what is ticked", "3 runs at work", "The chain holds: 4 events.", "Act"])
def test_a_refused_word_is_seen(words):
    assert found_in(words)


def test_no_page_and_no_message_says_a_refused_word(texts: frozenset[Text]):
    problems = {text.text: matches for text in texts if (matches := found_in(text.text))}
    assert not problems


def test_nor_does_the_data_office():
    problems = {
        f"{template.name}: {words.strip()}": matches
        for template in sorted(OFFICE.glob("*.html"))
        for words in re.findall(r">([^<>{}]+)<", template.read_text())
        if (matches := found_in(words))
    }
    assert not problems
