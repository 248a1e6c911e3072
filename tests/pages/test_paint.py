"""How soon a cold page is drawn in a browser, and that nothing on it moves while it comes in, piece by piece."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Browser

from registry.districts.models import District
from tests.browsing import browser_beside_database
from tests.builders import a_run
from tests.pages.browsing import session_of
from tests.pages.fixtures import Builder, deployed, with_drift, with_stack

pytestmark = [pytest.mark.browser]

SOONEST_MS = 1000.0
"""The largest part of the page is there by then. Source: web.dev, "Largest Contentful Paint", calls 2.5 s good."""
STILL = 0.01
"""The most that may shift. Source: web.dev, "Cumulative Layout Shift", calls 0.1 good."""
TRIES = 12
"""The quickest counts: the machine has other work to do as well."""
WATCH = """
window.__painted = 0;
new PerformanceObserver(list => {
    for (const entry of list.getEntries()) window.__painted = Math.max(window.__painted, entry.startTime);
}).observe({type: "largest-contentful-paint", buffered: true});
"""


def painted_at(browser: Browser, url: str, address: str) -> float:
    """Load a page into an empty cache; return after how many milliseconds the largest part of it was drawn."""
    context = browser.new_context(base_url=url, viewport={"width": 1280, "height": 800})
    context.add_init_script(WATCH)
    cookie = session_of("otto")
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": url}])
    page = context.new_page()
    page.goto(address, wait_until="load")
    page.wait_for_function("() => window.__painted > 0 && document.fonts.status === 'loaded'")
    painted: float = page.evaluate("() => window.__painted")
    context.close()
    return painted


PIECES = """
async html => {
    const frames = () => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
    const shifts = [];
    const watched = new PerformanceObserver(list => {
        for (const entry of list.getEntries())
            shifts.push([entry.value, ...entry.sources.map(({node}) => node && node.textContent.trim().slice(0, 60))]);
    });
    document.open();
    watched.observe({type: "layout-shift"});
    for (const piece of html.split(/(?=<(?:section|article|aside|footer|main|form|table|ol|ul)[\\s>])/)) {
        document.write(piece);
        await frames();
    }
    const loaded = new Promise(done => addEventListener("load", done, {once: true}));
    document.close();
    await loaded;
    await document.fonts.ready;
    await frames();
    return shifts;
}
"""
"""Hands a page over in pieces, each drawn before the next comes, as a slow line does; returns what moved, how far."""


def shifted(browser: Browser, url: str, address: str) -> list[list[Any]]:
    """Load a page piece by piece into an empty cache; return each shift's size and the parts that moved."""
    context = browser.new_context(base_url=url, viewport={"width": 1280, "height": 800})
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session_of("otto"), "url": url}])
    page = context.new_page()
    answer = page.request.get(address)
    assert answer.ok, answer
    page.goto("/livez")
    shifts: list[list[Any]] = page.evaluate(PIECES, answer.text())
    context.close()
    return shifts


def a_fleet() -> District:
    """Return a drifted district with its stack among more than fifty."""
    first = with_drift(with_stack(deployed(a_run())), 3)
    fields = {field.attname: getattr(first, field.attname) for field in District._meta.fields if field.attname != "id"}
    District.objects.bulk_create(
        District(**fields | {"suffix": f"d{n}-sbx", "slug": f"d{n}", "name": f"District {n}", "status": "draft",
                             "cidr": f"172.16.{4 * n}.0/22", "registration_key": uuid.uuid4()})
        for n in range(60)
    )  # fmt: skip
    return first


@pytest.fixture
def pages(server: str, builder: Builder) -> list[str]:
    """Return the addresses of pages with much on them."""
    district = a_fleet()
    return ["/", "/overview", f"/districts/{district.suffix}", f"/runs/{district.runs.latest('id').pk}"]


def test_nothing_moves_while_a_cold_page_loads(server: str, pages: list[str]):
    with browser_beside_database() as browser:
        for address in pages:
            shifts = shifted(browser, server, address)
            assert sum(size for size, *_ in shifts) < STILL, (address, shifts)


@pytest.mark.soak
def test_a_cold_page_is_drawn_within_a_second(server: str, pages: list[str]):
    with browser_beside_database() as browser:
        for address in pages:
            painted: list[float] = []
            while len(painted) < TRIES and min(painted, default=SOONEST_MS) >= SOONEST_MS:
                painted.append(painted_at(browser, server, address))
            assert min(painted) < SOONEST_MS, (address, painted)
