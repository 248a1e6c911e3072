"""Takes pictures of pages, all of one size, in which this machine's own name does not stand."""

from __future__ import annotations

import socket
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page

WIDTH, HEIGHT = 1280, 800
WAIT_MS = 15_000

RENAME = """([from, to]) => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode())
        if (walker.currentNode.data.includes(from))
            walker.currentNode.data = walker.currentNode.data.replaceAll(from, to);
}"""


class Camera:
    """Opens pages for people, and keeps pictures of them in one folder."""

    def __init__(self, browser: Browser, url: str, folder: Path) -> None:
        self._browser, self._url, self._folder = browser, url, folder
        self.taken: list[Path] = []

    def page(self) -> Page:
        """Return a page of somebody who has not signed in."""
        context = self._browser.new_context(
            base_url=self._url, reduced_motion="reduce", color_scheme="light", locale="en-US"
        )
        context.set_default_timeout(WAIT_MS)
        page = context.new_page()
        page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
        return page

    def take(self, page: Page, name: str, *, at: Locator | None = None) -> Path:
        """Keep what the window shows, from the top or from a part of the page on."""
        page.evaluate("window.scrollTo(0, 0)")
        if at is not None:
            # What is stuck to the window's top hides nothing of the part: the page says how much room that takes.
            at.evaluate("part => part.scrollIntoView({block: 'start', behavior: 'instant'})")
        page.evaluate(RENAME, [socket.gethostname(), "host-1"])
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{name}.png"
        page.screenshot(path=path)
        self.taken.append(path)
        return path
