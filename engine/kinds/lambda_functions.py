"""AWS Lambda: the rotation function."""

from __future__ import annotations

import json
from typing import Any

from engine.kinds.adoption import Adopt, Item, Question
from engine.kinds.kind import Box, Charge, Coverage, Drift, InNetwork, Kind, Service, goes_with
from engine.kinds.listing import NamedKind

SERVICE = Service("Lambda", ("aws_lambda",))


def _statements(policy: Any) -> list[Item]:
    statements = json.loads(policy)["Statement"]
    return statements if isinstance(statements, list) else [statements]


KINDS: tuple[Kind, ...] = (
    Kind(
        "aws_lambda_function",
        SERVICE,
        adoption=Adopt(
            Question("lambda", "list_functions", "Functions"),
            {"FunctionName": "function_name"},
            "{item.FunctionName}",
            attributes={"arn": "{item.FunctionArn}", "function_name": "{item.FunctionName}"},
            tags=Question("lambda", "list_tags", "Tags", {"Resource": "{item.FunctionArn}"}),
        ),
        charge=Charge.BY_USE,
        seen=Coverage(tag="lambda function"),
        listing=NamedKind(
            "lambda", "function", "list_functions", "Functions", "FunctionName", r"rotation-SUFFIX", "FunctionArn"
        ),
        drift=Drift(by_aws={"last_modified": "a time, not a setting"}),
        withheld=("environment",),
        console=lambda id_: f"lambda/home#/functions/{id_}",
        boxes=(Box("rotation", "Rotation", "APPLICATION", r"rotation_\w+"),),
        network=InNetwork("security_group_ids", "subnet_ids", block="vpc_config"),
    ),
    Kind(
        "aws_lambda_permission",
        SERVICE,
        adoption=Adopt(
            Question("lambda", "get_policy", "Policy", {"FunctionName": "{given.function_name}"}, read=_statements),
            {"Sid": "statement_id"},
            "{given.function_name}/{given.statement_id}",
        ),
        charge=Charge.FREE,
        seen=goes_with("aws_lambda_function", "It is a statement in the function's policy."),
    ),
)
