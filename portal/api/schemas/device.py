"""A sign-in by a code that a person confirms, in the words of RFC 8628."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from portal.api.schemas.base import Given, Taken
from registry.accounts.tokens.scopes import Scope

ClientId = Annotated[
    str,
    Field(
        min_length=1,
        max_length=40,
        pattern=r"^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$",
        description="What the person is told asks, such as `homeroom-laptop`; the token's name begins with it.",
    ),
]


class DeviceIn(Taken):
    """Who asks, and for what."""

    client_id: ClientId
    scopes: list[Annotated[Scope, Field(strict=False)]] = Field(
        default=[Scope.READ], max_length=10, description="What the token is asked for; the person can give less."
    )


class DeviceOut(Given):
    """The codes."""

    device_code: str = Field(description="The program's own; keep it to yourself.")
    user_code: str = Field(description="Show it to the person.")
    verification_uri: str = Field(description="Where the person types it.")
    verification_uri_complete: str
    expires_in: int = Field(description="Seconds.")
    interval: int = Field(description="Seconds to wait between two questions for the token.")


class DeviceTokenIn(Taken):
    """A question for the token."""

    grant_type: Literal["urn:ietf:params:oauth:grant-type:device_code"]
    device_code: str = Field(min_length=1, max_length=200)


class DeviceTokenOut(Given):
    """The token, which is said once."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"
    name: str
    scopes: list[Scope]
    expires_at: datetime
