"""The processing system on Fargate: the API behind the load balancer, the worker on the queue, both scaled by work."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from infra.cache import Cache
from infra.cdk import (
    AppautoscalingPolicy,
    AppautoscalingPolicyTargetTrackingScalingPolicyConfiguration,
    AppautoscalingPolicyTargetTrackingScalingPolicyConfigurationCustomizedMetricSpecification,
    AppautoscalingPolicyTargetTrackingScalingPolicyConfigurationCustomizedMetricSpecificationDimensions,
    AppautoscalingPolicyTargetTrackingScalingPolicyConfigurationPredefinedMetricSpecification,
    AppautoscalingTarget,
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
    IamRole,
    IamRolePolicy,
    TerraformResourceLifecycle,
)
from infra.edge import Edge
from infra.frame import Frame, allow, policy, trust
from infra.ingest import Ingest
from infra.security_groups import API_PORT, CACHE_PORT

PLACEHOLDER_IMAGE = "public.ecr.aws/docker/library/busybox:stable"
"""Stands in a sandbox until images are built; it does nothing."""

NOT_ROOT = "10001:10001"
MESSAGES_PER_TASK = 100
CPU_PERCENT = 60


@dataclass(frozen=True)
class TaskInputs:
    """What the two tasks are connected to."""

    key_arn: str
    secret_arn: str
    cache: Cache
    ingest: Ingest
    access_group_name: str
    access_group_arn: str


class Compute(Construct):
    """Cluster, two services, their roles and their scaling."""

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
    ) -> None:
        super().__init__(scope, "compute")
        self.frame = frame
        self.inputs = inputs
        self.subnets = subnets
        self.cluster_name = frame.name("processing")
        self.cluster = EcsCluster(
            self,
            "cluster",
            name=self.cluster_name,
            setting=[EcsClusterSetting(name="containerInsights", value="enabled")],
        )
        self.log_group_names: list[str] = []
        behind = EcsServiceLoadBalancer(
            target_group_arn=edge.target_group_arn, container_name="api", container_port=API_PORT
        )
        self.api = self.service("api", frame.spec.images.api, api_group, self.api_rights(), [behind], [edge.listener])
        self.worker = self.service("worker", frame.spec.images.worker, worker_group, self.worker_rights(), [], [])
        self.scale_on_requests()
        self.scale_on_backlog()

    def api_rights(self) -> list[dict[str, Any]]:
        """The API reads the secret, signs in to the cache, and makes addresses to upload to."""
        upload = allow("ReceiveUploads", ["s3:PutObject", "s3:GetObject"], [f"{self.inputs.ingest.bucket_arn}/*"])
        return [*self.common_rights(), upload]

    def worker_rights(self) -> list[dict[str, Any]]:
        """The worker takes messages, reads results and writes reports beside them."""
        ingest = self.inputs.ingest
        take = ["ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility", "GetQueueAttributes"]
        return [
            *self.common_rights(),
            allow("WorkOnResults", ["s3:GetObject", "s3:PutObject"], [f"{ingest.bucket_arn}/*"]),
            allow("TakeMessages", [f"sqs:{action}" for action in take], [ingest.queue_arn]),
        ]

    def common_rights(self) -> list[dict[str, Any]]:
        """Both read this one secret, use this one key, and write the access record."""
        inputs = self.inputs
        return [
            allow("ReadSecret", ["secretsmanager:GetSecretValue"], [inputs.secret_arn]),
            allow("UseKey", ["kms:Decrypt", "kms:GenerateDataKey"], [inputs.key_arn]),
            allow("SignInToCache", ["elasticache:Connect"], [inputs.cache.arn, inputs.cache.user_arn]),
            allow("RecordAccess", ["logs:CreateLogStream", "logs:PutLogEvents"], [f"{inputs.access_group_arn}:*"]),
        ]

    def service(
        self,
        name: str,
        image: str | None,
        security_group: str,
        rights: list[dict[str, Any]],
        balancers: list[Any],
        after: list[Any],
    ) -> EcsService:
        """One service with its roles, log group and task definition."""
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
            allow("ReadSecret", ["secretsmanager:GetSecretValue"], [self.inputs.secret_arn]),
            allow("UseKey", ["kms:Decrypt"], [self.inputs.key_arn]),
            # The sign-in to ECR knows no resource (Service Authorization Reference: Amazon ECR).
            allow("SignInToRegistry", ["ecr:GetAuthorizationToken"], ["*"]),
            allow(
                "PullImage",
                ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
                [frame.arn("ecr", "repository/homeroom/*")],
            ),
        ]
        execution = self.role(f"{name}-execution", starts)
        role = self.role(f"{name}-task", rights)
        task = EcsTaskDefinition(
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
            container_definitions=json.dumps([self.container(name, image or PLACEHOLDER_IMAGE, group.name)]),
        )
        return EcsService(
            self,
            name,
            name=frame.name(name),
            cluster=self.cluster.id,
            task_definition=task.arn,
            launch_type="FARGATE",
            desired_count=frame.sizing.tasks_min,
            enable_execute_command=False,
            propagate_tags="SERVICE",
            deployment_circuit_breaker=EcsServiceDeploymentCircuitBreaker(enable=True, rollback=True),
            network_configuration=EcsServiceNetworkConfiguration(
                subnets=self.subnets, security_groups=[security_group], assign_public_ip=False
            ),
            load_balancer=balancers or None,
            # The number of tasks belongs to autoscaling once the service exists.
            lifecycle=TerraformResourceLifecycle(ignore_changes=["desired_count"]),
            depends_on=after or None,
        )

    def role(self, kind: str, statements: list[dict[str, Any]]) -> IamRole:
        """A role for tasks of this account, with one inline policy."""
        label = kind.replace("-", "_")
        role = IamRole(
            self,
            f"{label}_role",
            name=self.frame.name(kind, limit="iam_role"),
            assume_role_policy=trust("ecs-tasks.amazonaws.com", self.frame.spec.account_id),
        )
        IamRolePolicy(self, f"{label}_policy", name=self.frame.name(kind), role=role.id, policy=policy(*statements))
        return role

    def container(self, name: str, image: str, log_group: str) -> dict[str, Any]:
        """The container as ECS wants it; whatever is secret comes from Secrets Manager when the task starts."""
        inputs = self.inputs
        environment = {
            "CACHE_HOST": inputs.cache.endpoint,
            "CACHE_PORT": str(CACHE_PORT),
            "CACHE_TLS": "required",
            "CACHE_USER": inputs.cache.user_id,
            "DATABASE_SECRET_ARN": inputs.secret_arn,
            "DATABASE_TLS": "verify-full",
            "RESULTS_BUCKET": inputs.ingest.bucket_name,
            "RESULTS_QUEUE_URL": inputs.ingest.queue_url,
            "ACCESS_LOG_GROUP": inputs.access_group_name,
            "DISTRICT": self.frame.spec.suffix,
        }
        options = {
            "awslogs-group": log_group,
            "awslogs-region": self.frame.spec.region,
            "awslogs-stream-prefix": name,
        }
        ports = [{"containerPort": API_PORT, "hostPort": API_PORT, "protocol": "tcp"}] if name == "api" else []
        return {
            "name": name,
            "image": image,
            "essential": True,
            "user": NOT_ROOT,
            "readonlyRootFilesystem": True,
            "command": [name],
            "environment": [{"name": key, "value": value} for key, value in sorted(environment.items())],
            "portMappings": ports,
            "logConfiguration": {"logDriver": "awslogs", "options": options},
        }

    def target(self, service: EcsService, name: str) -> AppautoscalingTarget:
        """What autoscaling may change: the number of a service's tasks, within its size."""
        return AppautoscalingTarget(
            self,
            f"{name}_scaling",
            service_namespace="ecs",
            scalable_dimension="ecs:service:DesiredCount",
            resource_id=f"service/{self.cluster_name}/{self.frame.name(name)}",
            min_capacity=self.frame.sizing.tasks_min,
            max_capacity=self.frame.sizing.tasks_max,
            depends_on=[service],
        )

    def scale_on_requests(self) -> None:
        """The API follows its processor time."""
        target = self.target(self.api, "api")
        metric = AppautoscalingPolicyTargetTrackingScalingPolicyConfigurationPredefinedMetricSpecification(
            predefined_metric_type="ECSServiceAverageCPUUtilization"
        )
        self.follow(
            target,
            "api-cpu",
            AppautoscalingPolicyTargetTrackingScalingPolicyConfiguration(
                target_value=CPU_PERCENT, predefined_metric_specification=metric
            ),
        )

    def scale_on_backlog(self) -> None:
        """The worker follows the messages that wait."""
        target = self.target(self.worker, "worker")
        queue = AppautoscalingPolicyTargetTrackingScalingPolicyConfigurationCustomizedMetricSpecificationDimensions(
            name="QueueName", value=self.inputs.ingest.queue_name
        )
        metric = AppautoscalingPolicyTargetTrackingScalingPolicyConfigurationCustomizedMetricSpecification(
            namespace="AWS/SQS",
            metric_name="ApproximateNumberOfMessagesVisible",
            statistic="Average",
            dimensions=[queue],
        )
        self.follow(
            target,
            "worker-backlog",
            AppautoscalingPolicyTargetTrackingScalingPolicyConfiguration(
                target_value=MESSAGES_PER_TASK, customized_metric_specification=metric
            ),
        )

    def follow(self, target: AppautoscalingTarget, kind: str, configuration: Any) -> None:
        """Attach a target-tracking policy."""
        AppautoscalingPolicy(
            self,
            kind.replace("-", "_"),
            name=self.frame.name(kind),
            policy_type="TargetTrackingScaling",
            service_namespace=target.service_namespace,
            scalable_dimension=target.scalable_dimension,
            resource_id=target.resource_id,
            target_tracking_scaling_policy_configuration=configuration,
        )
