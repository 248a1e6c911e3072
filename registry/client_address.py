"""Where a request comes from: the peer's address, or what a proxy of ours says of its own peer.

Anybody can write an X-Forwarded-For header. Of its list only what our own proxies appended is believed: it is read from
its end, and the first address that is no proxy of ours is the client's.
Source: RFC 7239, 8.1 ("Header Validity and Integrity"); MDN, "X-Forwarded-For", "Selecting an IP address".
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address


def address(text: str) -> Address | None:
    """Read an address, with or without a port or brackets; None for anything else."""
    bare = text.strip()
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        parsed = ip_address(bare.partition("%")[0])
    except ValueError:
        return None
    return parsed.ipv4_mapped or parsed if isinstance(parsed, IPv6Address) else parsed


def is_proxy(host: Address, proxies: Sequence[Network]) -> bool:
    """Return whether an address is one of our proxies'."""
    return any(host.version == network.version and host in network for network in proxies)


def client_address(peer: str, forwarded: str, proxies: Sequence[Network]) -> str | None:
    """Return the client's address by the connection's peer and its X-Forwarded-For; None where the peer has none."""
    client = address(peer)
    if client is None:
        return None
    for part in reversed(forwarded.split(",")):
        if not is_proxy(client, proxies):
            break
        before = address(part)
        if before is None:
            break
        client = before
    return str(client)


def from_proxy(peer: str, proxies: Sequence[Network]) -> bool:
    """Return whether a connection comes from one of our proxies."""
    host = address(peer)
    return host is not None and is_proxy(host, proxies)
