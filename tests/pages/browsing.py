"""A real browser for people who are signed in already, and what it complains about while they look."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Literal, cast

from django.conf import settings
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect

from devtools.paths import VAR
from portal.sign_in.reauthentication import SIGNED_IN_AT
from registry.accounts.models import User

WIDTHS = (320, 768, 1440)
THEMES = ("light", "dark")
HEIGHT = 900
LONGEST_MS = 30_000
"""Nothing is slow here but a machine that does other work as well."""
expect.set_options(timeout=LONGEST_MS)
SCREENSHOTS = VAR / "screenshots"
PICTURES = "PICTURES"
"""The variable that asks for a picture of each page in each state; one that is not as it ought to be is kept anyway."""
TALLEST = 6000
"""Pixels: a longer page is kept up to here."""

EMPTIED = """
() => {
  document.head.replaceChildren(...document.head.querySelectorAll("link[rel=icon]"));
  document.documentElement.replaceChildren(document.head);
}
"""
LISTENER = """
window.__refused = [];
document.addEventListener("securitypolicyviolation", event => window.__refused.push(
    event.violatedDirective + " refused " + (event.blockedURI || "inline") + " at " + event.sourceFile));
"""


class Visitors:
    """Pages of one browser, one context for each person, for with and without scripts, and for each time zone."""

    def __init__(self, browser: Browser, url: str) -> None:
        self._browser, self._url = browser, url
        self._contexts: dict[tuple[str, bool, str], BrowserContext] = {}
        self.complaints: list[str] = []

    def page(self, username: str, *, scripts: bool = True, zone: str = "UTC") -> Page:
        """Return that person's page, where nothing is open; nobody's where the name is empty.

        It is one tab for all that the person looks at: a new one starts a process, which reads every style sheet anew.
        """
        if (username, scripts, zone) not in self._contexts:
            self._contexts[username, scripts, zone] = self._context(username, scripts, zone)
        context = self._contexts[username, scripts, zone]
        page = context.pages[0] if context.pages else self._tab(context)
        resize(page, WIDTHS[-1])
        return page

    def leave(self, page: Page) -> None:
        """Empty what is open on a page, so that it asks for nothing more; a page of nowhere would be a new process.

        Its icon stays: the browser looks for one by itself (`/favicon.ico`) where a page has none. It is loaded to its
        end before: a script that is yet to come would find no page.
        """
        page.unroute_all()
        page.wait_for_load_state()
        page.evaluate(EMPTIED)

    def _tab(self, context: BrowserContext) -> Page:
        page = context.new_page()
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page

    def close(self) -> None:
        """Close every context."""
        for context in self._contexts.values():
            context.close()

    def _context(self, username: str, scripts: bool, zone: str) -> BrowserContext:
        context = self._browser.new_context(
            base_url=self._url,
            java_script_enabled=scripts,
            reduced_motion="reduce",
            color_scheme="light",
            timezone_id=zone,
        )
        context.set_default_timeout(LONGEST_MS)
        context.add_init_script(LISTENER)
        if username:
            cookie = session_of(username)
            context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": self._url}])
        return context

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not _is_the_page_itself(message):
            self.complaints.append(f"{message.text} ({message.location.get('url')})")


def _is_the_page_itself(message: ConsoleMessage) -> bool:
    """Return whether this is the browser's remark that the page was answered with 403, 404, 422 or 500, as it ought."""
    page = message.page
    refused = message.text.startswith("Failed to load resource: the server responded with a status of ")
    return refused and page is not None and message.location.get("url", "").split("?")[0] == page.url.split("?")[0]


def resize(page: Page, width: int) -> None:
    """Give the page's window this width, unless it has it: each change lays the page out anew."""
    if page.viewport_size != {"width": width, "height": HEIGHT}:
        page.set_viewport_size({"width": width, "height": HEIGHT})


def paint(page: Page, theme: str) -> None:
    """Show the page in this theme."""
    page.emulate_media(color_scheme=cast(Literal["light", "dark"], theme))


def session_of(username: str) -> str:
    """Return the key of a session in which that person is signed in; after a colon it says for how many hours."""
    name, _, hours = username.partition(":")
    client = Client()
    client.force_login(User.objects.get(username=name))
    session = client.session
    if hours:
        session[SIGNED_IN_AT] = (timezone.now() - timedelta(hours=int(hours))).isoformat()
        session.save()
    return str(session.session_key)


def picture(page: Page, name: str) -> Path:
    """Store a picture of the page as it is."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    width = int(page.evaluate("document.documentElement.clientWidth"))
    height = min(TALLEST, int(page.evaluate("document.documentElement.scrollHeight")))
    path = SCREENSHOTS / f"{name}.png"
    page.screenshot(path=path, full_page=True, clip={"x": 0, "y": 0, "width": width, "height": height}, timeout=60_000)
    return path


def keep(page: Page, name: str) -> None:
    """Store a picture of the page as it is, where pictures are asked for: `make screenshots` does."""
    if os.environ.get(PICTURES) == "1":
        picture(page, name)
