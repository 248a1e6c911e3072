"""An LRU of what the cache holds, in the process: the least recently used goes first, by what fits in so many bytes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Codec(Generic[T]):
    """How things are written for the cache and read out of it, and about how many bytes one takes in memory."""

    encode: Callable[[T], bytes]
    decode: Callable[[bytes], T]
    weigh: Callable[[T], int]


class LruCache:
    """Things by their keys, bounded by their weight; one that is heavier than the bound is not kept."""

    def __init__(self, bound: int) -> None:
        self._bound, self._weight = bound, 0
        self._things: OrderedDict[str, tuple[Any, int]] = OrderedDict()
        self._lock, self._opening = threading.Lock(), threading.Lock()

    def get(self, key: str) -> Any | None:
        """Return what is at hand."""
        with self._lock:
            if key not in self._things:
                return None
            self._things.move_to_end(key)
            return self._things[key][0]

    def put(self, key: str, thing: Any, weight: int) -> None:
        """Keep a thing, and let go of those that were not used for the longest time."""
        with self._lock:
            if key in self._things or weight > self._bound:
                return
            self._things[key] = thing, weight
            self._weight += weight
            while self._weight > self._bound:
                _, (_, gone) = self._things.popitem(last=False)
                self._weight -= gone

    def opened(self, key: str, value: bytes, kind: Codec[T]) -> T:
        """Return what a value out of the cache says. Of many who wait for one, the first decodes it for all."""
        with self._opening:
            cached: T | None = self.get(key)
            if cached is None:
                cached = kind.decode(value)
                self.put(key, cached, kind.weigh(cached))
            return cached
