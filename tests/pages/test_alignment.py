"""What stands in one row stands on one line, in the language whose words are longer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Page

from tests.pages.browsing import WIDTHS, Visitors, resize
from tests.pages.fixtures import Builder, World

pytestmark = pytest.mark.browser
CONTROLS = """() => [...document.querySelectorAll(".pair > .field")].filter(field => field.offsetParent).map(field => {
    const control = field.querySelector(":scope > :is(input:not([type=checkbox]), select, textarea)");
    return {
        group: [...document.querySelectorAll(".pair")].indexOf(field.parentElement), parts: field.children.length,
        field: Math.round(field.getBoundingClientRect().top),
        control: control && Math.round(control.getBoundingClientRect().top),
        name: field.id,
    };
})"""
MIDDLES = """() => [".menu", ".bell", ".who"].map(part => {
    const box = document.querySelector(".bar " + part).getBoundingClientRect();
    return Math.round((box.top + box.bottom) / 2);
})"""

OVER_THEIR_BOXES = """() => [...document.querySelectorAll(".sketch text")].flatMap(text => {
    let box = text.previousElementSibling;
    while (box && box.tagName !== "rect") box = box.previousElementSibling;
    if (!box) return [];
    const words = text.getBBox(), place = box.getBBox();
    return words.x + words.width > place.x + place.width ? [text.textContent.trim()] : [];
})"""


@pytest.fixture
def spanish(page: Page, server: str) -> Iterator[Page]:
    page.context.add_cookies([{"name": settings.LANGUAGE_COOKIE_NAME, "value": "es", "url": server}])
    yield page
    page.context.clear_cookies(name=settings.LANGUAGE_COOKIE_NAME)


@pytest.mark.parametrize("width", WIDTHS)
def test_fields_beside_one_another_are_filled_in_on_one_line(spanish: Page, width: int):
    resize(spanish, width)
    spanish.goto("/districts/new")
    spanish.locator("#advanced > summary").click()
    fields: list[dict[str, Any]] = spanish.evaluate(CONTROLS)
    assert len(fields) > 15
    # More would lie upon one another: the rows are four.
    assert max(field["parts"] for field in fields) <= 4
    lines: dict[tuple[int, int], set[int]] = {}
    for field in fields:
        if field["control"] is not None:
            lines.setdefault((field["group"], field["field"]), set()).add(field["control"])
    assert [line for line, tops in lines.items() if len(tops) > 1] == []
    assert len(lines) < len(fields) or width == WIDTHS[0], "several fields stand in one row"


def test_the_menu_the_bell_and_the_account_stand_on_one_line_of_a_telephone(spanish: Page, visitors: Visitors):
    resize(spanish, WIDTHS[0])
    for address in ("/overview", "/districts/new", "/system"):
        spanish.goto(address)
        middles = spanish.evaluate(MIDDLES)
        assert max(middles) - min(middles) <= 2, address


def test_no_word_runs_over_its_box_in_a_drawing(spanish: Page, builder: Builder):
    for address in ("/districts/new", "/districts/{live}".format(**builder.need(World.USUAL))):
        spanish.goto(address)
        assert spanish.locator(".sketch text").count() > 5
        assert spanish.evaluate(OVER_THEIR_BOXES) == [], address
