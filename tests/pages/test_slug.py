"""The slug that a registration proposes from the district's name."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Route, expect

SCRIPT = re.compile(r"/console/console[^/]*\.js")


@pytest.mark.browser
def test_a_name_that_was_typed_before_the_script_came_proposes_one_too(page: Page):
    routes: list[Route] = []
    page.route(SCRIPT, lambda route: routes.append(route))
    with page.expect_request(SCRIPT):
        page.goto("/districts/new", wait_until="commit")
    page.get_by_label("District's name").fill("Maple Valley")
    expect(page.locator("#id_slug")).to_have_value("")
    routes[0].continue_()
    expect(page.locator("#id_slug")).to_have_value("maple-valley")
