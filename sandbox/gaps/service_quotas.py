"""Service Quotas: quotas beside those of VPC, lists of applied ones, and a requested increase, granted at once.

AWS grants some increases at once and others after days; the embedded AWS has nobody to ask. Source: Service Quotas API
Reference, GetServiceQuota, ListServiceQuotas, GetAWSDefaultServiceQuota, RequestServiceQuotaIncrease. Default values:
AWS General Reference, "Service endpoints and quotas", per service.
"""

from __future__ import annotations

import json
import uuid
from typing import Any

from sandbox.gaps.extension import add_actions, wrap

MORE = {
    "ec2": [("L-0263D0A3", "EC2-VPC Elastic IPs", 5.0)],
    "elasticloadbalancing": [("L-53DA6B97", "Application Load Balancers per Region", 50.0)],
    "fargate": [("L-3032A538", "Fargate On-Demand vCPU resource count", 6.0)],
    "rds": [("L-952B80B8", "DB clusters", 40.0)],
}
"""Code, name and default of quotas that moto does not have."""

VPCS, INTERNET_GATEWAYS = "L-F678F1CE", "L-A4707A72"
"""Raising the first raises the second by as much (Amazon VPC User Guide, "Amazon VPC quotas")."""


def fill() -> None:
    """Complete the quotas and add the actions."""
    from moto.servicequotas.models import ServiceQuotasBackend
    from moto.servicequotas.responses import ServiceQuotasResponse

    wrap(ServiceQuotasBackend, "list_aws_default_service_quotas", _defaults)
    wrap(ServiceQuotasBackend, "get_service_quota", _get)
    actions = {
        "list_service_quotas": _list,
        "get_aws_default_service_quota": _get_default,
        "request_service_quota_increase": _request,
    }
    add_actions(ServiceQuotasResponse, actions)


def _defaults(original: Any, backend: Any, service_code: str) -> list[dict[str, Any]]:
    if service_code not in MORE:
        quotas: list[dict[str, Any]] = original(backend, service_code)
        return quotas
    return [
        {
            "ServiceCode": service_code,
            "QuotaArn": f"arn:aws:servicequotas:{backend.region_name}::{service_code}/{code}",
            "QuotaCode": code,
            "QuotaName": name,
            "Value": value,
            "Unit": "None",
            "Adjustable": True,
            "GlobalQuota": False,
        }
        for code, name, value in MORE[service_code]
    ]


def _granted(backend: Any) -> dict[tuple[str, str], float]:
    granted: dict[tuple[str, str], float] = backend.__dict__.setdefault("sandbox_granted", {})
    return granted


def _applied(backend: Any, quota: dict[str, Any]) -> dict[str, Any]:
    key = (str(quota["ServiceCode"]), str(quota["QuotaCode"]))
    return {**quota, "Value": _granted(backend).get(key, quota["Value"])}


def _default(backend: Any, service_code: str, quota_code: str) -> dict[str, Any]:
    from moto.servicequotas.exceptions import NoSuchResource

    for quota in backend.list_aws_default_service_quotas(service_code):
        if quota["QuotaCode"] == quota_code:
            default: dict[str, Any] = quota
            return default
    raise NoSuchResource


def _get(original: Any, backend: Any, service_code: str, quota_code: str) -> dict[str, Any]:
    return _applied(backend, _default(backend, service_code, quota_code))


def _quota_key(response: Any) -> tuple[str, str]:
    parameters = json.loads(response.body)
    return str(parameters.get("ServiceCode")), str(parameters.get("QuotaCode"))


def _list(response: Any) -> str:
    service, _ = _quota_key(response)
    backend = response.backend
    quotas = backend.list_aws_default_service_quotas(service)
    return json.dumps({"Quotas": [_applied(backend, quota) for quota in quotas]})


def _get_default(response: Any) -> str:
    return json.dumps({"Quota": _default(response.backend, *_quota_key(response))})


def _request(response: Any) -> str:
    from moto.core.exceptions import JsonRESTError

    service, code = _quota_key(response)
    quota = _applied(response.backend, _default(response.backend, service, code))
    desired = float(json.loads(response.body)["DesiredValue"])
    if not quota["Adjustable"] or desired <= quota["Value"]:
        why = f"Desired value must be above the quota's {quota['Value']:g}, and the quota adjustable."
        raise JsonRESTError("IllegalArgumentException", why)
    granted = _granted(response.backend)
    granted[service, code] = desired
    if code == VPCS:
        gateways = _applied(response.backend, _default(response.backend, service, INTERNET_GATEWAYS))["Value"]
        granted[service, INTERNET_GATEWAYS] = gateways + desired - quota["Value"]
    requested = {"Id": uuid.uuid4().hex, "DesiredValue": desired, "Status": "APPROVED"}
    names = ("ServiceCode", "QuotaCode", "QuotaName", "QuotaArn", "GlobalQuota", "Unit")
    return json.dumps({"RequestedQuota": requested | {name: quota[name] for name in names}})
