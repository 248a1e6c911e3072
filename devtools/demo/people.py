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
    stored: dict[str, str] = json.loads(path.read_text())
    return stored


def create(passwords: dict[str, str]) -> None:
    """Create the users that do not exist yet; needs Django to be set up."""
    from registry.accounts.models import User
    from registry.accounts.roles import Role
    from registry.accounts.services import set_user

    for role, username in USERNAMES.items():
        if not User.objects.filter(username=username).exists():
            set_user(username=username, password=passwords[username], role=Role(role))


def token(path: Path) -> str:
    """Return the operator's API token, made at the first start; only its owner may read the file."""
    from django.db import transaction

    from registry.accounts.models import User
    from registry.accounts.tokens.scopes import Scope
    from registry.accounts.tokens.service import TokenInvalidError, create_token, known_token, revoke_all

    value = path.read_text().strip() if path.exists() else ""
    try:
        known_token(value)
    except TokenInvalidError:
        operator = User.objects.get(username=USERNAMES["Operator"])
        with transaction.atomic():
            revoke_all(operator, None)
        scopes = [Scope.OPERATE, Scope.APPROVE, Scope.DESTROY]
        value = create_token(owner=operator, actor=operator, name="demo", scopes=scopes, days=365)[1]
        path.touch(mode=0o600)
        path.write_text(value)
    return value
