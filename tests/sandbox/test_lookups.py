"""What is looked up once is answered the second time as the first; AWS's managed policies are there to be attached."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

MANAGED = "arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"


def test_a_service_that_is_served_and_one_that_is_not_are_told_apart_each_time(client):
    for _ in range(2):
        assert client("sts").get_caller_identity()["Account"] == "123456789012"
        with pytest.raises(ClientError, match="does not implement chime"):
            client("chime").list_accounts()


def test_a_managed_policy_is_attached_and_detached(client):
    iam, trust = client("iam"), json.dumps({"Version": "2012-10-17", "Statement": []})
    iam.create_role(RoleName="monitoring-lookups", AssumeRolePolicyDocument=trust)
    iam.attach_role_policy(RoleName="monitoring-lookups", PolicyArn=MANAGED)
    attached = iam.list_attached_role_policies(RoleName="monitoring-lookups")["AttachedPolicies"]
    assert [policy["PolicyArn"] for policy in attached] == [MANAGED]
    iam.detach_role_policy(RoleName="monitoring-lookups", PolicyArn=MANAGED)
    iam.delete_role(RoleName="monitoring-lookups")
