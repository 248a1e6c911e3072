"""What stands in one row stands on one line, in the language whose words are longer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from tests.builders import an_account
from tests.pages.browsing import WIDTHS, Visitors, resize
from tests.pages.checks import overflows, sideways
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


CUT = """() => [...document.querySelectorAll(".sketch rect")].filter(part => {
    const box = part.getBoundingClientRect(), figure = part.closest("figure").getBoundingClientRect();
    return box.width === 0 || box.left < figure.left || box.right > figure.right;
}).length"""
SMALLEST = """() => Math.min(...[...document.querySelectorAll(".sketch text")].map(text => {
    const drawing = text.ownerSVGElement, size = parseFloat(getComputedStyle(text).fontSize);
    return size * drawing.getBoundingClientRect().width / drawing.viewBox.baseVal.width;
}))"""


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


def test_the_drawing_of_what_is_registered_is_whole_and_can_be_read(page: Page):
    an_account()
    for width in (1024, 1280, 1600):
        resize(page, width)
        page.goto("/districts/new")
        assert page.locator(".sketch rect").count() > 10
        assert page.evaluate(CUT) == 0, f"at {width} px"
        assert page.evaluate(SMALLEST) >= 9, f"at {width} px"
        page.locator("#advanced > summary").click()
        page.get_by_label("Internet egress").select_option("none")
        expect(page.locator(".sketch", has_text="NAT gateways")).to_have_count(0)
        assert page.evaluate(CUT) == 0, "it follows what is chosen"
    resize(page, WIDTHS[0])
    expect(page.locator(".sketch")).to_be_hidden()
    assert overflows(page) == []


TEXTS = """cell => {
    const walk = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT), lines = [];
    for (let node = walk.nextNode(); node; node = walk.nextNode()) {
        if (!node.textContent.trim() || node.parentElement.closest("progress, .visually-hidden")) continue;
        const range = document.createRange();
        range.selectNodeContents(node);
        lines.push(Math.round(range.getBoundingClientRect().bottom));
    }
    return lines;
}"""
BEGINNINGS = """() => [...document.querySelectorAll(".panel > h2 + table.list")].map(table => {
    const range = document.createRange(), first = table.querySelector("thead th");
    range.selectNodeContents(first);
    const heading = table.previousElementSibling.getBoundingClientRect().left;
    return Math.round(range.getBoundingClientRect().left - heading);
})"""


def test_a_badge_stands_on_the_line_of_the_words_beside_it(page: Page, builder: Builder):
    builder.need(World.USUAL)
    page.goto("/?show=live")
    cells = page.locator("td[data-label='Last run']").all()
    assert cells
    for cell in cells:
        lines = cell.evaluate(TEXTS)
        assert max(lines) - min(lines) <= 1, cell.inner_text()


def test_a_table_begins_where_its_heading_does(page: Page, builder: Builder):
    builder.need(World.USUAL)
    resize(page, WIDTHS[-1])
    page.goto("/system")
    beginnings = page.evaluate(BEGINNINGS)
    assert len(beginnings) > 3
    assert set(beginnings) == {0}


@pytest.mark.parametrize("address", ["/audit?words=registered", "/runs?state=failed", "/?q=lakeside"])
def test_filters_and_their_buttons_fit_a_wide_screen(page: Page, builder: Builder, address: str):
    builder.need(World.USUAL)
    resize(page, 1600)
    page.goto(address)
    expect(page.get_by_role("link", name="Clear filters").first).to_be_visible()
    assert sideways(page) == []
