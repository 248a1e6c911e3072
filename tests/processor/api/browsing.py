"""What the data office's pages are watched for in a real browser."""

from __future__ import annotations

from playwright.sync_api import Page


def complaints_of(page: Page) -> list[str]:
    """Return the list that fills with the warnings and errors of a page's console, and with its scripts' failures."""
    complaints: list[str] = []
    page.on(
        "console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return complaints
