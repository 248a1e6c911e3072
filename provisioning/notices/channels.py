"""The ways a notice goes out: those that the settings name, and the endpoints. Each either delivers or says why not."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from enum import StrEnum
from http.client import HTTPException
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.utils import timezone

from messages.message import message
from messages.stored import codes_of
from provisioning.models import Notice, NoticeEndpoint
from provisioning.notices.endpoint_secrets import address_unsealed, valid_secrets
from provisioning.notices.writing import NoticePayload, written
from registry.outbound.addresses import AddressRefusedError
from registry.outbound.posting import Answer, NotTakenError, post
from registry.outbound.sealing import UnsealedError
from registry.outbound.signing import headers_of

TIMEOUT_SECONDS = 5.0
"""The upkeep worker waits for it, and the reaper with it."""


class Channel(StrEnum):
    """A way out."""

    EMAIL = "email"
    WEBHOOK = "webhook"


class NotDeliveredError(Exception):
    """The notice did not arrive, as far as we know; the sentence holds no address and no secret."""

    def __init__(self, sentence: str, status: int | None = None, answer: str = "") -> None:
        self.status, self.answer = status, answer
        super().__init__(sentence)


def configured() -> list[Channel]:
    """Return the channels that the settings name."""
    return [
        *([Channel.EMAIL] if settings.NOTIFY_EMAILS else []),
        *([Channel.WEBHOOK] if settings.NOTIFY_WEBHOOK_URL else []),
    ]


def can_mail() -> bool:
    """Return whether the settings let mail leave."""
    return bool(settings.EMAIL_FROM)


def deliver(notice: Notice) -> Answer | None:
    """Send a notice on its way and return the receiver's answer, if it gives one; raises NotDeliveredError."""
    if notice.endpoint is not None:
        return _to_endpoint(notice, notice.endpoint)
    if Channel(notice.channel) not in configured() and not (notice.recipient and can_mail()):
        raise NotDeliveredError(message("The settings name no {channel} any more.", channel=notice.channel))
    if notice.channel == Channel.EMAIL:
        _by_email(notice, [notice.recipient] if notice.recipient else settings.NOTIFY_EMAILS)
    else:
        _by_webhook(notice)
    return None


def address_of(notice: Notice) -> str:
    """Return where the notice's subject is to be seen: a whole address where the settings know the portal's own."""
    return f"{settings.PUBLIC_URL.rstrip('/')}{notice.path}"


def payload_of(notice: Notice) -> dict[str, Any]:
    """Return what a webhook's receiver is given, as JSON data."""
    return {
        "id": str(notice.key),
        "type": notice.occasion,
        "created_at": notice.created_at.isoformat(),
        "message": notice.sentence,
        "messages": codes_of(notice.sentence),
        "url": address_of(notice),
        **notice.about,
    }


def _to_endpoint(notice: Notice, endpoint: NoticeEndpoint) -> Answer | None:
    try:
        address = address_unsealed(endpoint)
        if endpoint.kind == NoticeEndpoint.Kind.MAIL:
            _by_email(notice, address.split(","))
            return None
        body = written(NoticeEndpoint.Kind(endpoint.kind), notice.occasion, notice_payload(notice))
        headers = {"Content-Type": "application/json"}
        if endpoint.kind == NoticeEndpoint.Kind.WEBHOOK:
            at = timezone.now()
            headers |= headers_of(str(notice.key), int(at.timestamp()), body, valid_secrets(endpoint, at))
        return post(address, body, headers)
    except NotTakenError as refusal:
        raise NotDeliveredError(str(refusal), refusal.status, refusal.answer) from refusal
    except (AddressRefusedError, UnsealedError) as refusal:
        raise NotDeliveredError(str(refusal)) from refusal


def notice_payload(notice: Notice) -> NoticePayload:
    """Return what there is to write to an endpoint."""
    return NoticePayload(notice.sentence, address_of(notice), notice.created_at, notice.about)


def _by_email(notice: Notice, recipients: list[str]) -> None:
    try:
        send_mail(
            f"[Homeroom] {notice.sentence.splitlines()[0][:150]}",
            f"{notice.sentence}\n\n{address_of(notice)}\n",
            settings.EMAIL_FROM,
            recipients,
        )
    except (OSError, SMTPException) as error:
        raise NotDeliveredError(
            message("The mail server did not take it: {error}.", error=type(error).__name__)
        ) from error


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A signed body goes where the settings say and nowhere else."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        """Follow none."""


def _by_webhook(notice: Notice) -> None:
    body = json.dumps(payload_of(notice), ensure_ascii=False).encode()
    headers = {"Content-Type": "application/json", "User-Agent": "Homeroom"}
    secrets = [settings.NOTIFY_WEBHOOK_SECRET]
    headers |= headers_of(str(notice.key), int(timezone.now().timestamp()), body, secrets)
    # The scheme is checked where the setting is read.
    request = urllib.request.Request(settings.NOTIFY_WEBHOOK_URL, data=body, headers=headers, method="POST")
    try:
        with urllib.request.build_opener(_NoRedirect).open(request, timeout=TIMEOUT_SECONDS):
            return
    except urllib.error.HTTPError as error:
        error.close()
        raise NotDeliveredError(message("The webhook answered {code}.", code=error.code)) from error
    except (OSError, HTTPException) as error:
        raise NotDeliveredError(message("The webhook did not answer: {error}.", error=type(error).__name__)) from error
