"""A district as the specification of its stack."""

from __future__ import annotations

from typing import Any

from infra.upgrade import SPEC_VERSION
from registry.districts.models import District

FIELDS = {
    "images": "image",
    "engine_versions": "postgres_version",
    "engine_versions.cache": "cache_version",
    "sign_in": "oidc_issuer",
    "sign_in.audience": "oidc_audience",
    "sign_in.keys": "oidc_keys",
}
"""Where a field of the specification has another name among the district's own."""


def district_field(named: str) -> str:
    """Return the district's field that a field of the specification, such as ``sign_in.keys``, is made from."""
    first = named.partition(".")[0]
    return FIELDS.get(named, FIELDS.get(first, first))


def spec_data(district: District) -> dict[str, Any]:
    """Return the specification as plain JSON data; `infra.spec` says what each field means."""
    return {
        "spec_version": SPEC_VERSION,
        "district_name": district.name,
        "slug": district.slug,
        "environment": district.environment,
        "suffix": district.suffix,
        "region": district.region,
        "account_id": district.account.account_id,
        "role_arn": district.account.role_arn or None,
        "external_id": district.account.external_id or None,
        "permissions_boundary_arn": district.account.permissions_boundary_arn or None,
        "cidr": str(district.cidr),
        "zones": district.zones,
        "size": district.size,
        "database_instances": district.database_instances,
        "egress": district.egress,
        "certificate_arn": district.certificate_arn or None,
        "hosted_zone_id": district.hosted_zone_id or None,
        "domain_name": district.domain_name or None,
        "allowed_client_cidrs": district.allowed_client_cidrs,
        "alarm_emails": district.alarm_emails,
        "images": {"api": district.image or None, "worker": district.image or None},
        "sign_in": {
            "issuer": district.oidc_issuer or None,
            "audience": district.oidc_audience or None,
            "keys": district.oidc_keys or None,
        },
        "district_ids": district.district_ids,
        "engine_versions": {
            name: version
            for name, version in (("postgres", district.postgres_version), ("cache", district.cache_version))
            if version
        },
        "retention_days": district.retention_days,
        "backup_days": district.backup_days,
        "final_snapshot": district.final_snapshot,
        "monthly_budget_usd": district.monthly_budget_usd,
        "tags": district.tags,
    }
