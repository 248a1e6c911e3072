"""The processing system on Fargate: the API behind the load balancer, the worker on the queue, the migration task."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from infra.cache import Cache
from infra.cdk import (
    CloudwatchLogGroup,
    Construct,
    EcsCluster,
    EcsClusterSetting,
    EcsService,
    EcsServiceDeploymentCircuitBreaker,
    EcsServiceLoadBalancer,
    EcsServiceNetworkConfiguration,
    EcsTaskDefinition,
    EcsTaskDefinitionRuntimePlatform,
    EcsTaskDefinitionVolume,
    TerraformResourceLifecycle,
)
from infra.edge import Edge
from infra.frame import Frame, allow
from infra.ingest import INCOMING, Ingest
from infra.placeholder import IMAGE as PLACEHOLDER_IMAGE
from infra.placeholder import command as placeholder_command
from infra.roles import ServiceRole
from infra.security_groups import API_PORT, CACHE_PORT
from infra.sign_in import SignIn

NOT_ROOT = "10001:10001"
REPORTS = "reports/"
PULLED = ("sources/", "trial/sources/")
"""Below what is uploaded: where the worker puts what it pulls."""
SCRATCH = "/tmp"
HEALTH = ["CMD", "/healthcheck"]
"""What the image answers its health with; a program, since there is no shell in it."""
GRACE_SECONDS = 60


PULL = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
REPOSITORY = re.compile(r"([0-9]{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com/([^@:]+)")


def pulling(image: str | None) -> list[dict[str, Any]]:
    """Return the rights to pull this image: from its own repository in ECR, or none where ECR does not keep it."""
    match = REPOSITORY.match(image or "")
    if match is None:
        return []
    account, region, name = match.groups()
    return [
        # The sign-in to ECR knows no resource (Service Authorization Reference: Amazon ECR).
        allow("SignInToRegistry", ["ecr:GetAuthorizationToken"], ["*"]),
        allow("PullImage", PULL, [f"arn:aws:ecr:{region}:{account}:repository/{name}"]),
    ]


@dataclass(frozen=True)
class TaskInputs:
    """What the tasks are connected to."""

    key_arn: str
    owner_secret_arn: str
    secret_arn: str
    pseudonym_arn: str
    sources_arn: str
    cache: Cache
    ingest: Ingest
    access_group_name: str
    access_group_arn: str


class Compute(Construct):
    """Cluster, task definitions with their roles, and two services; `infra.scaling` scales them."""

    def __init__(
        self,
        scope: Construct,
        frame: Frame,
        *,
        inputs: TaskInputs,
        edge: Edge,
        subnets: list[str],
        api_group: str,
        worker_group: str,
        reach: dict[str, list[Any]],
    ) -> None:
        super().__init__(scope, "compute")
        self.frame = frame
        self.inputs = inputs
        self.subnets = subnets
        self.rights: dict[str, list[Any]] = {}
        self.cluster_name = frame.name("processing")
        self.cluster = EcsCluster(
            self,
            "cluster",
            name=self.cluster_name,
            setting=[EcsClusterSetting(name="containerInsights", value="enabled")],
            depends_on=[self.insights_group()],
        )
        self.log_group_names: list[str] = [f"/aws/ecs/containerinsights/{self.cluster_name}/performance"]
        behind = EcsServiceLoadBalancer(
            target_group_arn=edge.target_group_arn, container_name="api", container_port=API_PORT
        )
        images = frame.spec.images
        api_task = self.task("api", images.api, self.api_rights())
        worker_task = self.task("worker", images.worker, self.worker_rights())
        self.task("migrate", images.worker, self.migrate_rights())
        # A task is started as soon as its service is there. Without its ways and its rights it would fail, and after a
        # few the circuit breaker would call the deployment failed (ECS, "Deployment circuit breaker").
        after = {name: [*reach[name], *self.rights[name]] for name in ("api", "worker")}
        self.api = self.service("api", images.api, api_task, api_group, [behind], [edge.listener, *after["api"]])
        self.worker = self.service("worker", images.worker, worker_task, worker_group, [], after["worker"])
        self.api_label = f"{edge.balancer_label}/{edge.target_label}"

    def insights_group(self) -> CloudwatchLogGroup:
        """The log group of Container Insights: made here, ECS would make it without our key and leave it behind."""
        return CloudwatchLogGroup(
            self,
            "insights_group",
            name=f"/aws/ecs/containerinsights/{self.cluster_name}/performance",
            retention_in_days=self.frame.spec.retention_days,
            kms_key_id=self.inputs.key_arn,
        )

    def api_rights(self) -> list[dict[str, Any]]:
        """The API reads the secret, signs in to the cache, makes addresses to upload to, shows uploads and reports."""
        bucket, cache = self.inputs.ingest.bucket_arn, self.inputs.cache
        return [
            *self.common_rights(),
            allow("SignInToCache", ["elasticache:Connect"], [cache.arn, cache.user_arn]),
            allow("ReceiveUploads", ["s3:PutObject"], [f"{bucket}/{INCOMING}*"]),
            allow("ShowReports", ["s3:GetObject"], [f"{bucket}/{REPORTS}*"]),
            # The beginning of an upload is shown while it is mapped; one that was tried is copied to be stored.
            allow("MapUploads", ["s3:GetObject", "s3:GetObjectVersion"], [f"{bucket}/{INCOMING}*"]),
            # What a source lets us in by is written here and read by the worker alone.
            allow(
                "WriteSourceCredentials",
                ["secretsmanager:PutSecretValue", "secretsmanager:UpdateSecretVersionStage"],
                [self.inputs.sources_arn],
            ),
        ]

    def worker_rights(self) -> list[dict[str, Any]]:
        """The worker takes messages, reads results, writes reports beside them, and gives up what cannot be worked on.

        `redrive` is a command of the same task: it takes dead letters and sends them back.
        """
        ingest = self.inputs.ingest
        queues = [ingest.queue_arn, ingest.dead_letter_arn]
        take = ["ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility", "GetQueueAttributes"]
        return [
            *self.common_rights(),
            allow("ReadResults", ["s3:GetObject", "s3:GetObjectVersion"], [f"{ingest.bucket_arn}/{INCOMING}*"]),
            allow("WriteReports", ["s3:PutObject"], [f"{ingest.bucket_arn}/{REPORTS}*"]),
            allow("StorePulls", ["s3:PutObject"], [f"{ingest.bucket_arn}/{INCOMING}{place}*" for place in PULLED]),
            allow("ReadSourceCredentials", ["secretsmanager:GetSecretValue"], [self.inputs.sources_arn]),
            # Without it S3 says of an object that is gone that it is forbidden (HeadObject, "Permissions").
            allow("MissResults", ["s3:ListBucket"], [ingest.bucket_arn]),
            allow("TakeMessages", [f"sqs:{action}" for action in take], queues),
            allow("GiveUpAndRedrive", ["sqs:SendMessage"], queues),
        ]

    def migrate_rights(self) -> list[dict[str, Any]]:
        """The migration alone reads the owner's secret; it makes the application's user and the pseudonyms' key."""
        inputs = self.inputs
        secrets = [inputs.owner_secret_arn, inputs.secret_arn, inputs.pseudonym_arn]
        return [
            allow("ReadSecrets", ["secretsmanager:GetSecretValue"], secrets),
            allow("MakePseudonymKey", ["secretsmanager:PutSecretValue"], [inputs.pseudonym_arn]),
            allow("UseKey", ["kms:Decrypt", "kms:GenerateDataKey"], [inputs.key_arn]),
        ]

    def common_rights(self) -> list[dict[str, Any]]:
        """Both read these two secrets, use this one key, and write the access record."""
        inputs = self.inputs
        return [
            allow("ReadSecrets", ["secretsmanager:GetSecretValue"], [inputs.secret_arn, inputs.pseudonym_arn]),
            allow("UseKey", ["kms:Decrypt", "kms:GenerateDataKey"], [inputs.key_arn]),
            allow("RecordAccess", ["logs:CreateLogStream", "logs:PutLogEvents"], [f"{inputs.access_group_arn}:*"]),
        ]

    def task(self, name: str, image: str | None, rights: list[dict[str, Any]]) -> EcsTaskDefinition:
        """One task definition with its roles and its log group."""
        frame = self.frame
        group = CloudwatchLogGroup(
            self,
            f"{name}_group",
            name=frame.log_group(name),
            retention_in_days=frame.spec.retention_days,
            kms_key_id=self.inputs.key_arn,
        )
        self.log_group_names.append(group.name)
        starts = [
            allow("WriteLog", ["logs:CreateLogStream", "logs:PutLogEvents"], [f"{group.arn}:*"]),
            *pulling(image),
        ]
        execution, role = self.role(f"{name}-execution", starts), self.role(f"{name}-task", rights)
        self.rights[name] = [execution.policy, role.policy]
        return EcsTaskDefinition(
            self,
            f"{name}_task",
            family=frame.name(name),
            requires_compatibilities=["FARGATE"],
            network_mode="awsvpc",
            cpu=str(frame.sizing.task_cpu),
            memory=str(frame.sizing.task_memory),
            execution_role_arn=execution.arn,
            task_role_arn=role.arn,
            runtime_platform=EcsTaskDefinitionRuntimePlatform(
                cpu_architecture="ARM64", operating_system_family="LINUX"
            ),
            volume=[EcsTaskDefinitionVolume(name="scratch")],
            container_definitions=json.dumps([self.container(name, image, group.name)]),
        )

    def tasks_to_run(self, image: str | None) -> int:
        """How many tasks run at least: none of a placeholder that could not be pulled without a way out."""
        return 0 if image is None and self.frame.uses_endpoints else self.frame.sizing.tasks_min

    def service(
        self,
        name: str,
        image: str | None,
        task: EcsTaskDefinition,
        security_group: str,
        balancers: list[Any],
        after: list[Any],
    ) -> EcsService:
        """One service that keeps its tasks running."""
        return EcsService(
            self,
            name,
            name=self.frame.name(name),
            cluster=self.cluster.id,
            task_definition=task.arn,
            launch_type="FARGATE",
            desired_count=self.tasks_to_run(image),
            enable_execute_command=False,
            propagate_tags="SERVICE",
            deployment_minimum_healthy_percent=100,
            deployment_maximum_percent=200,
            health_check_grace_period_seconds=GRACE_SECONDS if balancers else None,
            deployment_circuit_breaker=EcsServiceDeploymentCircuitBreaker(enable=True, rollback=True),
            network_configuration=EcsServiceNetworkConfiguration(
                subnets=self.subnets, security_groups=[security_group], assign_public_ip=False
            ),
            load_balancer=balancers or None,
            # The number of tasks belongs to autoscaling once the service exists.
            lifecycle=TerraformResourceLifecycle(ignore_changes=["desired_count"]),
            depends_on=after or None,
        )

    def role(self, kind: str, statements: list[dict[str, Any]]) -> ServiceRole:
        """A role for tasks of this account."""
        return ServiceRole(
            self,
            f"{kind.replace('-', '_')}_role",
            self.frame,
            kind=kind,
            service="ecs-tasks.amazonaws.com",
            statements=statements,
        )

    def container(self, name: str, image: str | None, log_group: str) -> dict[str, Any]:
        """The container as ECS wants it; whatever is secret the program fetches from Secrets Manager itself."""
        options = {
            "awslogs-group": log_group,
            "awslogs-region": self.frame.spec.region,
            "awslogs-stream-prefix": name,
        }
        ports = [{"containerPort": API_PORT, "hostPort": API_PORT, "protocol": "tcp"}] if name == "api" else []
        health = {"command": HEALTH, "interval": 30, "timeout": 5, "retries": 3, "startPeriod": GRACE_SECONDS}
        checked = {"healthCheck": health} if image and name != "migrate" else {}
        return {
            "name": name,
            "image": image or PLACEHOLDER_IMAGE,
            "essential": True,
            "user": NOT_ROOT,
            "readonlyRootFilesystem": True,
            "linuxParameters": {"initProcessEnabled": True},
            "command": [name] if image else placeholder_command(name, API_PORT),
            "environment": [{"name": key, "value": value} for key, value in sorted(self.environment(name).items())],
            "portMappings": ports,
            "mountPoints": [{"sourceVolume": "scratch", "containerPath": SCRATCH, "readOnly": False}],
            "stopTimeout": 120,
            "logConfiguration": {"logDriver": "awslogs", "options": options},
            **checked,
        }

    def environment(self, name: str) -> dict[str, str]:
        """What a program is told: names and addresses, nothing secret."""
        inputs, spec = self.inputs, self.frame.spec
        every = {
            "DATABASE_SECRET_ARN": inputs.secret_arn,
            "DATABASE_TLS": "verify-full",
            "PSEUDONYM_SECRET_ARN": inputs.pseudonym_arn,
        }
        if name == "migrate":
            return {**every, "DATABASE_OWNER_SECRET_ARN": inputs.owner_secret_arn}
        every |= {
            "RESULTS_BUCKET": inputs.ingest.bucket_name,
            "RESULTS_QUEUE_URL": inputs.ingest.queue_url,
            "ACCESS_LOG_GROUP": inputs.access_group_name,
            "DISTRICT": spec.suffix,
            "SOURCES_SECRET_ARN": inputs.sources_arn,
            # The pages say where no source can be reached.
            "WAY_OUT": "none" if self.frame.uses_endpoints else "nat",
        }
        if name == "worker":
            named = {"DISTRICT_IDS": ",".join(spec.district_ids)} if spec.district_ids else {}
            return {**every, **named, "DEAD_LETTER_QUEUE_URL": inputs.ingest.dead_letter_url}
        return {
            **every,
            "API_TLS": "required",
            "CACHE_HOST": inputs.cache.endpoint,
            "CACHE_NAME": inputs.cache.identifier,
            "CACHE_PORT": str(CACHE_PORT),
            "CACHE_TLS": "required",
            "CACHE_USER": inputs.cache.user_id,
            **sign_in(spec.sign_in),
        }


def sign_in(spec: SignIn) -> dict[str, str]:
    """Return what the API is told of the issuer of its tokens; the audience is the district's by default."""
    variables = {
        "OIDC_ISSUER": spec.issuer,
        "OIDC_AUDIENCE": spec.audience,
        "OIDC_KEYS": spec.keys,
        "OIDC_CLIENT_ID": spec.client_id,
    }
    return {name: value for name, value in variables.items() if value}
