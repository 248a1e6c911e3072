"""Which addresses may be asked: of the open internet, over TLS, on its own port, and never where our own things are.

A person types a source's address, and the source tells others (a token's, a next page's). Whichever it is, its host is
looked up here, every address that it has must be a public one, and the connection goes to the very address that was
looked at: a name that means another place a moment later leads nowhere. A stand-in within a test or the demo is let in
by its host and port (`SOURCES_LET_IN`).

Source: OWASP, "Server-Side Request Forgery Prevention Cheat Sheet"; IANA's registries of special addresses, as Python's
`ipaddress` has them.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

from processor.sources.problems import SourceProblemError

TLS_PORT = 443
LONGEST = 500
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
LookUp = Callable[[str, int], list[str]]


@dataclass(frozen=True)
class Place:
    """Where a request goes: what was typed, and the address that was looked at."""

    scheme: str
    host: str
    port: int
    path: str
    address: str

    @property
    def origin(self) -> tuple[str, str, int]:
        """What two addresses of one source have in common."""
        return self.scheme, self.host, self.port


def look_up(host: str, port: int) -> list[str]:
    """Return every address of a host; raises OSError."""
    return [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


@dataclass(frozen=True)
class Reach:
    """What may be asked."""

    let_in: frozenset[str] = frozenset()
    """Hosts with their ports (`127.0.0.1:8443`) that are let in whatever they are."""
    look_up: LookUp = field(default=look_up)

    def place(self, url: str) -> Place:
        """Return where a request to an address goes; raises SourceProblemError for one that may not be asked."""
        parts = _split(url)
        host = (parts.hostname or "").rstrip(".").lower()
        port = parts.port or (TLS_PORT if parts.scheme == "https" else 80)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        let_in = f"{host}:{port}" in self.let_in
        if not let_in and parts.scheme != "https":
            raise _refused("The address must begin with https.", "Ask the vendor for the address with https.")
        if not let_in and port != TLS_PORT:
            raise _refused("The address names another port than 443.", "Ask the vendor for one on port 443.")
        addresses = self._addresses(host, port)
        if not let_in:
            for address in addresses:
                if not is_public(address):
                    raise _refused(
                        "The address leads into a private network, to this machine or to the cloud's own services.",
                        "Enter the address that the vendor's documentation names for clients on the internet.",
                    )
        return Place(parts.scheme, host, port, path, addresses[0])

    def _addresses(self, host: str, port: int) -> list[str]:
        try:
            addresses = self.look_up(host, port)
        except (OSError, UnicodeError) as error:
            raise SourceProblemError(
                "no_such_host",
                "The host of the address is not known here.",
                "Check the address; where tasks have no way out to the internet, no source can be reached.",
            ) from error
        if not addresses:
            raise SourceProblemError("no_such_host", "The host of the address is not known here.", "Check the address.")
        return addresses


def is_public(address: str) -> bool:
    """Return whether an address is one of the open internet, also where it is wrapped in an IPv6 one."""
    try:
        parsed: Address = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv6Address):
        inner = (
            parsed.ipv4_mapped or parsed.sixtofour or (parsed.teredo[1] if parsed.teredo else None) or _nat64(parsed)
        )
        if inner is not None:
            parsed = inner
    return parsed.is_global and not (parsed.is_multicast or parsed.is_reserved or parsed.is_unspecified)


NAT64 = ipaddress.ip_network("64:ff9b::/96")
"""RFC 6052: an IPv4 address in its last four bytes."""


def _nat64(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF) if address in NAT64 else None


def _split(url: str) -> SplitResult:
    """Split an address; raises SourceProblemError for what is none, or holds more than a place."""
    if len(url) > LONGEST or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise _refused("This is no address.", "Enter an address such as https://sis.example.org/api.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise _refused("This is no address.", "Enter an address such as https://sis.example.org/api.") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise _refused("This is no address.", "Enter an address such as https://sis.example.org/api.")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise _refused(
            "The address holds a user, a password or a fragment.",
            "Enter these in their own fields, and the place alone.",
        )
    return parts


def _refused(sentence: str, remedy: str) -> SourceProblemError:
    return SourceProblemError("address_refused", sentence, remedy)
