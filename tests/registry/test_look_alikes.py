"""Names that look like others are told from those that only have letters of their own script."""

from __future__ import annotations

import pytest

from registry.look_alikes import hidden, mixed, skeleton

JOINER, NON_JOINER = "\N{ZERO WIDTH JOINER}", "\N{ZERO WIDTH NON-JOINER}"


@pytest.mark.parametrize(
    "name",
    [
        "Lakeside",
        "St. Mary's — École Élémentaire",
        "Школа",
        f"می{NON_JOINER}خواهم",
        f"क्{JOINER}ष",
    ],
)
def test_what_a_script_needs_is_not_hidden(name: str):
    assert not hidden(name)


@pytest.mark.parametrize(
    "name",
    [
        f"Lake{JOINER}side",
        f"{JOINER}خواهم",
        f"می{NON_JOINER}",
        NON_JOINER,
        "Lake\N{RIGHT-TO-LEFT OVERRIDE}side",
        "Lake\N{NO-BREAK SPACE}side",
        "Lake\N{SOFT HYPHEN}side",
        "Lake\N{VARIATION SELECTOR-16}side",
        "Lake\tside",
    ],
    ids=ascii,
)
def test_what_nobody_sees_is_hidden(name: str):
    assert hidden(name)


@pytest.mark.parametrize(
    ("name", "is_mixed"),
    [
        ("Lakeside", False),
        ("Школа", False),
        ("Lakeside Школа", False),
        ("L\N{CYRILLIC SMALL LETTER A}keside", True),
        ("\N{GREEK CAPITAL LETTER ALPHA}\N{CYRILLIC SMALL LETTER A}", True),
        ("学校A", False),
    ],
    ids=ascii,
)
def test_two_scripts_that_are_drawn_alike_are_mixed_within_a_word_alone(name: str, is_mixed: bool):
    assert mixed(name) is is_mixed


def test_names_that_are_drawn_alike_have_one_skeleton():
    lakeside = skeleton("Lakeside  Schools")
    assert skeleton("L\N{CYRILLIC SMALL LETTER A}k\N{CYRILLIC SMALL LETTER IE}side SCHOOLS") == lakeside
    assert skeleton(f"Lake{JOINER}side Schools ") == lakeside
    assert skeleton("Lakeside School") != lakeside
