"""The function that changes the database's passwords, and Secrets Manager's order to call it every 30 days."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from infra.cdk import (
    CloudwatchLogGroup,
    Construct,
    LambdaFunction,
    LambdaFunctionEnvironment,
    LambdaFunctionVpcConfig,
    LambdaPermission,
    SecretsmanagerSecretRotation,
    SecretsmanagerSecretRotationRotationRules,
)
from infra.frame import INTERFACE_USES, Frame, allow
from infra.roles import ServiceRole
from infra.secret import Credentials

ROTATION_DAYS = 30
ROTATION_KIND = "rotation"
CA_BUNDLE = "/var/task/rotation/rds-ca.pem"
"""Where Lambda unpacks the authorities of RDS's certificates (Lambda, "Defined runtime environment variables")."""


@dataclass(frozen=True)
class RotationCode:
    """The zipped function: its path as Terraform sees it, and its SHA-256 in base64."""

    path: str
    sha256: str


class Rotation(Construct):
    """One function for all of the district's secrets, each with its own schedule.

    Its role and rights in a network come first, and go last: Lambda removes a function's interfaces with them, up to
    45 minutes after the function. The subnets and the group that such an interface is in name `network_rights` as what
    they need (Lambda Developer Guide, "Giving Lambda functions access to resources in an Amazon VPC").
    """

    def __init__(self, scope: Construct, frame: Frame) -> None:
        super().__init__(scope, "rotation")
        self.role = ServiceRole(
            self,
            "function_role",
            frame,
            kind=ROTATION_KIND,
            service="lambda.amazonaws.com",
        )
        self.network_rights = self.role.grant(
            [
                allow("JoinNetwork", [f"ec2:{action}" for action in INTERFACE_USES], [frame.arn("ec2", "*/*")]),
                # EC2's descriptions know no resource (Service Authorization Reference: EC2).
                allow("SeeNetwork", ["ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"], ["*"]),
            ],
            part="network",
        )

    def start(
        self,
        frame: Frame,
        *,
        key_arn: str,
        secrets: dict[str, Credentials],
        subnets: list[str],
        security_group: str,
        reach: list[Any],
        code: RotationCode,
    ) -> None:
        """Make the function, and have it called for each of the secrets.

        Secrets Manager calls it as soon as a rotation is set up, to test it; `reach` is what has to be there for it to
        answer: its ways to Secrets Manager (RotateSecret, RotateImmediately).
        """
        arns = [secret.arn for secret in secrets.values()]
        function = self.function(frame, key_arn, arns, subnets, security_group, code)
        allowed = LambdaPermission(
            self,
            "invoke",
            statement_id="SecretsManagerRotates",
            action="lambda:InvokeFunction",
            function_name=function.function_name,
            principal="secretsmanager.amazonaws.com",
            # It tells for which account it calls, and not for which secret (Secrets Manager User Guide, "Automatic
            # rotation for non-database secrets").
            source_account=frame.spec.account_id,
        )
        for name, secret in secrets.items():
            SecretsmanagerSecretRotation(
                self,
                name,
                secret_id=secret.arn,
                rotation_lambda_arn=function.arn,
                rotate_immediately=False,
                rotation_rules=SecretsmanagerSecretRotationRotationRules(automatically_after_days=ROTATION_DAYS),
                depends_on=[allowed, secret.version, *reach],
            )

    def function(
        self,
        frame: Frame,
        key_arn: str,
        secrets: list[str],
        subnets: list[str],
        security_group: str,
        code: RotationCode,
    ) -> LambdaFunction:
        """The function in the application's subnets, with rights on these secrets alone."""
        name = frame.name(ROTATION_KIND)
        group = CloudwatchLogGroup(
            self,
            "log_group",
            name=f"/aws/lambda/{name}",
            retention_in_days=frame.spec.retention_days,
            kms_key_id=key_arn,
        )
        change = ["DescribeSecret", "GetSecretValue", "PutSecretValue", "UpdateSecretVersionStage"]
        rights = self.role.grant(
            [
                allow("ChangeTheseSecrets", [f"secretsmanager:{action}" for action in change], secrets),
                # It knows no resource (Service Authorization Reference: Secrets Manager).
                allow("MakePassword", ["secretsmanager:GetRandomPassword"], ["*"]),
                allow("UseKey", ["kms:Decrypt", "kms:GenerateDataKey"], [key_arn]),
                allow("WriteLog", ["logs:CreateLogStream", "logs:PutLogEvents"], [f"{group.arn}:*"]),
            ]
        )
        self.log_group_name: str = group.name
        return LambdaFunction(
            self,
            "function",
            function_name=name,
            description="Changes the database's passwords in Secrets Manager's four steps",
            filename=code.path,
            source_code_hash=code.sha256,
            handler="rotation.handler.handle",
            runtime="python3.12",
            architectures=["arm64"],
            # A paused database lets its first connection wait for half a minute; a step opens up to three.
            timeout=120,
            memory_size=256,
            role=self.role.arn,
            kms_key_arn=key_arn,
            environment=LambdaFunctionEnvironment(variables={"DATABASE_TLS": "verify-full", "DATABASE_CA": CA_BUNDLE}),
            vpc_config=LambdaFunctionVpcConfig(subnet_ids=subnets, security_group_ids=[security_group]),
            depends_on=[group, rights, self.network_rights],
        )
