"""Tells requests of this machine's own programs and pages from those that another site's page makes by a browser here.

A browser reaches the loopback address for any page it shows. The Host tells a page whose own name is made to point here
("DNS rebinding"), which is of the same origin as what it then asks; Origin and Fetch Metadata tell all others.
Source: RFC 9110, 15.5.20; Fetch standard, "Origin header"; W3C, "Fetch Metadata Request Headers".
"""

from __future__ import annotations

import re

LOOPBACK_NAME = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d+)?", re.IGNORECASE)
OWN_SITES = frozenset({"", "none", "same-origin"})
"""What Sec-Fetch-Site says of a program (nothing), of an address that a person typed, and of our own page."""


def is_loopback_name(host: str) -> bool:
    """Return whether a Host header names the loopback address itself."""
    return LOOPBACK_NAME.fullmatch(host) is not None


def is_loopback_origin(origin: str) -> bool:
    """Return whether Origin tells of a page that was opened from the loopback address itself."""
    scheme, _, host = origin.partition("://")
    return scheme in ("http", "https") and is_loopback_name(host)


def is_of_another_site(origin: str, fetch_site: str) -> bool:
    """Return whether Origin or Sec-Fetch-Site, empty where they are not given, tell of another site's page."""
    return bool(origin) or fetch_site not in OWN_SITES
