"""PostgreSQL's ``cidr`` as a Django field, so that the database itself can refuse overlapping networks."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import TYPE_CHECKING, Any

from django.db import models

if TYPE_CHECKING:
    Base = models.Field[IPv4Network | str, IPv4Network]
else:
    Base = models.Field


class CidrField(Base):
    """An IPv4 network, in Python an IPv4Network."""

    description = "IPv4 network"

    def db_type(self, connection: Any) -> str:
        """Return the column's type."""
        return "cidr"

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> IPv4Network | None:
        """Turn what the driver gives into a network."""
        return None if value is None else IPv4Network(value)

    def to_python(self, value: Any) -> IPv4Network | None:
        """Turn text into a network; raises ValueError for anything else."""
        return None if value in (None, "") else IPv4Network(value)

    def get_prep_value(self, value: Any) -> str | None:
        """Turn a network into what the driver takes."""
        return None if value is None else str(IPv4Network(value))

    def value_to_string(self, obj: models.Model) -> str:
        """Serialize."""
        return str(self.value_from_object(obj))
