"""The only writer of API tokens: makes them, knows them again, and ends them. A token's secret is returned once."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from messages.message import beside_fields, message, word
from registry.accounts.acts import Act, lowest
from registry.accounts.models import ApiToken, User
from registry.accounts.reach import Reach as Reach
from registry.accounts.reach import reach_problems
from registry.accounts.rights import may, require, rights_of
from registry.accounts.roles import NotAllowedError, Role
from registry.accounts.tokens.scopes import ACTS, Scope
from registry.accounts.tokens.secrets import digest, is_well_formed, new_secret
from registry.audit.actions import AuditAction
from registry.audit.services import record

LONGEST_DAYS = 365
MOST = 50
"""Tokens of one person that hold at a time."""
NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 ._-]{0,58}[A-Za-z0-9])?")


class TokenRefusedError(Exception):
    """A token cannot be made: for each field, what is wrong and what to do."""

    code = "token_refused"

    def __init__(self, problems: dict[str, list[str]]) -> None:
        self.problems = problems
        super().__init__(beside_fields(problems))


class TokenInvalidError(Exception):
    """A token lets nobody in: `code` for programs, a sentence for people."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


@transaction.atomic
def create_token(
    *,
    owner: User,
    actor: User | None,
    name: str,
    scopes: Iterable[Scope],
    days: int = 90,
    reach: Reach | None = None,
) -> tuple[ApiToken, str]:
    """Return the new token and its secret, which is kept nowhere.

    For oneself, or as an administrator for a service account. Raises NotAllowedError, TokenRefusedError.
    """
    if actor is None or actor.pk != owner.pk:
        require(actor, Act.ADMINISTER)
        if not owner.is_service:
            raise TokenRefusedError(
                {"owner": [message("Nobody makes tokens for another person: they could act as them.")]}
            )
    locked = User.objects.select_for_update(of=("self",)).get(pk=owner.pk)
    if rights_of(locked).role is None:
        raise NotAllowedError(Role.VIEWER)
    reach, granted = reach or Reach(), sorted({Scope.READ, *scopes})
    problems = _problems(locked, name, granted, days, reach)
    if problems:
        raise TokenRefusedError(problems)
    secret, now = new_secret(), timezone.now()
    token = ApiToken.objects.create(
        user=locked,
        name=name,
        sha256=digest(secret),
        scopes=[scope.value for scope in granted],
        environments=sorted(set(reach.environments)),
        account_ids=sorted(set(reach.account_ids)),
        suffixes=sorted(set(reach.suffixes)),
        created_by=actor,
        expires_at=now + timedelta(days=days),
    )
    record(
        action=AuditAction.TOKEN_CREATED,
        actor=actor,
        subject_kind="user",
        subject_id=locked.get_username(),
        message=message("The API token {name} of {username} was created.", name=name, username=locked.get_username()),
        after={
            "name": name,
            "scopes": token.scopes,
            "environments": token.environments,
            "account_ids": token.account_ids,
            "districts": token.suffixes,
            "expires_at": token.expires_at.isoformat(),
        },
    )
    return token, secret


@transaction.atomic
def revoke_token(*, token: ApiToken, actor: User | None) -> ApiToken:
    """End a token at once; asking twice is fine. One's own, or as an administrator any. Raises NotAllowedError."""
    if actor is None or actor.pk != token.user_id:
        require(actor, Act.ADMINISTER)
    locked = ApiToken.objects.select_for_update(of=("self",)).select_related("user").get(pk=token.pk)
    if locked.revoked_at is None:
        _revoke(locked, actor)
    return locked


def revoke_all(user: User, by: User | None) -> None:
    """End every token of somebody who lost a role or may no longer come in, in the caller's transaction."""
    for token in (
        ApiToken.objects.select_for_update(of=("self",)).select_related("user").filter(user=user, revoked_at=None)
    ):
        _revoke(token, by)


def known_token(text: str) -> ApiToken:
    """Return the token that a request came with, and note the day; raises TokenInvalidError."""
    unknown = TokenInvalidError("token_unknown", message("Nobody has this token."))
    if not is_well_formed(text):
        raise unknown
    token = ApiToken.objects.select_related("user").filter(sha256=digest(text)).first()
    if token is None:
        raise unknown
    if token.revoked_at is not None:
        raise TokenInvalidError("token_revoked", message("This token was revoked."))
    if token.expires_at <= timezone.now():
        raise TokenInvalidError("token_expired", message("This token has expired."))
    if rights_of(token.user).role is None:
        raise TokenInvalidError("token_powerless", message("The owner of this token can no longer sign in."))
    today = timezone.now().date()
    if token.last_used_on != today:
        ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(last_used_on=today)
    return token


def tokens_for(actor: User) -> list[ApiToken]:
    """Return the tokens that a person may see and revoke, the newest first: an administrator everybody's live ones."""
    rows = ApiToken.objects.select_related("user", "created_by").filter(revoked_at=None)
    return list(rows if may(actor, Act.ADMINISTER) else rows.filter(user=actor))


def makers_of(user: User, since: datetime) -> set[int]:
    """Return who made tokens of a service account that held at some time since then: they may have kept the secret."""
    rows = ApiToken.objects.filter(user=user, user__is_service=True, expires_at__gte=since, created_by__isnull=False)
    return set(rows.exclude(revoked_at__lt=since).values_list("created_by_id", flat=True))


def _revoke(token: ApiToken, by: User | None) -> None:
    token.revoked_at, token.revoked_by = timezone.now(), by
    token.save(update_fields=["revoked_at", "revoked_by"])
    record(
        action=AuditAction.TOKEN_REVOKED,
        actor=by,
        subject_kind="user",
        subject_id=token.user.get_username(),
        message=message(
            "The API token {name} of {username} was revoked.", name=token.name, username=token.user.get_username()
        ),
        after={"name": token.name},
    )


def _problems(owner: User, name: str, scopes: list[Scope], days: int, reach: Reach) -> dict[str, list[str]]:
    problems: dict[str, list[str]] = defaultdict(list)
    live = ApiToken.objects.filter(user=owner, revoked_at=None)
    if not NAME.fullmatch(name):
        problems["name"].append(message("Give a name of letters, digits, blanks and . _ - such as github-actions."))
    elif live.filter(name=name).exists():
        problems["name"].append(
            message("A token that was not revoked has this name. Choose another, or revoke that one.")
        )
    rights = rights_of(owner)
    for scope in scopes:
        if not rights.somewhere(ACTS[scope]):
            problems["scopes"].append(
                message(
                    "The scope {scope} needs the role {lowest}.",
                    scope=scope.value,
                    lowest=word(lowest(ACTS[scope]).value, "Role"),
                )
            )
    if live.filter(expires_at__gt=timezone.now()).count() >= MOST:
        problems["name"].append(message("There are {most} tokens already. Revoke one that nobody uses.", most=MOST))
    return dict(problems) | term_problems(days) | reach_problems(reach)


def term_problems(days: int) -> dict[str, list[str]]:
    """Return what is wrong with the days that a token is to hold."""
    return (
        {}
        if 1 <= days <= LONGEST_DAYS
        else {"days": [message("Let it hold for 1 to {longest_days} days.", longest_days=LONGEST_DAYS)]}
    )
