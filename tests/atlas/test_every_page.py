"""Every page in every state: it says what it ought, axe finds nothing, and nothing scrolls sideways or is refused."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.atlas.axe import Axe
from tests.atlas.browsing import Visitors, keep, picture
from tests.atlas.checks import error_problems, field_problems, overflows, refused, sideways
from tests.atlas.scenes import SCENES, Scene
from tests.atlas.worlds import Builder

pytestmark = [pytest.mark.browser]

CUT_OFF = ("net::ERR_FAILED", "htmx:afterRequest", "htmx:sendError")
"""What the browser and htmx say where a scene cuts the connection itself."""


def value(page: Page, selector: str) -> str:
    return page.locator(selector).input_value()


def enter(page: Page, scene: Scene, address: str) -> None:
    """Bring the page into its state, and see that it is."""
    answer = page.goto(address)
    assert answer is not None
    if scene.act is None:
        assert answer.status == scene.status
    else:
        scene.act(page)
    text = page.locator("body").inner_text() + page.title()
    assert scene.shows in text, text[:2000]


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_page(scene: Scene, builder: Builder, visitors: Visitors, axe: Axe):
    places = builder.need(scene.world)
    visitors.complaints.clear()
    page = visitors.page(scene.who)
    try:
        enter(page, scene, scene.address.format(**places))
        keep(page, scene.name)
        wrong = refused(page) + [told for told in visitors.complaints if not any(cut in told for cut in CUT_OFF)]
        wrong += field_problems(page)
        if scene.is_refused:
            wrong += error_problems(page)
            wrong += [f"{where} is no longer {typed}" for where, typed in scene.keeps if value(page, where) != typed]
        wrong += [*overflows(page), *axe.violations(page)] if scene.is_looked_into else sideways(page)
        assert not wrong, "\n".join(wrong)
    except AssertionError:
        picture(page, f"{scene.name}-wrong")
        raise
    finally:
        visitors.leave(page)
