"""A district's stack: reading this is reading its architecture."""

from __future__ import annotations

from typing import Any

from infra.access_logs import AccessLogs
from infra.alarms import Watched
from infra.audit import AUDITOR_KIND, Audit
from infra.backup import Backup
from infra.budget import Budget
from infra.cache import Cache
from infra.cdk import (
    AwsProvider,
    AwsProviderAssumeRole,
    AwsProviderDefaultTags,
    Construct,
    TerraformOutput,
)
from infra.compute import Compute, TaskInputs
from infra.database import Database
from infra.edge import Edge
from infra.encryption import Encryption
from infra.endpoints import Endpoints
from infra.frame import Frame
from infra.ingest import Ingest
from infra.network import Network
from infra.observability import Observability, Topic
from infra.platform_trail import management_events_query
from infra.pseudonyms import PseudonymKey
from infra.rotation import Rotation, RotationCode
from infra.scaling import Scaling
from infra.secret import PASSWORD_VERSION, Secret, declare_password
from infra.security_groups import SecurityGroups
from infra.sources import SourceCredentials
from infra.spec import DistrictSpec
from infra.stack import ReadableStack

STACK = "district"


class DistrictStack(ReadableStack):
    """Everything of one district, in one Terraform state."""

    def __init__(self, scope: Construct, spec: DistrictSpec, code: RotationCode) -> None:
        super().__init__(scope, STACK)
        frame = Frame(spec)
        assumed = AwsProviderAssumeRole(
            role_arn=spec.role_arn, external_id=spec.external_id, session_name=f"homeroom-{spec.suffix}"
        )
        AwsProvider(
            self,
            "aws",
            region=spec.region,
            allowed_account_ids=[spec.account_id],
            assume_role=[assumed] if spec.role_arn else None,
            default_tags=[AwsProviderDefaultTags(tags=frame.default_tags)],
        )
        key = Encryption(self, frame)
        rotation = Rotation(self, frame)
        network = Network(self, frame, key_arn=key.key_arn, function_rights=rotation.network_rights)
        application, data = network.subnets["application"], network.subnets["data"]
        groups = SecurityGroups(
            self,
            frame,
            vpc_id=network.vpc_id,
            s3_prefix_list=network.s3_prefix_list,
            function_rights=rotation.network_rights,
        )
        ways_to_aws: list[Any] = [*network.ways]
        if frame.uses_endpoints:
            endpoints = groups.ids["endpoints"]
            ways_to_aws += Endpoints(
                self, frame, vpc_id=network.vpc_id, subnets=application, security_group=endpoints
            ).ways
        access_logs = AccessLogs(self, frame).target
        topic = Topic(self, frame, key_arn=key.key_arn)
        owner_password = declare_password(self, "owner")
        database = Database(
            self,
            frame,
            key_arn=key.key_arn,
            subnets=data,
            zones=network.zones["data"],
            security_group=groups.ids["database"],
            password=owner_password,
            password_version=PASSWORD_VERSION,
        )
        secret = Secret(
            self,
            frame,
            key_arn=key.key_arn,
            endpoint=database.endpoint,
            port=database.port,
            owner_password=owner_password,
            application_password=declare_password(self, "application"),
        )
        pseudonyms = PseudonymKey(self, frame, key_arn=key.key_arn)
        sources = SourceCredentials(self, frame, key_arn=key.key_arn)
        rotation.start(
            frame,
            key_arn=key.key_arn,
            secrets={"owner": secret.owner, "application": secret.application},
            subnets=application,
            security_group=groups.ids["rotation"],
            reach=[*ways_to_aws, *groups.ways["rotation"]],
            code=code,
        )
        cache = Cache(self, frame, key_arn=key.key_arn, subnets=data, security_group=groups.ids["cache"])
        ingest = Ingest(self, frame, key_arn=key.key_arn, logs=access_logs)
        audit = Audit(
            self,
            frame,
            key_arn=key.key_arn,
            watched_bucket_arn=ingest.bucket_arn,
            logs=access_logs,
        )
        edge = Edge(
            self,
            frame,
            key_arn=key.key_arn,
            vpc_id=network.vpc_id,
            subnets=network.subnets["public"],
            security_group=groups.ids["balancer"],
            logs=access_logs,
        )
        ingest.admit_browsers(edge.origin)
        compute = Compute(
            self,
            frame,
            inputs=TaskInputs(
                key_arn=key.key_arn,
                owner_secret_arn=secret.owner.arn,
                secret_arn=secret.application.arn,
                pseudonym_arn=pseudonyms.arn,
                sources_arn=sources.arn,
                cache=cache,
                ingest=ingest,
                access_group_name=audit.access_group_name,
                access_group_arn=audit.access_group_arn,
            ),
            edge=edge,
            subnets=application,
            api_group=groups.ids["api"],
            worker_group=groups.ids["worker"],
            reach={tier: [*ways_to_aws, *groups.ways[tier]] for tier in ("api", "worker")},
        )
        Scaling(
            self,
            frame,
            cluster_name=compute.cluster_name,
            services={
                "api": (compute.api, compute.tasks_to_run(spec.images.api)),
                "worker": (compute.worker, compute.tasks_to_run(spec.images.worker)),
            },
            api_label=compute.api_label,
            queue_name=ingest.queue_name,
        )
        backup = Backup(self, frame, key_arn=key.key_arn, database_arn=database.arn)
        Budget(self, frame, topic_arn=topic.arn)
        watch = Observability(
            self,
            frame,
            topic=topic,
            watched=Watched(
                balancer=edge.balancer_label,
                targets=edge.target_label,
                cluster=compute.cluster_name,
                queue=ingest.queue_name,
                dead_letters=ingest.dead_letter_name,
                database=database.identifier,
                has_reader=database.reader_count > 0,
                cache_nodes=tuple(cache.node_ids),
            ),
        )
        logs = [
            network.log_group_name,
            database.log_group_name,
            rotation.log_group_name,
            *cache.log_group_names,
            *compute.log_group_names,
            *audit.log_group_names,
            edge.log_group_name,
        ]
        outputs = {
            "service_url": edge.url,
            "database_endpoint": database.endpoint,
            "database_reader_endpoint": database.reader_endpoint,
            "database_secret_arn": secret.application.arn,
            "database_owner_secret_arn": secret.owner.arn,
            "pseudonym_key_secret_arn": pseudonyms.arn,
            "source_credentials_secret_arn": sources.arn,
            "cache_endpoint": cache.endpoint,
            "results_bucket": ingest.bucket_name,
            "results_queue_url": ingest.queue_url,
            "dead_letter_queue_url": ingest.dead_letter_url,
            "audit_bucket": audit.bucket_name,
            "kms_key_arn": key.key_arn,
            "cluster_name": compute.cluster_name,
            "api_service_name": frame.name("api"),
            "worker_service_name": frame.name("worker"),
            "migrate_task_family": frame.name("migrate"),
            "backup_vault_name": backup.vault_name,
            "auditor_role_arn": frame.role_arn(AUDITOR_KIND),
            "alarm_topic_arn": topic.arn,
            "dashboard_name": watch.dashboard_name,
            "log_group_names": logs,
            "vpc_id": network.vpc_id,
            "management_events_query": management_events_query(spec.suffix, key.key_id, network.vpc_id),
        }
        for name, value in outputs.items():
            TerraformOutput(self, name, value=value)
