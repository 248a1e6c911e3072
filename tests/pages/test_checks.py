"""The checks themselves: each finds what it is there to find."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from tests.pages.axe import Axe
from tests.pages.browsing import HEIGHT, Visitors
from tests.pages.checks import error_problems, field_problems, overflows, refused, sideways

pytestmark = [pytest.mark.browser]

BAD = """<!doctype html><html lang="en"><head><title>Fine</title></head><body><main><h1>Fine</h1>
<form method="post"><input name="bare"><label for="b">Tied to nothing</label><input id="b" name="loose"></form>
<p><font color="#bbbbbb">Pale</font></p><table width="3000"><tr><td>Wide</td></tr></table></main></body></html>"""

PLAIN = """<!doctype html><html lang="en"><head><title>Fine</title></head>
<body><main><h1>Fine</h1>{}</main></body></html>"""


@pytest.fixture
def blank(visitors: Visitors) -> Iterator[Page]:
    page = visitors.page("")
    page.goto("/sign-in")
    yield page
    visitors.leave(page)


@pytest.fixture
def bad(blank: Page) -> Page:
    return showing(blank, BAD)


def showing(page: Page, html: str, css: str = "") -> Page:
    """Put this in place of the page; its own style sheet stays, since the policy lets no other in but by script."""
    page.evaluate("html => { document.documentElement.innerHTML = html }", html)
    page.evaluate(
        "css => { const sheet = new CSSStyleSheet(); sheet.replaceSync(css); document.adoptedStyleSheets = [sheet]; }",
        css,
    )
    return page


def test_fields_without_label_hint_or_place_for_errors_are_found(bad: Page):
    problems = field_problems(bad)
    assert "bare has no label" in problems
    assert "loose has no label" not in problems
    assert {"loose has no hint", "loose is not tied to its errors"} <= set(problems)


def test_a_refused_form_without_a_summary_is_found(bad: Page):
    assert error_problems(bad) == ["the title is Fine", "the summary of errors is not focused"]


def test_what_reaches_over_the_edge_and_what_is_pale_is_found(bad: Page):
    assert any(part.startswith("TABLE") for part in sideways(bad))
    assert {problem.partition(" px")[0] for problem in overflows(bad)} == {
        f"needs scrolling sideways at {width}" for width in (320, 768, 1440)
    }
    violations = "\n".join(Axe().violations(bad))
    for theme in ("light", "dark"):
        for width in (320, 768, 1440):
            assert f"{theme}, {width} px: color-contrast" in violations
    assert "light, 320 px: label" in violations


def test_the_long_edition_asks_for_everything_everywhere(bad: Page):
    violations = "\n".join(Axe(whole=True).violations(bad))
    for width in (320, 768, 1440):
        assert f"light, {width} px: label" in violations
        assert f"dark, {width} px: color-contrast" in violations


WORDS = "<p class='one'>Some words</p><p class='other'>Other words</p>"
FAULTS = {
    "a colour at one width": (
        WORDS,
        "p { color: #000; background: #fff } @media (width: 768px) { .other { color: #ccc } }",
        {"light, 768 px: color-contrast", "dark, 768 px: color-contrast"},
    ),
    "a ground at one width and in one theme": (
        WORDS,
        "p { color: #000; background: #fff } @media (width: 1440px) and (prefers-color-scheme: dark) "
        "{ main { background: #333 } .other { background: transparent } }",
        {"dark, 1440 px: color-contrast"},
    ),
    "the size of a text": (
        WORDS,
        "p { color: #888; background: #fff; font-size: 30px } @media (width: 768px) { .other { font-size: 12px } }",
        {"light, 768 px: color-contrast", "dark, 768 px: color-contrast"},
    ),
    "a text that slides onto something else": (
        "<div class='dark'>.</div>" + WORDS,
        "p { color: #000; background: transparent; position: relative } main { background: #fff } "
        ".dark { background: #222; color: #222; height: 40px; width: 300px } "
        "@media (width: 1440px) { .other { position: absolute; top: 0; left: 0; margin: 0 } "
        ".dark { position: absolute; top: 0; left: 0 } }",
        {"light, 1440 px: color-contrast", "dark, 1440 px: color-contrast"},
    ),
    "what is there at one width only": (
        "<p>Some words</p><input class='narrow'>",
        ".narrow { display: none } @media (width: 320px) { .narrow { display: block } }",
        {"light, 320 px: label"},
    ),
    "targets that are too near to each other at one width": (
        "<p><a href='#a' class='dot'>a</a><a href='#b' class='dot'>b</a></p>",
        "a.dot { display: inline-block; width: 30px; height: 30px; color: #000; background: #fff } "
        "@media (width: 768px) { a.dot { width: 10px; height: 10px } }",
        {"light, 768 px: target-size"},
    ),
    "a link that is told from its words by nothing": (
        "<p>Many words that stand around <a class='in' href='#x'>one</a> and go on</p>",
        "p { color: #000; background: #fff } a.in { color: #444; text-decoration: underline } "
        "@media (width: 768px) { a.in { text-decoration: none } }",
        {"light, 768 px: link-in-text-block", "dark, 768 px: link-in-text-block"},
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_wrong_at_one_width_or_theme_alone_is_found_there(blank: Page, fault: str):
    html, css, expected = FAULTS[fault]
    axe = Axe()
    good = axe.violations(showing(blank, PLAIN.format(html), css.partition("@media")[0]))
    assert not expected & {violation.partition(": ")[0] + ": " + violation.split(": ")[1] for violation in good}, good
    blank.set_viewport_size({"width": 1440, "height": HEIGHT})
    violations = axe.violations(showing(blank, PLAIN.format(html), css))
    assert expected <= {": ".join(violation.split(": ")[:2]) for violation in violations}, violations


def test_a_text_that_was_found_poor_is_found_again_on_the_next_page(blank: Page):
    axe = Axe()
    for _ in range(2):
        page = showing(blank, PLAIN.format("<p>Pale</p>"), "p { color: #ccc; background: #fff }")
        assert len([violation for violation in axe.violations(page) if "color-contrast" in violation]) == 6


def test_a_text_that_axe_leaves_out_stands_for_no_other(blank: Page):
    """It says nothing of fields that are switched off, and so nothing of those that look alike and are not."""
    axe = Axe()
    css = "button { color: #ccc; background: #fff; opacity: 1; border: 0; font: 16px sans-serif }"
    off = showing(blank, PLAIN.format("<button disabled>Go</button>"), css)
    assert not [violation for violation in axe.violations(off) if "color-contrast" in violation]
    on = showing(blank, PLAIN.format("<button>Go</button>"), css)
    assert [violation for violation in axe.violations(on) if "color-contrast" in violation]


def test_what_the_policy_refuses_is_found(visitors: Visitors):
    page = visitors.page("")
    page.goto("/sign-in")
    page.evaluate("document.body.append(Object.assign(document.createElement('style'), {textContent: 'p {}'}))")
    page.wait_for_function("window.__refused.length > 0")
    assert "style-src" in refused(page)[0]
    assert any("Content Security Policy" in complaint for complaint in visitors.complaints)
