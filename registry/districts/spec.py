"""A district as the specification of its stack."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Any

from infra.fields import ROWS, DistrictField, Empty
from infra.upgrade import SPEC_VERSION
from registry.districts.models import District

FIELDS = {path: row.name for row in ROWS for path in row.spec}
"""The district's field by where the specification has it."""

OF_PARTS = {path.partition(".")[0]: name for path, name in reversed(FIELDS.items())}
"""The same for a part of the specification as a whole: the first of the fields in it."""


def district_field(named: str) -> str:
    """Return the district's field that a field of the specification, such as ``sign_in.keys``, is made from."""
    first = named.partition(".")[0]
    return FIELDS.get(named) or OF_PARTS.get(first) or first


def spec_data(district: District) -> dict[str, Any]:
    """Return the specification as plain JSON data; `infra.spec` says what each field means."""
    account = district.account
    data: dict[str, Any] = {
        "spec_version": SPEC_VERSION,
        "suffix": district.suffix,
        "role_arn": account.role_arn or None,
        "external_id": account.external_id or None,
        "permissions_boundary_arn": account.permissions_boundary_arn or None,
    }
    for row in ROWS:
        value = account.account_id if row.name == "account_id" else getattr(district, row.name)
        for path in row.spec:
            _put(data, path, row, value)
    return data


def _put(data: dict[str, Any], path: str, row: DistrictField, value: Any) -> None:
    first, _, rest = path.partition(".")
    part, name = (data.setdefault(first, {}), rest) if rest else (data, first)
    if value or row.empty is Empty.AS_IT_IS:
        part[name] = str(value) if isinstance(value, IPv4Network) else value
    elif row.empty is Empty.NULL:
        part[name] = None
