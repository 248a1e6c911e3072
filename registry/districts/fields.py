"""PostgreSQL's ``cidr`` as a Django field, so that the database itself can refuse overlapping networks."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import TYPE_CHECKING, Any

from django.db import models

if TYPE_CHECKING:
    Base = models.Field[IPv4Network | str, IPv4Network]
    AnyLookup = models.Lookup[Any]
else:
    Base = models.Field
    AnyLookup = models.Lookup


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


@CidrField.register_lookup
class Holds(AnyLookup):
    """`cidr__holds=address`: the network contains the address or network, or is it; a GiST index serves it."""

    lookup_name = "holds"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        """Write PostgreSQL's operator."""
        left, left_values = self.process_lhs(compiler, connection)
        right, right_values = self.process_rhs(compiler, connection)
        return f"{left} >>= {right}::inet", (*left_values, *right_values)


@CidrField.register_lookup
class Overlaps(AnyLookup):
    """`cidr__overlaps=network`: both have an address in common; a GiST index serves it."""

    lookup_name = "overlaps"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        """Write PostgreSQL's operator."""
        left, left_values = self.process_lhs(compiler, connection)
        right, right_values = self.process_rhs(compiler, connection)
        return f"{left} && {right}::inet", (*left_values, *right_values)
