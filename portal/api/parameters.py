"""The parts of addresses."""

from __future__ import annotations

from typing import Annotated

from ninja import Path

Suffix = Annotated[str, Path(..., pattern=r"^[a-z][a-z0-9-]{2,19}$", description="A district's suffix.")]
Number = Annotated[int, Path(..., ge=1, le=2**53)]
AccountId = Annotated[str, Path(..., pattern=r"^[0-9]{12}$", description="An AWS account's id.")]
