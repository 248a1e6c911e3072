"""The demo's operator has a token for the command line, the same one at its next start."""

from __future__ import annotations

from pathlib import Path

import pytest

from devtools.demo import people
from registry.accounts.models import ApiToken
from registry.accounts.tokens.service import known_token


@pytest.mark.django_db
def test_the_operators_token_is_kept_for_the_next_start_and_made_anew_where_it_is_over(tmp_path: Path):
    people.create(people.passwords(tmp_path / "passwords.json"))
    file = tmp_path / "operator-token"
    first = people.token(file)
    assert known_token(first).user.username == "operator"
    assert people.token(file) == first == file.read_text()
    assert file.stat().st_mode & 0o077 == 0
    file.write_text("")
    assert people.token(file) != first
    assert ApiToken.objects.filter(revoked_at=None).count() == 1
