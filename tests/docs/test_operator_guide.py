"""The operator's guide speaks of what is there: its pictures, its pages, and every word that it says is on one."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest
from django.urls import resolve

from devtools.paths import ROOT

GUIDE = (ROOT / "docs" / "operator-guide.md").read_text()
IMAGES = ROOT / "docs" / "images"
ROOMS = ("portal", "provisioning", "registry")
MOST_BYTES = 3_000_000
SMALLEST = (1280, 800)

LABELS = sorted({" ".join(label.split()) for label in re.findall(r"\*\*(.+?)\*\*", GUIDE, re.DOTALL)} - {"bold"})
SHOWN = sorted(set(re.findall(r"\]\(images/([\w-]+\.png)\)", GUIDE)))


def said() -> str:
    """Return all that pages can say: templates, and the code's own words."""
    paths: list[Path] = []
    for room in ROOMS:
        paths += [*(ROOT / room).rglob("*.html"), *(ROOT / room).rglob("*.py")]
    return " ".join(unescape(path.read_text()) for path in paths)


SAID = re.sub(r"\s+", " ", said())


@pytest.mark.parametrize("label", LABELS)
def test_every_word_in_bold_stands_on_a_page(label):
    assert re.search(rf"[\"'>}}] ?{re.escape(label)}[\"'<{{]", SAID), f"no page says {label}"


@pytest.mark.parametrize("name", SHOWN)
def test_every_picture_is_there_and_of_the_size_of_a_window(name):
    head = (IMAGES / name).read_bytes()[:24]
    assert head.startswith(b"\x89PNG")
    assert (int.from_bytes(head[16:20]), int.from_bytes(head[20:24])) == SMALLEST


def test_every_picture_is_taken_by_the_walk_and_shown_in_the_guide():
    walk = (ROOT / "devtools" / "screenshots" / "walk.py").read_text()
    taken = {f"{name}.png" for name in re.findall(r"\.take\(\w+, \"([\w-]+)\"", walk)}
    assert taken == set(SHOWN) == {path.name for path in IMAGES.glob("*.png")}


def test_the_pictures_together_are_small():
    assert sum(path.stat().st_size for path in IMAGES.iterdir()) < MOST_BYTES


def test_every_address_leads_to_a_page():
    for address in re.findall(r"`(/[a-z-]+)`", GUIDE):
        assert resolve(address)


def test_the_contents_lead_to_headings():
    headings = {
        re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in re.findall(r"^## (.+)$", GUIDE, re.M)
    }
    assert set(re.findall(r"\]\(#([\w-]+)\)", GUIDE)) == headings


def test_the_readme_leads_here_and_shows_a_picture():
    readme = (ROOT / "README.md").read_text()
    assert "docs/operator-guide.md" in readme
    assert {Path(path).name for path in re.findall(r"\]\((docs/images/[\w-]+\.png)\)", readme)} <= set(SHOWN)
