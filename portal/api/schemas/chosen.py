"""Several of an enumeration, as JSON has them: each by its value, though bodies take no other types than they name."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from infra.spec import Environment
from provisioning.notices.occasions import Occasion

Occasions = Annotated[list[Annotated[Occasion, Field(strict=False)]], Field(max_length=len(Occasion))]
Environments = Annotated[list[Annotated[Environment, Field(strict=False)]], Field(max_length=len(Environment))]
