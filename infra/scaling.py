"""How many tasks run: the API follows its load, the worker the messages that wait for each of its tasks."""

from __future__ import annotations

from typing import Any

from infra.cdk import (
    AppautoscalingPolicy,
    AppautoscalingPolicyTargetTrackingScalingPolicyConfiguration,
    AppautoscalingPolicyTargetTrackingScalingPolicyConfigurationCustomizedMetricSpecification,
    AppautoscalingPolicyTargetTrackingScalingPolicyConfigurationPredefinedMetricSpecification,
    AppautoscalingTarget,
    Construct,
    EcsService,
)
from infra.cdk import (
    AppautoscalingPolicyTargetTrackingScalingPolicyConfigurationCustomizedMetricSpecificationMetrics as Metrics,
)
from infra.cdk import (
    AppautoscalingPolicyTargetTrackingScalingPolicyConfigurationCustomizedMetricSpecificationMetricsMetricStat as Stat,
)
from infra.cdk import (
    AppautoscalingPolicyTargetTrackingScalingPolicyConfigurationCustomizedMetricSpecificationMetricsMetricStatMetric as Metric,  # noqa: E501
)
from infra.cdk import (
    AppautoscalingPolicyTargetTrackingScalingPolicyConfigurationCustomizedMetricSpecificationMetricsMetricStatMetricDimensions as Dimension,  # noqa: E501
)
from infra.frame import Frame

Configuration = AppautoscalingPolicyTargetTrackingScalingPolicyConfiguration
Predefined = AppautoscalingPolicyTargetTrackingScalingPolicyConfigurationPredefinedMetricSpecification
Customized = AppautoscalingPolicyTargetTrackingScalingPolicyConfigurationCustomizedMetricSpecification

CPU_PERCENT = 60
REQUESTS_PER_TASK = 600
"""In a minute, of one API task."""
MESSAGES_PER_TASK = 5
"""Files that may wait for each worker; one takes minutes."""


class Scaling(Construct):
    """What may change the number of tasks of the two services, and by which measure."""

    def __init__(
        self,
        scope: Construct,
        frame: Frame,
        *,
        cluster_name: str,
        services: dict[str, tuple[EcsService, int]],
        api_label: str,
        queue_name: str,
    ) -> None:
        super().__init__(scope, "scaling")
        self.frame = frame
        self.cluster_name = cluster_name
        targets = {name: self.target(name, service, least) for name, (service, least) in services.items()}
        cpu = Predefined(predefined_metric_type="ECSServiceAverageCPUUtilization")
        self.follow(targets["api"], "api-cpu", predefined_metric_specification=cpu, target_value=CPU_PERCENT)
        requests = Predefined(predefined_metric_type="ALBRequestCountPerTarget", resource_label=api_label)
        self.follow(
            targets["api"], "api-requests", predefined_metric_specification=requests, target_value=REQUESTS_PER_TASK
        )
        self.follow(
            targets["worker"],
            "worker-backlog",
            customized_metric_specification=Customized(metrics=self.backlog(queue_name)),
            target_value=MESSAGES_PER_TASK,
        )

    def target(self, name: str, service: EcsService, least: int) -> AppautoscalingTarget:
        """What autoscaling may change: the number of a service's tasks, within its size."""
        return AppautoscalingTarget(
            self,
            name,
            service_namespace="ecs",
            scalable_dimension="ecs:service:DesiredCount",
            resource_id=f"service/{self.cluster_name}/{self.frame.name(name)}",
            min_capacity=least,
            max_capacity=self.frame.sizing.tasks_max,
            depends_on=[service],
        )

    def follow(self, target: AppautoscalingTarget, kind: str, **configuration: Any) -> None:
        """Attach a target-tracking policy."""
        AppautoscalingPolicy(
            self,
            kind.replace("-", "_"),
            name=self.frame.name(kind),
            policy_type="TargetTrackingScaling",
            service_namespace=target.service_namespace,
            scalable_dimension=target.scalable_dimension,
            resource_id=target.resource_id,
            target_tracking_scaling_policy_configuration=Configuration(**configuration),
        )

    def backlog(self, queue_name: str) -> list[Metrics]:
        """Messages that wait for each running task (Application Auto Scaling, "Scaling on an SQS queue").

        The last one is what is followed; before the first task runs, all of the backlog counts for one.
        """
        waiting = Metric(
            namespace="AWS/SQS",
            metric_name="ApproximateNumberOfMessagesVisible",
            dimensions=[Dimension(name="QueueName", value=queue_name)],
        )
        running = Metric(
            namespace="ECS/ContainerInsights",
            metric_name="RunningTaskCount",
            dimensions=[
                Dimension(name="ClusterName", value=self.cluster_name),
                Dimension(name="ServiceName", value=self.frame.name("worker")),
            ],
        )
        return [
            Metrics(id="waiting", metric_stat=Stat(metric=waiting, stat="Sum"), return_data=False),
            Metrics(id="running", metric_stat=Stat(metric=running, stat="Average"), return_data=False),
            Metrics(
                id="backlog",
                expression="waiting / IF(FILL(running, 0) < 1, 1, running)",
                label="Messages that wait for each task",
                return_data=True,
            ),
        ]
