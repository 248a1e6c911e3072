"""What each size of stack is made of: one row per size, in AWS's units."""

from __future__ import annotations

from dataclasses import dataclass

from infra.spec import Environment, Size

PAUSE_SECONDS = 1800
"""How long a sandbox's Aurora is idle before it pauses; AWS allows 300 to 86,400 (RDS, ServerlessV2Scaling)."""


@dataclass(frozen=True)
class Sizing:
    """One row: Aurora in ACU (2 GiB of memory each), Fargate in CPU units (1024 are one vCPU) and MiB."""

    label: str
    enrolment: str
    acu_min: float
    acu_max: float
    cache_node_type: str
    cache_replicas: int
    task_cpu: int
    task_memory: int
    tasks_min: int
    tasks_max: int


def database_instances(environment: Environment, instances: int | None) -> int:
    """Return how many instances Aurora has, as asked for or as the environment has them, whatever the size."""
    return instances or (1 if environment is Environment.SANDBOX else 2)


SIZES = {
    Size.S: Sizing("Small", "up to 5,000 students", 0.5, 4, "cache.t4g.micro", 1, 256, 512, 1, 4),
    Size.M: Sizing("Medium", "5,000 to 30,000 students", 1, 16, "cache.t4g.medium", 1, 512, 1024, 2, 8),
    Size.L: Sizing("Large", "more than 30,000 students", 2, 64, "cache.r7g.large", 2, 1024, 2048, 2, 24),
}
"""CPU and memory are pairs that Fargate knows (Amazon ECS, "Task CPU and memory")."""
