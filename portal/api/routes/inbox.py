"""The inbox of a token's person: what was told, how far it was read, and what comes by mail besides."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Router

from portal.api.door import caller_of, operation
from portal.api.paging import Cursor, Limit, page_of
from portal.api.reach import Caller
from portal.api.schemas.inbox import InboxPage, MailIn, MailOut, ReadIn, UnreadOut, announcement_out
from provisioning.models import Announcement
from provisioning.notices.inbox import choose_mail, chosen_mail, inbox_of, mark_read, read_up_to, unread_count
from registry.accounts.tokens.scopes import Scope

router = Router(tags=["notices"])


@operation(router, "GET", "/inbox", scope=Scope.READ, returns=InboxPage)
def list_inbox(request: HttpRequest, cursor: Cursor, limit: Limit) -> InboxPage:
    """What concerns the token's person within its reach, the newest first."""
    caller = caller_of(request)
    read, following = page_of(_within(caller), cursor, limit)
    last_read = read_up_to(caller.user)
    return InboxPage(
        items=[announcement_out(row, last_read) for row in read], next=following, unread=unread_count(caller.user)
    )


@operation(router, "POST", "/inbox/read", scope=Scope.PERSONAL, returns=UnreadOut)
def mark_inbox_read(request: HttpRequest, body: ReadIn) -> UnreadOut:
    """Keep that everything up to a number is read; what is read stays read."""
    user = caller_of(request).user
    mark_read(user, body.up_to)
    return UnreadOut(unread=unread_count(user))


@operation(router, "GET", "/inbox/mail", scope=Scope.READ, returns=MailOut)
def show_mail_choice(request: HttpRequest) -> MailOut:
    """Which kinds of notices the person gets by mail besides."""
    return MailOut(by_mail=chosen_mail(caller_of(request).user))


@operation(router, "POST", "/inbox/mail", scope=Scope.PERSONAL, returns=MailOut)
def choose_mail_notices(request: HttpRequest, body: MailIn) -> MailOut:
    """Choose which kinds of notices come by mail besides."""
    user = caller_of(request).user
    choose_mail(user, [occasion.value for occasion in body.by_mail])
    return MailOut(by_mail=chosen_mail(user))


def _within(caller: Caller) -> QuerySet[Announcement]:
    rows = inbox_of(caller.user, caller.within.rights).select_related("district")
    return rows.filter(district__in=caller.districts()) if caller.is_narrow else rows
