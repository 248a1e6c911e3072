"""A district's stack: reading this is reading its architecture."""

from __future__ import annotations

from typing import Any

from infra.audit import Audit
from infra.cache import Cache
from infra.cdk import AwsProvider, AwsProviderDefaultTags, Construct, TerraformOutput, TerraformStack, member
from infra.compute import Compute, TaskInputs
from infra.database import Database
from infra.edge import Edge
from infra.encryption import Encryption
from infra.frame import Frame
from infra.ingest import Ingest
from infra.network import Network
from infra.observability import Observability, Watched
from infra.secret import PASSWORD_VERSION, RotationCode, Secret, declare_password
from infra.security_groups import SecurityGroups
from infra.spec import DistrictSpec

STACK = "district"


class DistrictStack(TerraformStack):
    """Everything of one district, in one Terraform state."""

    def __init__(self, scope: Construct, spec: DistrictSpec, rotation: RotationCode) -> None:
        super().__init__(scope, STACK)
        frame = Frame(spec)
        AwsProvider(
            self,
            "aws",
            region=spec.region,
            allowed_account_ids=[spec.account_id],
            default_tags=[AwsProviderDefaultTags(tags=frame.default_tags)],
        )
        key = Encryption(self, frame)
        network = Network(self, frame, key_arn=key.key_arn)
        application, data = network.subnets["application"], network.subnets["data"]
        groups = SecurityGroups(
            self,
            frame,
            vpc_id=network.vpc_id,
            s3_prefix_list=network.s3_prefix_list,
            application_subnets=application,
        )
        database = Database(
            self,
            frame,
            key_arn=key.key_arn,
            subnets=data,
            security_group=groups.ids["database"],
            password=declare_password(self),
            password_version=PASSWORD_VERSION,
        )
        secret = Secret(
            self,
            frame,
            key_arn=key.key_arn,
            endpoint=database.endpoint,
            subnets=application,
            security_group=groups.ids["rotation"],
            code=rotation,
        )
        cache = Cache(self, frame, key_arn=key.key_arn, subnets=data, security_group=groups.ids["cache"])
        ingest = Ingest(self, frame, key_arn=key.key_arn)
        audit = Audit(self, frame, key_arn=key.key_arn, watched_bucket_arn=ingest.bucket_arn)
        edge = Edge(
            self,
            frame,
            vpc_id=network.vpc_id,
            subnets=network.subnets["public"],
            security_group=groups.ids["balancer"],
        )
        compute = Compute(
            self,
            frame,
            inputs=TaskInputs(
                key_arn=key.key_arn,
                secret_arn=secret.arn,
                cache=cache,
                ingest=ingest,
                access_group_name=audit.access_group_name,
                access_group_arn=audit.access_group_arn,
            ),
            edge=edge,
            subnets=application,
            api_group=groups.ids["api"],
            worker_group=groups.ids["worker"],
        )
        watch = Observability(
            self,
            frame,
            key_arn=key.key_arn,
            watched=Watched(
                balancer=edge.balancer_label,
                targets=edge.target_label,
                cluster=compute.cluster_name,
                queue=ingest.queue_name,
                dead_letters=ingest.dead_letter_name,
                database=database.identifier,
                cache=cache.identifier,
            ),
        )
        logs = [
            network.log_group_name,
            database.log_group_name,
            secret.log_group_name,
            *cache.log_group_names,
            *compute.log_group_names,
            audit.access_group_name,
        ]
        outputs = {
            "service_url": edge.url,
            "database_endpoint": database.endpoint,
            "database_reader_endpoint": database.reader_endpoint,
            "database_secret_arn": secret.arn,
            "cache_endpoint": cache.endpoint,
            "results_bucket": ingest.bucket_name,
            "results_queue_url": ingest.queue_url,
            "dead_letter_queue_url": ingest.dead_letter_url,
            "audit_bucket": audit.bucket_name,
            "kms_key_arn": key.key_arn,
            "cluster_name": compute.cluster_name,
            "api_service_name": frame.name("api"),
            "worker_service_name": frame.name("worker"),
            "alarm_topic_arn": watch.topic_arn,
            "dashboard_name": watch.dashboard_name,
            "log_group_names": logs,
            "vpc_id": network.vpc_id,
        }
        for name, value in outputs.items():
            TerraformOutput(self, name, value=value)

    @member(jsii_name="allocateLogicalId")
    def _allocate_logical_id(self, tf_element: Any) -> str:
        """Return an element's path as its name, such as ``network_vpc``, in place of CDKTF's hashes."""
        node = getattr(tf_element, "node", tf_element)
        return "_".join(str(node.path).split("/")[1:]).replace("-", "_")
