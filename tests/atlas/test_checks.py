"""The checks themselves: each finds what it is there to find."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.atlas.browsing import Visitors
from tests.atlas.checks import error_problems, field_problems, refused, sideways, violations

pytestmark = [pytest.mark.browser]

BAD = """<!doctype html><html lang="en"><head><title>Fine</title></head><body><main><h1>Fine</h1>
<form method="post"><input name="bare"><label for="b">Tied to nothing</label><input id="b" name="loose"></form>
<p><font color="#bbbbbb">Pale</font></p><table width="3000"><tr><td>Wide</td></tr></table></main></body></html>"""


@pytest.fixture
def bad(visitors: Visitors) -> Page:
    page = visitors.page("")
    page.goto("/sign-in")
    page.evaluate("html => { document.documentElement.innerHTML = html }", BAD)
    return page


def test_fields_without_label_hint_or_place_for_errors_are_found(bad: Page):
    found = field_problems(bad)
    assert "bare has no label" in found
    assert "loose has no label" not in found
    assert {"loose has no hint", "loose is not tied to its errors"} <= set(found)


def test_a_refused_form_without_a_summary_is_found(bad: Page):
    assert error_problems(bad) == ["the title is Fine", "the summary of errors is not focused"]


def test_what_reaches_over_the_edge_and_what_is_pale_is_found(bad: Page):
    assert any(part.startswith("TABLE") for part in sideways(bad))
    found = "\n".join(violations(bad))
    assert "light, 320 px: color-contrast" in found
    assert "dark, 1440 px: color-contrast" in found
    assert "light, 768 px: label" in found


def test_what_the_policy_refuses_is_found(visitors: Visitors):
    page = visitors.page("")
    page.goto("/sign-in")
    page.evaluate("document.body.append(Object.assign(document.createElement('style'), {textContent: 'p {}'}))")
    page.wait_for_function("window.__refused.length > 0")
    assert "style-src" in refused(page)[0]
    assert any("Content Security Policy" in told for told in visitors.complaints)
