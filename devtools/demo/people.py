"""The demo's users: one per role, with passwords made at random and kept for the folder's next start."""

from __future__ import annotations

import json
import secrets
from pathlib import Path

USERNAMES = {"Administrator": "admin", "Operator": "operator", "Viewer": "viewer"}


def passwords(path: Path) -> dict[str, str]:
    """Return the password of each username, made at the first start; only their owner may read the file."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(json.dumps({name: secrets.token_urlsafe(15) for name in USERNAMES.values()}))
    kept: dict[str, str] = json.loads(path.read_text())
    return kept


def create(kept: dict[str, str]) -> None:
    """Create the users that do not exist yet; needs Django to be set up."""
    from registry.accounts.models import User
    from registry.accounts.roles import Role
    from registry.accounts.services import set_user

    for role, username in USERNAMES.items():
        if not User.objects.filter(username=username).exists():
            set_user(username=username, password=kept[username], role=Role(role))
