"""Where the portal may post to: the open internet, and what inside the host's owner has named. Never anywhere else.

An address is typed by a person, and the portal stands inside a network: metadata services, databases and admin pages
would answer it (CWE-918; OWASP, "Server-Side Request Forgery Prevention"). So a name is resolved once, all that it
leads to is judged, and `posting` connects to what was judged.
"""

from __future__ import annotations

import socket
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

from django.conf import settings

from messages.message import message

LONGEST = 2000
PORTS = {"https": 443, "http": 80}
NAT64 = ip_network("64:ff9b::/96")
"""Behind these IPv6 addresses an IPv4 one stands in the last 32 bits (RFC 6052)."""
COMPATIBLE = ip_network("::/96")
"""So it does here (RFC 4291, 2.5.5.1, deprecated and still routed by some)."""
ISATAP = frozenset({0x0000_5EFE, 0x0200_5EFE})
"""And behind these 32 bits, in whatever network (RFC 5214, 6.1)."""
GIVEN_OUT = ip_network("2000::/3")
"""Global unicast (RFC 4291, 2.4; IANA's registry of IPv6 global unicast address assignments)."""
DOCUMENTATION = ip_network("3fff::/20")
"""RFC 9637."""
Address = IPv4Address | IPv6Address


class AddressRefusedError(Exception):
    """Nothing is posted there; the sentence says why, and holds no part of the address but its host."""


@dataclass(frozen=True)
class Target:
    """An address that was judged: to whom to connect, and what to ask for there."""

    scheme: str
    host: str
    port: int
    path: str
    addresses: tuple[Address, ...]


def judged(url: str) -> Target:
    """Resolve an address once and return it with what it leads to; raises AddressRefusedError.

    Only HTTPS is taken; plain HTTP only to networks of `HOMEROOM_OUTBOUND_NETWORKS`. A name is refused as soon as one
    of its addresses leads inside.
    """
    scheme, host, port, path = _parts(url)
    addresses = resolved(host, port)
    if not addresses:
        raise AddressRefusedError(message("The name {host} leads nowhere.", host=host))
    if not all(is_open(address) or is_allowed(address) for address in addresses):
        raise AddressRefusedError(message("{host} leads inside the portal's own network.", host=host))
    if scheme != "https" and not all(is_allowed(address) for address in addresses):
        raise AddressRefusedError(message("The address must begin with https://."))
    return Target(scheme, host, port, path, addresses)


def resolved(host: str, port: int) -> tuple[Address, ...]:
    """Return the addresses of a host, none where there is none."""
    try:
        rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return ()
    return tuple(dict.fromkeys(ip_address(str(row[4][0]).partition("%")[0]) for row in rows))


def is_open(address: Address) -> bool:
    """Return whether an address, and whatever IPv4 address it stands for, is one of the open internet.

    Of IPv6 that is only what IANA gives out to networks: Python calls site-local addresses (RFC 3879) global as well.
    """
    return all(
        candidate.is_global
        and not candidate.is_multicast
        and not candidate.is_reserved
        and (isinstance(candidate, IPv4Address) or (candidate in GIVEN_OUT and candidate not in DOCUMENTATION))
        for candidate in _meant(address)
    )


def is_allowed(address: Address) -> bool:
    """Return whether the host's owner lets the portal post inside, to this address; link-local is never let."""
    meant = _meant(address)
    if any(candidate.is_link_local or candidate.is_multicast or candidate.is_unspecified for candidate in meant):
        return False
    return any(candidate in network for candidate in meant for network in settings.OUTBOUND_NETWORKS)


def _meant(address: Address) -> Sequence[Address]:
    """Return the address with the IPv4 ones that it carries: a gateway or the kernel may go there instead."""
    if isinstance(address, IPv4Address):
        return (address,)
    mapped = address.ipv4_mapped
    if mapped is not None:
        return (mapped,)
    carried: list[Address] = [address]
    if address.sixtofour is not None:
        carried.append(address.sixtofour)
    if address.teredo is not None:
        carried.extend(address.teredo)
    if address in NAT64 or address in COMPATIBLE or (int(address) >> 32) & 0xFFFFFFFF in ISATAP:
        carried.append(IPv4Address(int(address) & 0xFFFFFFFF))
    return carried


def _parts(url: str) -> tuple[str, str, int, str]:
    if len(url) > LONGEST or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise AddressRefusedError(message("The address cannot be read."))
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise AddressRefusedError(message("The address cannot be read.")) from error
    if parts.scheme not in PORTS:
        raise AddressRefusedError(message("The address must begin with https://."))
    if not host or parts.username is not None or parts.password is not None:
        raise AddressRefusedError(message("The address needs a host, and may hold no user name."))
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return parts.scheme, host, port if port is not None else PORTS[parts.scheme], path
