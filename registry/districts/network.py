"""Which network a district gets: pure arithmetic over CIDR blocks, without a database."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network

from messages.message import message

POOL = IPv4Network("10.0.0.0/8")
PREFIX = 22
"""A /22 for each: 16,384 districts fit into the pool without overlap."""


class PoolExhaustedError(Exception):
    """No block of this size is free in the pool."""


Span = tuple[int, int]
"""The first address of what is taken, as a number, and the first one behind it."""


def span(block: IPv4Network) -> Span:
    """Return the addresses of a block."""
    first = int(block.network_address)
    return first, first + block.num_addresses


def next_free(taken: Iterable[Span], *, pool: IPv4Network = POOL, prefix: int = PREFIX) -> IPv4Network:
    """Return the lowest free block of this prefix length in the pool; raises PoolExhaustedError.

    One walk over what is taken, in order: after each, the candidate moves behind it, to the next aligned address.
    """
    size = 2 ** (32 - prefix)
    candidate, end = span(pool)
    for first, behind in sorted(taken):
        if first >= candidate + size:
            break
        candidate = max(candidate, -(-behind // size) * size)
    if candidate + size > end:
        raise PoolExhaustedError(message("No /{prefix} is free in {pool}.", prefix=prefix, pool=pool))
    return IPv4Network((candidate, prefix))
