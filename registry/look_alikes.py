"""Names that look like others: letters nobody sees, such as turn a line round, such as are drawn like another script's.

Source: Unicode Technical Standard 39 ("Unicode Security Mechanisms"), 4 (confusables) and 5.1 (mixed scripts), of which
this holds the letters that are drawn like Latin ones in common typefaces.
"""

from __future__ import annotations

import unicodedata
from functools import cache

UNSEEN = frozenset("\u00ad\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Letters and marks that are drawn as nothing, beside those of the categories below."""
JOINERS = frozenset("\u200c\u200d")
"""Seen by what they do to letters beside them (Persian, Hindi): well between two letters of such a script."""
REFUSED_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
BESIDE_LATIN = ("CYRILLIC", "GREEK", "COPTIC", "ARMENIAN", "CHEROKEE", "LISU")
"""Scripts with letters that are drawn as Latin ones are: never in one word with those."""

# The very letters that a linter warns of.
# ruff: noqa: RUF001
_DRAWN_AS_LATIN = str.maketrans(
    "аеорсухіїјѕԁԛԝһкмнтвгпьАВЕЅІЈКМНОРСТУХЗ" + "αεικνορτυχγωΑΒΕΖΗΙΚΜΝΟΡΤΥΧ" + "օսոհցզ",
    "aeopcyxiijsdqwhkmhtbrnbABESIJKMHOPCTYX3" + "aeiknoptuxywABEZHIKMNOPTYX" + "ouuhgq",
)


def hidden(text: str) -> bool:
    """Return whether a text holds what nobody sees, or what turns the order of its letters round."""
    for at, letter in enumerate(text):
        if letter in JOINERS and _joins(text, at):
            continue
        category = unicodedata.category(letter)
        if category in REFUSED_CATEGORIES or letter in UNSEEN or "VARIATION SELECTOR" in _name(letter):
            return True
        if category == "Zs" and letter != " ":
            return True
    return False


def mixed(text: str) -> bool:
    """Return whether a word has Latin letters beside such of a script that has the same in its own."""
    for word in text.split():
        scripts = {_name(letter).partition(" ")[0] for letter in word if letter.isalpha()}
        if "LATIN" in scripts and scripts.intersection(BESIDE_LATIN):
            return True
        if len(scripts.intersection(BESIDE_LATIN)) > 1:
            return True
    return False


def skeleton(text: str) -> str:
    """Return what is left of a text when letters drawn alike are one letter, and case, accents' writing and gaps go."""
    plain = unicodedata.normalize("NFKC", text).translate(_DRAWN_AS_LATIN).casefold().translate(_DRAWN_AS_LATIN)
    return " ".join("".join(letter for letter in plain if letter not in JOINERS).split())


def _joins(text: str, at: int) -> bool:
    around = text[at - 1 : at] + text[at + 1 : at + 2]
    return len(around) == 2 and all(
        unicodedata.category(letter)[0] in "LM" and ord(letter) > 0x5FF for letter in around
    )


@cache
def _name(letter: str) -> str:
    return unicodedata.name(letter, "")
