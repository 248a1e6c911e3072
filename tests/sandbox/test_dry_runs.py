"""A dry run of EC2 is answered without being carried out, whatever the action."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError


@pytest.mark.parametrize(
    ("operation", "given", "listed"),
    [
        ("create_vpc", {"CidrBlock": "10.77.0.0/22"}, "describe_vpcs"),
        ("allocate_address", {"Domain": "vpc"}, "describe_addresses"),
        ("create_internet_gateway", {}, "describe_internet_gateways"),
        ("create_key_pair", {"KeyName": "nobodys"}, "describe_key_pairs"),
    ],
)
def test_a_dry_run_makes_nothing(client, operation, given, listed):
    ec2 = client("ec2")

    def there() -> object:
        return {key: value for key, value in getattr(ec2, listed)().items() if key != "ResponseMetadata"}

    before = there()
    with pytest.raises(ClientError) as refused:
        getattr(ec2, operation)(DryRun=True, **given)
    assert refused.value.response["Error"]["Code"] == "DryRunOperation"
    assert there() == before
