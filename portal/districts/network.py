"""Which network a district gets: pure arithmetic over CIDR blocks, without a database."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network

POOL = IPv4Network("10.0.0.0/8")
PREFIX = 22
"""A /22 for each: 16,384 districts fit into the pool without overlap."""


class PoolExhausted(Exception):  # noqa: N818 - named for what happened
    """No block of this size is free in the pool."""


def overlapping(wanted: IPv4Network, taken: Iterable[IPv4Network]) -> IPv4Network | None:
    """Return the first taken block that shares an address with the wanted one, or None."""
    return next((block for block in taken if block.overlaps(wanted)), None)


def next_free(taken: Iterable[IPv4Network], *, pool: IPv4Network = POOL, prefix: int = PREFIX) -> IPv4Network:
    """Return the lowest free block of this prefix length in the pool; raises PoolExhausted.

    One walk over the taken blocks in order: after each, the candidate moves behind it, to the next aligned address.
    """
    size = 2 ** (32 - prefix)
    candidate = int(pool.network_address)
    end = int(pool.broadcast_address) + 1
    for block in sorted(block for block in taken if block.overlaps(pool)):
        if int(block.network_address) >= candidate + size:
            break
        behind = int(block.broadcast_address) + 1
        candidate = max(candidate, -(-behind // size) * size)
    if candidate + size > end:
        raise PoolExhausted(f"No /{prefix} is free in {pool}.")
    return IPv4Network((candidate, prefix))
