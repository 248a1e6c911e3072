"""What the pages that somebody passes state of runs, districts and the fleet; no two of them may contradict each other.

A statement is whatever a table tells of the run or district that its row leads to, what a page's facts tell of what the
page is about, and the counts of the fleet. The same moment counts in whatever words it is told.
"""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path
from typing import cast

from playwright.sync_api import Page

READ = (Path(__file__).parent / "statements.js").read_text()

SAME = {
    "Est. base cost per month": "Est. monthly cost",
    "Monthly budget": "Budget",
    "Asked for": "Requested",
    "Ended": "State",
    "Drafts": "Draft",
}
"""One thing by its names on different pages."""

OF_ONE_PAGE = frozenset(
    {"Select", "Recent runs", "Duration", "Waiting for", "When", "Note", "Worker", "Last heartbeat"}
)
"""What moves while somebody looks, or is said in one place alone."""

NOT_ASKED = "not asked for"


class Statements:
    """Remembers what pages state until something has happened; two that cannot both be true are a contradiction."""

    def __init__(self) -> None:
        self._said: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
        self.compared: set[tuple[str, str]] = set()
        """What has been stated by two pages or more, all told."""

    def happened(self) -> None:
        """Forget what was true before."""
        self._said.clear()

    def read(self, page: Page) -> None:
        """Read the page that is open; it may contradict nothing that was read since the last thing happened."""
        self._read(page, page.evaluate("location.pathname + location.search"), [None, None])

    def read_all(self, page: Page, *addresses: str) -> None:
        """Read some pages as whoever looks at this one; they are not drawn, which takes most of a page's time."""
        for address in addresses:
            answer = page.request.get(address)
            assert answer.ok, (address, answer.status)
            self._read(page, address, [answer.text(), answer.url])

    def _read(self, page: Page, where: str, given: list[str | None]) -> None:
        for about, what, value in cast(list[tuple[str, str, str]], page.evaluate(READ, given)):
            known = SAME.get(what, what)
            if known not in OF_ONE_PAGE:
                self._state(about, known, plain(known, value), where)

    def _state(self, about: str, what: str, value: str, where: str) -> None:
        before = self._said[about, what]
        against = {page: said for page, said in before.items() if said != value}
        assert not against, f"{what} of {about} is {value!r} on {where}, but {against}"
        if before.keys() - {where}:
            self.compared.add((about, what))
        before[where] = value


def plain(what: str, value: str) -> str:
    """Return a value without what pages may write in their own way: capitals, currency, and what stands beside it."""
    if what == "AWS account":
        number = re.search(r"\d{12}", value)
        return number[0] if number else value
    if what == "Region":
        value = value.partition(",")[0]
    if what == "Approved by":
        value = "" if value == NOT_ASKED else value.partition(",")[0]
    if what in {"Est. monthly cost", "Cost", "Budget", "Resources"}:
        value = re.sub(r"[$,]", "", value)
    return value.casefold()
