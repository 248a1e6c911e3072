"""What the environment says, read once: names and addresses, nothing secret."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass


class SettingMissingError(RuntimeError):
    """A variable that this command needs is not set."""


@dataclass(frozen=True)
class Settings:
    """The variables of the stack's task definitions, and a few that a stack need not give."""

    database_secret: str
    database_owner_secret: str
    database_tls: str
    database_ca: str
    pseudonym_secret: str
    sources_secret: str
    sources_let_in: frozenset[str]
    way_out: str
    bucket: str
    queue_url: str
    dead_letter_url: str
    access_log_group: str
    district: str
    district_ids: frozenset[str]
    cache_host: str
    cache_port: int
    cache_tls: bool
    cache_user: str
    beat_file: str

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Read the environment; what a command needs and is empty is refused by `need`."""
        get = environment.get
        ids = (part.strip() for part in get("DISTRICT_IDS", "").split(","))
        return cls(
            database_secret=get("DATABASE_SECRET_ARN", ""),
            database_owner_secret=get("DATABASE_OWNER_SECRET_ARN", ""),
            database_tls=get("DATABASE_TLS", "verify-full"),
            database_ca=get("DATABASE_CA", ""),
            pseudonym_secret=get("PSEUDONYM_SECRET_ARN", "") or get("DATABASE_SECRET_ARN", ""),
            sources_secret=get("SOURCES_SECRET_ARN", ""),
            sources_let_in=frozenset(filter(None, (part.strip() for part in get("SOURCES_LET_IN", "").split(",")))),
            way_out=get("WAY_OUT", ""),
            bucket=get("RESULTS_BUCKET", ""),
            queue_url=get("RESULTS_QUEUE_URL", ""),
            dead_letter_url=get("DEAD_LETTER_QUEUE_URL", ""),
            access_log_group=get("ACCESS_LOG_GROUP", ""),
            district=get("DISTRICT", ""),
            district_ids=frozenset(part for part in ids if part),
            cache_host=get("CACHE_HOST", ""),
            cache_port=int(get("CACHE_PORT", "6379")),
            cache_tls=get("CACHE_TLS", "required") != "off",
            cache_user=get("CACHE_USER", ""),
            beat_file=get("WORKER_BEAT_FILE", ""),
        )

    def need(self, *names: str) -> Settings:
        """Return the settings; raises SettingMissingError with the variables that are empty and should not be."""
        empty = [VARIABLES[name] for name in names if not getattr(self, name)]
        if empty:
            raise SettingMissingError(f"{', '.join(empty)} must be set; the stack's task definitions set them.")
        return self


NEEDED = {
    "worker": ("database_secret", "pseudonym_secret", "bucket", "queue_url", "district"),
    "api": ("database_secret", "pseudonym_secret", "bucket", "district"),
    "migrate": ("database_owner_secret", "database_secret"),
}
"""What a command cannot do without."""
VARIABLES = {
    "database_secret": "DATABASE_SECRET_ARN",
    "database_owner_secret": "DATABASE_OWNER_SECRET_ARN",
    "pseudonym_secret": "PSEUDONYM_SECRET_ARN",
    "bucket": "RESULTS_BUCKET",
    "queue_url": "RESULTS_QUEUE_URL",
    "district": "DISTRICT",
}
