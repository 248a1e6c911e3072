"""Refuses a request whose body is larger than any of ours, before anything reads it or asks who sends it."""

from __future__ import annotations

from typing import Any

LARGEST_BODY = 64 * 1024
"""Bytes: results go to the bucket, so the largest that comes here is a form with a token."""
ANSWER = b'{"type":"about:blank","title":"This is more than the service takes.","status":413}'


class BodyTooLargeError(Exception):
    """More of a body came than it may have."""


class BodyLimit:
    """Counts what arrives of a body, and ends it at the limit."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        length = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        if not length.isdigit() or int(length) > LARGEST_BODY:
            await refuse(send)
            return
        came, begun = 0, False

        async def counted() -> Any:
            nonlocal came
            message = await receive()
            came += len(message.get("body", b""))
            if came > LARGEST_BODY:
                raise BodyTooLargeError
            return message

        async def noted(message: Any) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, counted, noted)
        except BodyTooLargeError:
            if not begun:
                await refuse(send)


async def refuse(send: Any) -> None:
    """Answer 413 and let the connection end: what else was sent of the body is not read."""
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", str(len(ANSWER)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": ANSWER})
