"""A sign-in by a code that a person confirms, in the words of RFC 8628."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from messages.message import message
from portal.api.oauth import ERRORS
from portal.api.problems import ProblemError
from portal.api.schemas.base import ResponsePart
from portal.api.schemas.problems import Problem
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


GRANT_TYPE = "urn:ietf:params:oauth:grant-type:device_code"


class OAuthProblem(Problem):
    """Why a program gets no code or no token (RFC 6749, 5.2), with what a problem says."""

    error: str = Field(description="OAuth's word.", json_schema_extra={"enum": list(ERRORS)})
    error_description: str


def known_scopes(names: Iterable[str]) -> list[Scope]:
    """Return the scopes of these names; raises ProblemError for one that there is not."""
    requested = list(names)
    if unknown := [name for name in requested if name not in set(Scope)]:
        raise ProblemError(
            HTTPStatus.BAD_REQUEST, "invalid_scope", message("There is no scope {scope}.", scope=unknown[0][:40])
        )
    return [Scope(name) for name in requested]


class OAuthRequest(BaseModel):
    """What a client of OAuth sends; parameters that nobody knows are passed over (RFC 6749, 3.2)."""

    model_config = ConfigDict(extra="ignore", strict=True)


class DeviceIn(OAuthRequest):
    """Who asks, and for what."""

    client_id: ClientId
    scopes: list[Annotated[Scope, Field(strict=False)]] = Field(
        default=[Scope.READ], max_length=10, description="What the token is asked for; the person can give less."
    )
    scope: str = Field(default="", max_length=200, description="The same as one text, with blanks between.")

    @field_validator("scopes", mode="before")
    @classmethod
    def check_scopes(cls, given: Any) -> Any:
        """Refuse scopes that there are not in OAuth's word; raises ProblemError."""
        if isinstance(given, list):
            known_scopes(name for name in given if isinstance(name, str))
        return given

    def wanted(self) -> list[Scope]:
        """Return the scopes that are asked for in either way; raises ProblemError."""
        return [*self.scopes, *known_scopes(self.scope.split())]


class DeviceOut(ResponsePart):
    """The codes."""

    device_code: str = Field(description="The program's own; keep it to yourself.")
    user_code: str = Field(description="Show it to the person.")
    verification_uri: str = Field(description="Where the person types it.")
    verification_uri_complete: str
    expires_in: int = Field(description="Seconds.")
    interval: int = Field(description="Seconds to wait between two questions for the token.")


class DeviceTokenIn(OAuthRequest):
    """A question for the token."""

    grant_type: Literal["urn:ietf:params:oauth:grant-type:device_code"]
    device_code: str = Field(min_length=1, max_length=200)
    client_id: str = Field(default="", max_length=200, description="Who began, if it is said.")

    @field_validator("grant_type", mode="before")
    @classmethod
    def check_grant_type(cls, given: Any) -> Any:
        """Refuse another kind of grant in OAuth's word; raises ProblemError."""
        if isinstance(given, str) and given != GRANT_TYPE:
            raise ProblemError(
                HTTPStatus.BAD_REQUEST,
                "unsupported_grant_type",
                message("The only grant_type here is {kind}.", kind=GRANT_TYPE),
            )
        return given


class DeviceTokenOut(ResponsePart):
    """The token, which is said once."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"
    expires_in: int = Field(description="Seconds.")
    scope: str = Field(description="The scopes as one text, with blanks between.")
    name: str
    scopes: list[Scope]
    expires_at: datetime
