"""A person's inbox, and what they want by mail."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from portal.api.schemas.base import RequestBody, ResponsePart
from portal.api.schemas.chosen import Occasions
from provisioning.models import Announcement


class AnnouncementOut(ResponsePart):
    """Something that was told."""

    number: int
    occasion: str
    message: str
    path: str = Field(description="Where in the console it is to be seen.")
    district: str | None
    created_at: datetime
    is_read: bool


class InboxPage(ResponsePart):
    """Some of the inbox, the newest first, and how much of all is unread: 100 stands for more."""

    items: list[AnnouncementOut]
    next: str | None
    unread: int


class ReadIn(RequestBody):
    """The number of the newest that was read."""

    up_to: Annotated[int, Field(ge=1, le=2**53)]


class UnreadOut(ResponsePart):
    """How much is unread."""

    unread: int


class MailIn(RequestBody):
    """Which kinds of notices are wanted by mail besides."""

    by_mail: Occasions


class MailOut(ResponsePart):
    """Which kinds of notices come by mail besides."""

    by_mail: list[str]


def announcement_out(row: Announcement, last_read: int) -> AnnouncementOut:
    """Return something that was told, read where its number is not above what was seen."""
    return AnnouncementOut(
        number=row.pk,
        occasion=row.occasion,
        message=row.sentence,
        path=row.path,
        district=row.district.suffix if row.district else None,
        created_at=row.created_at,
        is_read=row.pk <= last_read,
    )
