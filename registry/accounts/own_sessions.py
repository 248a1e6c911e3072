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
    """Return the sessions that a person still has, the newest first."""
    rows = UserSession.objects.filter(user=user).order_by("-created_at", "-pk")
    return [session for session in rows if session.exists()]


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
def revoke_all(user: User) -> None:
    """End every session of the person's own, those of which nothing is listed as well."""
    revoke(user, list(UserSession.objects.filter(user=user)))
    end_sessions(user)
