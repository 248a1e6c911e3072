"""The function that changes the database's passwords, and Secrets Manager's order to call it every 30 days."""

from __future__ import annotations

from dataclasses import dataclass

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
from infra.frame import NETWORK_KINDS, Frame, allow, policy
from infra.roles import ServiceRole
from infra.secret import Credentials

ROTATION_DAYS = 30
NETWORK_INTERFACES = ["ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface"]
CA_BUNDLE = "/var/task/rotation/rds-ca.pem"
"""Where Lambda unpacks the authorities of RDS's certificates (Lambda, "Defined runtime environment variables")."""


@dataclass(frozen=True)
class RotationCode:
    """The zipped function: its path as Terraform sees it, and its SHA-256 in base64."""

    path: str
    sha256: str


class Rotation(Construct):
    """One function for all of the district's secrets, each with its own schedule."""

    def __init__(
        self,
        scope: Construct,
        frame: Frame,
        *,
        key_arn: str,
        secrets: dict[str, Credentials],
        subnets: list[str],
        security_group: str,
        code: RotationCode,
    ) -> None:
        super().__init__(scope, "rotation")
        arns = [secret.arn for secret in secrets.values()]
        function = self.function(frame, key_arn, arns, subnets, security_group, code)
        for name, secret in secrets.items():
            allowed = LambdaPermission(
                self,
                f"invoke_for_{name}",
                statement_id=f"SecretsManagerRotates{name.capitalize()}",
                action="lambda:InvokeFunction",
                function_name=function.function_name,
                principal="secretsmanager.amazonaws.com",
                source_account=frame.spec.account_id,
                source_arn=secret.arn,
            )
            SecretsmanagerSecretRotation(
                self,
                name,
                secret_id=secret.arn,
                rotation_lambda_arn=function.arn,
                rotate_immediately=False,
                rotation_rules=SecretsmanagerSecretRotationRotationRules(automatically_after_days=ROTATION_DAYS),
                depends_on=[allowed, secret.version],
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
        """The function in the application's subnets, with a role for these secrets alone."""
        name = frame.name("rotation")
        group = CloudwatchLogGroup(
            self,
            "log_group",
            name=f"/aws/lambda/{name}",
            retention_in_days=frame.spec.retention_days,
            kms_key_id=key_arn,
        )
        change = ["DescribeSecret", "GetSecretValue", "PutSecretValue", "UpdateSecretVersionStage"]
        role = ServiceRole(
            self,
            "function_role",
            frame,
            kind="rotation",
            service="lambda.amazonaws.com",
            # Lambda gives no source account when it assumes a role (Lambda, "Execution role").
            assume_role_policy=policy(
                {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": ["sts:AssumeRole"]}
            ),
            statements=[
                allow("ChangeTheseSecrets", [f"secretsmanager:{action}" for action in change], secrets),
                # Neither action knows a resource (Service Authorization Reference: Secrets Manager, EC2).
                allow("MakePassword", ["secretsmanager:GetRandomPassword"], ["*"]),
                allow("SeeNetwork", ["ec2:DescribeNetworkInterfaces"], ["*"]),
                # Lambda asks for all of the account's (Lambda, "Giving Lambda functions access to a VPC").
                allow("JoinNetwork", NETWORK_INTERFACES, [frame.arn("ec2", f"{kind}/*") for kind in NETWORK_KINDS]),
                allow("UseKey", ["kms:Decrypt", "kms:GenerateDataKey"], [key_arn]),
                allow("WriteLog", ["logs:CreateLogStream", "logs:PutLogEvents"], [f"{group.arn}:*"]),
            ],
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
            timeout=60,
            memory_size=256,
            role=role.arn,
            kms_key_arn=key_arn,
            environment=LambdaFunctionEnvironment(variables={"DATABASE_TLS": "verify-full", "DATABASE_CA": CA_BUNDLE}),
            vpc_config=LambdaFunctionVpcConfig(subnet_ids=subnets, security_group_ids=[security_group]),
            depends_on=[group, role.policy],
        )
