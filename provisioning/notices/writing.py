"""Writes a notice as each kind of endpoint reads it. Pure.

Sources: Standard Webhooks 1.0, "Payload structure"; Slack, "Formatting text for app surfaces" (escaping); Microsoft,
"Create incoming webhooks with Workflows" and Adaptive Cards 1.4 (RichTextBlock, whose runs know no Markdown).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from messages.stored import codes_of
from provisioning.models import NoticeEndpoint

Kind = NoticeEndpoint.Kind
SLACK_SIGNS = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


@dataclass(frozen=True)
class NoticePayload:
    """What a notice says: a sentence, where it is to be seen, when, and of what."""

    sentence: str
    url: str
    at: datetime
    about: Mapping[str, Any]


def written(kind: Kind, occasion: str, payload: NoticePayload) -> bytes:
    """Return the body for a kind of endpoint that is posted to."""
    if kind is Kind.SLACK:
        content = _for_slack(payload)
    elif kind is Kind.TEAMS:
        content = _for_teams(payload)
    else:
        data = {
            "message": payload.sentence,
            "messages": codes_of(payload.sentence),
            "url": payload.url,
            **payload.about,
        }
        content = {"type": occasion, "timestamp": payload.at.isoformat(), "data": data}
    return json.dumps(content, ensure_ascii=False).encode()


def _for_slack(payload: NoticePayload) -> dict[str, Any]:
    sentence = "".join(SLACK_SIGNS.get(letter, letter) for letter in payload.sentence)
    return {"text": f"{sentence}\n{payload.url}", "mrkdwn": False, "unfurl_links": False}


def _for_teams(payload: NoticePayload) -> dict[str, Any]:
    body: list[dict[str, Any]] = [{"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": payload.sentence}]}]
    opening = {"type": "Action.OpenUrl", "title": "Homeroom", "url": payload.url}
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
        # A button without a whole address is none.
        "actions": [opening] if payload.url.startswith("http") else [],
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}
