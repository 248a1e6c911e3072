"""Every page in every state: it says what it ought, axe finds nothing, and nothing scrolls sideways or is refused.

A browser opens a part of them in every test run and all in the long edition (`Scene.is_opened_always`). Of the others
every test run reads the answer, without a browser.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from django.test import Client
from django.utils.html import strip_tags
from playwright.sync_api import Page

from tests.pages.axe import Axe
from tests.pages.browsing import Visitors, keep, picture, session_of
from tests.pages.checks import error_problems, field_problems, overflows, refused
from tests.pages.fixtures import Builder
from tests.pages.scenes import SCENES, Scene

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


def read(scene: Scene, address: str, request: pytest.FixtureRequest) -> None:
    """Hold what the server answers, without a browser."""
    client = Client()
    if scene.who:
        client.cookies[settings.SESSION_COOKIE_NAME] = session_of(scene.who)
    answer = client.get(address, follow=True)
    assert answer.status_code == scene.status
    text = html.unescape(strip_tags(answer.content.decode()))
    assert scene.shows in " ".join(text.split())


def look(scene: Scene, address: str, request: pytest.FixtureRequest) -> None:
    """Hold what a browser shows."""
    visitors: Visitors = request.getfixturevalue("visitors")
    axe: Axe = request.getfixturevalue("axe")
    visitors.complaints.clear()
    page = visitors.page(scene.who)
    try:
        enter(page, scene, address)
        keep(page, scene.name)
        problems = refused(page) + [
            complaint for complaint in visitors.complaints if not any(cut in complaint for cut in CUT_OFF)
        ]
        problems += field_problems(page)
        if scene.is_refused:
            problems += error_problems(page)
            problems += [f"{where} is no longer {typed}" for where, typed in scene.keeps if value(page, where) != typed]
        problems += [*overflows(page), *axe.violations(page, scene.widths)]
        assert not problems, "\n".join(problems)
    except AssertionError:
        picture(page, f"{scene.name}-wrong")
        raise
    finally:
        visitors.leave(page)


def ways(scene: Scene) -> Iterator[object]:
    """Give the ways in which a scene is held: in a browser, by its answer, or by the answer but in the long edition."""
    # What somebody does on a page cannot be read: it is done in a browser or not at all.
    if scene.is_refusal or not (scene.is_opened_always or scene.act):
        yield pytest.param(read, scene, id=f"{scene.name}-answer")
    if not scene.is_refusal:
        marks = [pytest.mark.browser] if scene.is_opened_always else [pytest.mark.browser, pytest.mark.soak]
        yield pytest.param(look, scene, id=scene.name, marks=marks)


# One list, world by world, since they are built one after another.
@pytest.mark.parametrize(
    ("held", "scene"), [way for scene in sorted(SCENES, key=lambda scene: scene.world) for way in ways(scene)]
)
def test_page(
    held: Callable[[Scene, str, pytest.FixtureRequest], None],
    scene: Scene,
    builder: Builder,
    request: pytest.FixtureRequest,
):
    held(scene, scene.address.format(**builder.need(scene.world)), request)
