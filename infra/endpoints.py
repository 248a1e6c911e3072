"""Interface endpoints: AWS's services inside the application's subnets, for this account's calls alone."""

from __future__ import annotations

from infra.cdk import Construct, VpcEndpoint
from infra.endpoint_services import SERVICES
from infra.frame import Frame, allow, policy


class Endpoints(Construct):
    """One endpoint for each service that the tasks and the rotation function call."""

    def __init__(self, scope: Construct, frame: Frame, *, vpc_id: str, subnets: list[str], security_group: str) -> None:
        super().__init__(scope, "endpoints")
        ours = {"StringEquals": {"aws:PrincipalAccount": frame.spec.account_id}}
        self.ways: list[VpcEndpoint] = []
        for service, prefix in SERVICES.items():
            endpoint = VpcEndpoint(
                self,
                service.replace(".", "_"),
                vpc_id=vpc_id,
                service_name=f"com.amazonaws.{frame.spec.region}.{service}",
                vpc_endpoint_type="Interface",
                private_dns_enabled=True,
                subnet_ids=subnets,
                security_group_ids=[security_group],
                policy=policy(allow("OwnCalls", [f"{prefix}:*"], ["*"], Principal="*", Condition=ours)),
                tags=frame.tagged(service.replace(".", "-")),
            )
            self.ways.append(endpoint)
