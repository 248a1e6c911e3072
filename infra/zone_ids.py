"""Zones in which no district's tasks can run, by AWS's ids: a zone's name means another place in each account.

Sources: Amazon ECS Developer Guide, "Supported Regions for Amazon ECS on AWS Fargate" (the zones of ap-northeast-1 and
us-west-1 that have it), "Amazon ECS task definitions for 64-bit ARM workloads" (use1-az3).
"""

from __future__ import annotations

WITHOUT_FARGATE = ("apne1-az3", "use1-az3", "usw1-az2")
