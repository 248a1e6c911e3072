"""Ends sessions that a person has picked, and puts it on record."""

from __future__ import annotations

from collections.abc import Sequence

from allauth.usersessions.models import UserSession
from django.db import transaction

from messages.message import message
from registry.accounts.models import User
from registry.audit.actions import AuditAction
from registry.audit.services import record


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
