"""The data office as a client of the district's provider: what its pages ask for, reach, and lead back to.

The client is the browser itself (`static/sign_in.js`), since a stack may have no way out to the provider. Nothing here
believes anything of it: the token that it brings is checked as any other is (`tokens.py`).
Sources: OAuth 2.0 for Browser-Based Applications (IETF); RFC 9700; Content Security Policy Level 3, 6.1.2.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from processor.api.settings import ApiSettings
from processor.api.tokens import Right

SIGN_IN, CALLBACK = "/sign-in", "/sign-in/callback"
USUAL = "/files"
LONGEST_PATH = 1_000
LONGEST_TOKEN = 3_800
"""Characters: browsers keep no cookie of over 4,096 bytes with its name and attributes (RFC 6265, 6.1)."""
# A second slash, or a backslash, begins a host's name for browsers.
PATH = re.compile(r"/(?!/)[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*")
DOORS = re.compile(r"/sign-(in|out)([/?].*)?")
ENTRA = re.compile(r"login\.microsoftonline\.(com|us)|[a-z0-9-]+\.ciamlogin\.com")
"""Hosts of Microsoft Entra ID, which knows a scope by its API's name before it."""


@dataclass(frozen=True)
class Client:
    """A public client, which has no secret; all of it may be read in the page."""

    issuer: str
    client_id: str
    audience: str

    @property
    def scopes(self) -> str:
        """What is asked for: to know who it is, and every right there is; the provider gives what a person has."""
        host = urlsplit(self.issuer).hostname or ""
        before = f"{self.audience}/" if ENTRA.fullmatch(host) else ""
        return " ".join(["openid", *(f"{before}{right}" for right in Right)])

    def policy(self, path: str) -> str:
        """Return the content security policy of the page at a path.

        The page to begin on reads the provider's configuration, at the issuer's own origin. Only that names where a
        code is exchanged, on whichever host; an issuer without TLS, which is on this machine, does that itself.
        """
        parts = urlsplit(self.issuer)
        reached = f"{parts.scheme}://{parts.netloc}"
        if path == CALLBACK and parts.scheme == "https":
            reached += " https:"
        return (
            "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; "
            f"connect-src {reached}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        )


def client_of(api: ApiSettings) -> Client | None:
    """Return the office as a client; none where people paste tokens."""
    return Client(api.issuer, api.client_id, api.audience) if api.issuer and api.client_id else None


def own_path(path: str) -> str:
    """Return a path of a page of ours as it is, and nothing for any other address, or for one that signs in or out."""
    ours = len(path) <= LONGEST_PATH and PATH.fullmatch(path) and not DOORS.fullmatch(path)
    return path if ours else ""


def way_back_to(asked: str) -> str:
    """Return which page to come back to after a sign-in, or nothing for the one that people come to anyway."""
    return "" if asked in ("/", USUAL) else own_path(asked)


def landing(then: str, rights: frozenset[Right]) -> str:
    """Return where somebody comes who has signed in: to the page asked for, or to the first that the rights open."""
    return own_path(then) or (USUAL if Right.INGEST in rights else "/results")
