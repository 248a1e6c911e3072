"""The access key of the embedded AWS's administrator: made at random at its start, and handed on by its variables.

Who starts it gives it the key by the environment, or asks for a file in the format of AWS's shared credentials file.
"""

from __future__ import annotations

import os
import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

KEY_ID, SECRET = "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"
PREFIX = "AKIAHOMEROOM"
"""How the embedded AWS's own keys begin: what a machine's profile says of a real account is never taken for one."""


@dataclass(frozen=True)
class Key:
    """A pair of keys."""

    id: str
    secret: str = field(repr=False)

    @property
    def variables(self) -> dict[str, str]:
        """The variables by which every client of AWS finds it."""
        return {KEY_ID: self.id, SECRET: self.secret}


def new_key() -> Key:
    """Return a key that nobody has: an identifier of 20 characters and a secret of 40, as IAM's are."""
    letters = string.ascii_uppercase + "234567"
    return Key(PREFIX + "".join(secrets.choice(letters) for _ in range(8)), secrets.token_urlsafe(30))


def given_key(environment: Mapping[str, str] = os.environ) -> Key | None:
    """Return the embedded AWS's key among these variables, or nothing."""
    id_, secret = environment.get(KEY_ID, ""), environment.get(SECRET, "")
    return Key(id_, secret) if id_.startswith(PREFIX) and secret else None


def write_credentials(key: Key, path: Path) -> None:
    """Write a key as a profile that clients find by AWS_SHARED_CREDENTIALS_FILE; its owner alone may read the file."""
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(f"[default]\naws_access_key_id = {key.id}\naws_secret_access_key = {key.secret}\n")
