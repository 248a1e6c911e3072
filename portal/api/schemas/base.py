"""The two bases: what comes in is strict, what goes out is as it is."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Taken(BaseModel):
    """A body that is sent: no field that there is not, and none of another type."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Given(BaseModel):
    """A part of an answer."""

    model_config = ConfigDict(extra="forbid")
