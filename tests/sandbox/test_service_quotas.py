"""Service Quotas in the sandbox: known quotas, and an increase that is granted at once."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

VPCS = {"ServiceCode": "vpc", "QuotaCode": "L-F678F1CE"}


@pytest.mark.parametrize(
    ("service", "code", "value"),
    [
        ("vpc", "L-F678F1CE", 5),
        ("ec2", "L-0263D0A3", 5),
        ("elasticloadbalancing", "L-53DA6B97", 50),
        ("rds", "L-952B80B8", 40),
        ("fargate", "L-3032A538", 6),
    ],
)
def test_the_quotas_that_a_district_meets_have_awss_defaults(client, service, code, value):
    quotas = client("service-quotas")
    assert quotas.get_aws_default_service_quota(ServiceCode=service, QuotaCode=code)["Quota"]["Value"] == value
    listed = {quota["QuotaCode"] for quota in quotas.list_service_quotas(ServiceCode=service)["Quotas"]}
    assert code in listed


def test_an_increase_is_granted_at_once_and_leaves_the_default(client):
    quotas = client("service-quotas")
    before = quotas.get_service_quota(**VPCS)["Quota"]["Value"]
    gateways = {"ServiceCode": "vpc", "QuotaCode": "L-A4707A72"}
    gateways_before = quotas.get_service_quota(**gateways)["Quota"]["Value"]
    gateways = {"ServiceCode": "vpc", "QuotaCode": "L-A4707A72"}
    gateways_before = quotas.get_service_quota(**gateways)["Quota"]["Value"]
    increase = quotas.request_service_quota_increase(**VPCS, DesiredValue=before + 7)["RequestedQuota"]
    assert (increase["Status"], increase["DesiredValue"]) == ("APPROVED", before + 7)
    assert quotas.get_service_quota(**VPCS)["Quota"]["Value"] == before + 7
    assert quotas.get_aws_default_service_quota(**VPCS)["Quota"]["Value"] == 5
    assert quotas.get_service_quota(**gateways)["Quota"]["Value"] == gateways_before + 7
    assert quotas.get_service_quota(**gateways)["Quota"]["Value"] == gateways_before + 7
    listed = quotas.list_service_quotas(ServiceCode="vpc")["Quotas"]
    assert next(quota["Value"] for quota in listed if quota["QuotaCode"] == VPCS["QuotaCode"]) == before + 7


def test_no_increase_below_what_there_is_and_no_unknown_quota(client):
    quotas = client("service-quotas")
    with pytest.raises(ClientError, match="IllegalArgument"):
        quotas.request_service_quota_increase(**VPCS, DesiredValue=1)
    with pytest.raises(ClientError, match="NoSuchResource"):
        quotas.get_service_quota(ServiceCode="rds", QuotaCode="L-00000000")
