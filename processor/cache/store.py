"""Values in Redis with an expiry, through a breaker: a cache that is away is asked again only now and then."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from typing import TypeVar

import redis
from redis.backoff import NoBackoff
from redis.credentials import CredentialProvider
from redis.retry import Retry

T = TypeVar("T")
logger = logging.getLogger("processor.cache")
EXPIRY_SECONDS, JITTER = 6 * 3600, 0.1
TIMEOUT_SECONDS = 0.5
LONGEST_PAUSE = 15.0


class CacheUnavailableError(Exception):
    """The cache does not answer; whoever asked goes on without it."""


def connect(
    host: str,
    port: int,
    *,
    tls: bool,
    credentials: CredentialProvider | None = None,
    password: str = "",
    authorities: str = "",
) -> redis.Redis:
    """Return a client; nothing is connected before the first command. TLS is verified to the host's name."""
    verified = {"ssl": True, "ssl_cert_reqs": "required", "ssl_check_hostname": True} if tls else {}
    if tls and authorities:
        verified["ssl_ca_certs"] = authorities
    return redis.Redis(
        host=host,
        port=port,
        credential_provider=credentials,
        password=password or None,
        socket_timeout=TIMEOUT_SECONDS,
        socket_connect_timeout=TIMEOUT_SECONDS,
        # A connection that IAM ended after its twelve hours is opened anew.
        retry=Retry(NoBackoff(), 1),
        health_check_interval=30,
        protocol=2,
        **verified,  # type: ignore[arg-type]
    )


class Store:
    """One client behind a breaker."""

    def __init__(self, client: redis.Redis | None, *, now: Callable[[], float] = time.monotonic) -> None:
        self.client, self._now = client, now
        self._pause, self._again_at = 0.0, 0.0
        self._lock = threading.Lock()

    @property
    def is_available(self) -> bool:
        """Return whether it is worth asking."""
        return self.client is not None and self._now() >= self._again_at

    def run(self, command: Callable[[redis.Redis], T]) -> T:
        """Run a command; raises CacheUnavailableError where there is no cache, or it does not answer."""
        if self.client is None or not self.is_available:
            raise CacheUnavailableError
        try:
            answer = command(self.client)
        except (redis.RedisError, OSError) as error:
            self._failed(error)
            raise CacheUnavailableError from error
        if self._pause:
            logger.info("The cache answers again.")
            with self._lock:
                self._pause = 0.0
        return answer

    def get(self, key: str) -> bytes | None:
        """Return a value; raises CacheUnavailableError."""
        value = self.run(lambda client: client.get(key))
        return value if isinstance(value, bytes) else None

    def put(self, key: str, value: bytes) -> None:
        """Keep a value for six hours, give or take a tenth, lest all end at once; raises CacheUnavailableError."""
        seconds = int(EXPIRY_SECONDS * random.uniform(1 - JITTER, 1 + JITTER))
        self.run(lambda client: client.set(key, value, ex=seconds))

    def _failed(self, error: Exception) -> None:
        with self._lock:
            self._pause = min(LONGEST_PAUSE, self._pause * 2 or 1.0)
            self._again_at = self._now() + self._pause * random.uniform(0.8, 1.2)
        logger.warning("The cache is away (%s); asking again in about %.0f s.", type(error).__name__, self._pause)
