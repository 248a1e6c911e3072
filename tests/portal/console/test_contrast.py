"""The design tokens' contrast, computed out of the style sheets as they are served, in both themes.

WCAG 2.2: 4.5:1 for text (1.4.3), 3:1 for what shows a part of the page or its state (1.4.11).
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.contrib import admin
from django.contrib.staticfiles import finders

from devtools.paths import ROOT

TEXT, PART = 4.5, 3.0
THEMES = ("light", "dark")
GROUNDS = ("surface", "ground")
WRITTEN = ("ink", "quiet", "brand", "gray", "blue", "purple", "green", "yellow", "orange", "red")
DRAWN = ("focus", "brand", "quiet", "green", "blue", "yellow", "red")
"""What outlines a focus, a field, a step of a run, a part of the diagram."""


def sheet(name: str) -> str:
    path = finders.find(name)
    assert isinstance(path, str), name
    return Path(path).read_text()


def tokens(css: str) -> dict[str, tuple[str, str]]:
    """Return each token's colours in the light and the dark theme."""
    matches = re.findall(r"--(?:hr-)?([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)", css)
    return {name: (light, dark) for name, light, dark in matches}


def luminance(colour: str) -> float:
    """Return the relative luminance (WCAG 2.2, "relative luminance")."""
    digits = colour.removeprefix("#")
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    lighter, darker = sorted((luminance(first), luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


OFFICE = ROOT / "processor" / "api" / "static"
CONSOLE = tokens(sheet("console/tokens.css"))
ADMIN = ("brand", "gray", "blue", "green", "yellow", "red")
"""What the admin writes with the console's tokens."""


def test_the_measure_is_the_standards():
    assert contrast("#000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("ground", GROUNDS)
def test_whatever_is_written_can_be_read(theme, ground):
    place = THEMES.index(theme)
    poor = {
        name: round(contrast(CONSOLE[name][place], CONSOLE[ground][place]), 2)
        for name in WRITTEN
        if contrast(CONSOLE[name][place], CONSOLE[ground][place]) < TEXT
    }
    assert not poor


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("ground", GROUNDS)
def test_whatever_is_drawn_can_be_seen(theme, ground):
    place = THEMES.index(theme)
    poor = {
        name: round(contrast(CONSOLE[name][place], CONSOLE[ground][place]), 2)
        for name in DRAWN
        if contrast(CONSOLE[name][place], CONSOLE[ground][place]) < PART
    }
    assert not poor


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("tone", ["gray", "blue", "green", "yellow", "red"])
def test_a_solid_badge_can_be_read(theme, tone):
    place = THEMES.index(theme)
    assert contrast(CONSOLE["surface"][place], CONSOLE[tone][place]) >= TEXT


@pytest.mark.parametrize("name", ["tokens.css", "vendor/inter-latin.woff2", "vendor/inter.LICENSE.txt"])
def test_the_data_office_has_the_consoles_own_tokens_and_face(name):
    served = finders.find(f"console/{name}")
    assert isinstance(served, str)
    assert (OFFICE / name).read_bytes() == Path(served).read_bytes(), f"Copy {served} into {OFFICE}: the image has it."


def test_the_data_office_has_no_colour_and_no_token_of_its_own():
    office = re.sub(r"svg \.level-\d \{[^}]*\}", "", (OFFICE / "office.css").read_text())
    assert re.findall(r"#[0-9a-f]{3,6}\b|rgb\(|light-dark", office) == [], "but the scale of levels"
    known = re.findall(r"(--[\w-]+):", sheet("console/tokens.css"))
    assert set(re.findall(r"var\((--[\w-]+)", office)) <= set(known)


@pytest.mark.parametrize("theme", THEMES)
def test_a_meters_filling_is_told_from_its_groove(theme):
    place = THEMES.index(theme)
    assert contrast(CONSOLE["brand"][place], CONSOLE["line"][place]) >= PART


def test_every_button_with_colours_of_its_own_can_be_read():
    buttons = re.findall(r"(\.btn-[\w:-]+) \{([^}]*)\}", sheet("console/base.css"))
    painted = {}
    for name, rules in buttons:
        ground = re.search(r"(?:^|[ ;])background: (#[0-9a-f]{3,6})", rules)
        ink = re.search(r"(?:^|[ ;])color: (#[0-9a-f]{3,6})", rules)
        if ground and ink:
            painted[name] = contrast(ink[1], ground[1])
    assert set(painted) >= {".btn-primary", ".btn-danger", ".btn-primary:hover", ".btn-danger:hover"}
    assert min(painted.values()) >= TEXT, painted


def test_the_admins_tokens_can_be_read_on_its_own_grounds():
    css = (Path(admin.__file__).parent / "static/admin/css/base.css").read_text()
    dark = (Path(admin.__file__).parent / "static/admin/css/dark_mode.css").read_text()
    for place, (theme, text) in enumerate((("light", css), ("dark", dark))):
        for ground in ("body-bg", "darkened-bg"):
            match = re.search(rf"--{ground}: (#[0-9a-f]{{3,6}})", text)
            assert match is not None
            poor = {
                name: round(contrast(CONSOLE[name][place], match[1]), 2)
                for name in ADMIN
                if contrast(CONSOLE[name][place], match[1]) < TEXT
            }
            assert not poor, (theme, ground, match[1])
