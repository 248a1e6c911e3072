"""A person's own sessions: which there are, and their end, which is put on record."""

from __future__ import annotations

from collections.abc import Sequence

from allauth.usersessions.models import UserSession
from django.db import transaction

from messages.message import message
from registry.accounts.credentials import end_sessions
from registry.accounts.models import User
from registry.audit.actions import AuditAction
from registry.audit.services import record


def sessions_of(user: User) -> list[UserSession]:
    """Return the sessions that a person still has, the newest first; those that have ended are forgotten."""
    rows = UserSession.objects.purge_and_list(user)
    return sorted(rows, key=lambda session: (session.created_at, session.pk), reverse=True)


@transaction.atomic
def revoke(user: User, sessions: Sequence[UserSession]) -> None:
    """End sessions of the person's own."""
    for session in sessions:
        session.end()
    if sessions:
        record(
            action=AuditAction.SESSION_REVOKED,
            actor=user,
            subject_kind="user",
            subject_id=user.get_username(),
            message=message(
                "{username} ended {sessions} of their sessions.", username=user.get_username(), sessions=len(sessions)
            ),
        )


@transaction.atomic
def revoke_all(user: User, *, but: str = "") -> None:
    """End every session of the person's own, those of which nothing is listed as well.

    The one with the key `but` is not put on record: who asks begins it anew.
    """
    revoke(user, list(UserSession.objects.filter(user=user).exclude(session_key=but)))
    end_sessions(user)
