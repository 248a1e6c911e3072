"""What the API's environment says beyond the program's own settings; nothing secret but a local cache's password."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass

from processor.analytics.suppression import LEAST

BOOKS_MB = 64
"""What a process keeps at hand of analytics, by default: an eighth of the smallest task's memory."""

LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "[::1]")
LOAD_BALANCER = re.compile(r"[a-z0-9-]+\.[a-z0-9-]+\.elb\.amazonaws\.com")


@dataclass(frozen=True)
class ApiSettings:
    """Variables of the API alone; a stack need not give any but the issuer."""

    port: int
    bind: str
    tls: bool
    issuer: str
    audience: str
    keys: str
    client_id: str
    """The data office as a public client of the issuer; empty where its people paste tokens."""
    least: int
    cache_name: str
    cache_password: str
    cache_authorities: str
    upload_origin: str
    books_bytes: int
    hosts: tuple[str, ...]
    """Names under which people reach the service, beside those below."""

    def is_own_host(self, host: str) -> bool:
        """Return whether a Host header names this service: a load balancer of AWS, this machine, or a name given."""
        name = re.sub(r":\d{1,5}$", "", host.lower())
        return name in (*LOOPBACK_HOSTS, *self.hosts) or LOAD_BALANCER.fullmatch(name) is not None

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ) -> ApiSettings:
        """Read the environment. `least` is never under three: fewer would name people."""
        get = environment.get
        return cls(
            port=int(get("PORT", "8080")),
            bind=get("BIND", "0.0.0.0"),
            tls=get("API_TLS", "off") == "required",
            issuer=get("OIDC_ISSUER", ""),
            audience=get("OIDC_AUDIENCE", "") or get("DISTRICT", ""),
            keys=get("OIDC_KEYS", ""),
            client_id=get("OIDC_CLIENT_ID", ""),
            least=max(3, int(get("SMALL_CELL", str(LEAST)))),
            cache_name=get("CACHE_NAME", ""),
            cache_password=get("CACHE_PASSWORD", ""),
            cache_authorities=get("CACHE_CA", ""),
            upload_origin=get("UPLOAD_ORIGIN", ""),
            books_bytes=int(get("BOOKS_MB", str(BOOKS_MB))) * 1024 * 1024,
            hosts=tuple(name.strip().lower() for name in get("SERVICE_HOSTS", "").split(",") if name.strip()),
        )
