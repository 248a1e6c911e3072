"""One computation for many that wait, within a process and across processes; the others read what it put.

A key holds one value for ever (it names the data's version), so a second computation costs time and nothing else:
that is what happens where the cache is away, or the one who computes dies and its claim ends.
"""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum

import redis

from processor.cache.store import CacheUnavailableError, Store

logger = logging.getLogger("processor.cache")
CLAIM_SECONDS = 10
LONGEST_WAIT_SECONDS = 60.0
RELEASE = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0"


class ValueSource(StrEnum):
    """Where a value came from."""

    CACHE = "hit"
    OTHER = "shared"
    COMPUTED = "miss"
    AWAY = "bypass"


class _Local:
    """A computation that goes on in this process."""

    def __init__(self) -> None:
        self.ended = threading.Event()
        self.value: bytes | None = None


class SingleFlight:
    """Reads through a store."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._lock = threading.Lock()
        self._going: dict[str, _Local] = {}

    def through(self, key: str, compute: Callable[[], bytes]) -> tuple[bytes, ValueSource]:
        """Return the key's value, out of the cache, from whoever computes it now, or computed here."""
        cached = self.cached(key)
        if cached is not None:
            return cached, ValueSource.CACHE
        with self._lock:
            going = self._going.get(key)
            mine = going is None
            if going is None:
                going = self._going[key] = _Local()
        if not mine:
            going.ended.wait(LONGEST_WAIT_SECONDS)
            # It failed, or takes too long: everyone for themselves.
            return (going.value, ValueSource.OTHER) if going.value is not None else (compute(), ValueSource.COMPUTED)
        try:
            going.value, came = self._across(key, compute)
            return going.value, came
        finally:
            with self._lock:
                del self._going[key]
            going.ended.set()

    def _across(self, key: str, compute: Callable[[], bytes]) -> tuple[bytes, ValueSource]:
        token = secrets.token_hex(8)
        claim = f"{key}:claim"
        try:
            while not self.store.run(lambda client: client.set(claim, token, nx=True, ex=CLAIM_SECONDS)):
                cached = self._wait(key)
                if cached is not None:
                    return cached, ValueSource.OTHER
            cached = self.store.get(key)
            if cached is not None:
                self._release(claim, token, key)
                return cached, ValueSource.OTHER
        except CacheUnavailableError:
            return compute(), ValueSource.AWAY
        with self._kept(claim):
            try:
                value = compute()
                self.put(key, value)
            finally:
                self._release(claim, token, key)
        return value, ValueSource.COMPUTED

    def _wait(self, key: str) -> bytes | None:
        """Wait for word of the value, or until the claim must have ended; raises CacheUnavailableError."""

        def listen(client: redis.Redis) -> bytes | None:
            with client.pubsub(ignore_subscribe_messages=True) as heard:  # type: ignore[no-untyped-call]
                heard.subscribe(f"{key}:done")
                heard.get_message(timeout=0.4)
                cached = client.get(key)
                if isinstance(cached, bytes):
                    return cached
                heard.get_message(timeout=1.0)
                cached = client.get(key)
                return cached if isinstance(cached, bytes) else None

        return self.store.run(listen)

    def cached(self, key: str) -> bytes | None:
        """Return what the cache has of a key, without waiting for anybody."""
        try:
            return self.store.get(key)
        except CacheUnavailableError:
            return None

    def put(self, key: str, value: bytes) -> None:
        """Keep a value that was computed on the way."""
        try:
            self.store.put(key, value)
        except CacheUnavailableError:
            logger.info("A value could not be kept.")

    def _release(self, claim: str, token: str, key: str) -> None:
        try:
            self.store.run(lambda client: client.eval(RELEASE, 1, claim, token))
            self.store.run(lambda client: client.publish(f"{key}:done", ""))
        except CacheUnavailableError:
            logger.info("A claim ends by itself.")

    @contextmanager
    def _kept(self, claim: str) -> Iterator[None]:
        """Renew a claim while it is worked on; a process that dies renews nothing."""
        stopped = threading.Event()

        def renew() -> None:
            while not stopped.wait(CLAIM_SECONDS / 3):
                try:
                    self.store.run(lambda client: client.expire(claim, CLAIM_SECONDS))
                except CacheUnavailableError:
                    return

        thread = threading.Thread(target=renew, name="claim", daemon=True)
        thread.start()
        try:
            yield
        finally:
            stopped.set()
            thread.join()
