"""The database's credentials in Secrets Manager, and the function that changes them every 30 days."""

from __future__ import annotations

import json
from dataclasses import dataclass

from infra.cdk import (
    CloudwatchLogGroup,
    Construct,
    IamRole,
    IamRolePolicy,
    LambdaFunction,
    LambdaFunctionEnvironment,
    LambdaFunctionVpcConfig,
    LambdaPermission,
    SecretsmanagerSecret,
    SecretsmanagerSecretRotation,
    SecretsmanagerSecretRotationRotationRules,
    SecretsmanagerSecretVersion,
    TerraformStack,
)
from infra.database import DATABASE_NAME, MASTER
from infra.frame import Frame, allow, policy
from infra.security_groups import DATABASE_PORT

ROTATION_DAYS = 30
PASSWORD_LENGTH = 40
PASSWORD_VERSION = 1
"""Raised to make Terraform set a new password; rotation never needs it."""

EPHEMERAL = "database"
NETWORK_INTERFACES = ["ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", "ec2:DescribeNetworkInterfaces"]


def declare_password(stack: TerraformStack) -> str:
    """Declare the first password as an ephemeral resource, and return the expression that names its value.

    CDKTF has no ephemeral blocks, so the stack's override writes it (Terraform, "Ephemeral resources").
    """
    stack.add_override(
        f"ephemeral.aws_secretsmanager_random_password.{EPHEMERAL}",
        {"password_length": PASSWORD_LENGTH, "exclude_punctuation": True},
    )
    return f"${{ephemeral.aws_secretsmanager_random_password.{EPHEMERAL}.random_password}}"


@dataclass(frozen=True)
class RotationCode:
    """The zipped function: its path as Terraform sees it, and its SHA-256 in base64."""

    path: str
    sha256: str


class Secret(Construct):
    """Secret, its first version, and its rotation."""

    def __init__(
        self,
        scope: Construct,
        frame: Frame,
        *,
        key_arn: str,
        endpoint: str,
        subnets: list[str],
        security_group: str,
        code: RotationCode,
    ) -> None:
        super().__init__(scope, "secret")
        secret = SecretsmanagerSecret(
            self,
            "credentials",
            name=frame.name("database"),
            description="Credentials of the assessment database",
            kms_key_id=key_arn,
            recovery_window_in_days=0,
        )
        version = SecretsmanagerSecretVersion(self, "first_version", secret_id=secret.id)
        fields = {
            "engine": "postgres",
            "host": endpoint,
            "port": DATABASE_PORT,
            "dbname": DATABASE_NAME,
            "username": MASTER,
            "password": f"${{ephemeral.aws_secretsmanager_random_password.{EPHEMERAL}.random_password}}",
        }
        version.add_override("secret_string_wo", json.dumps(fields))
        version.add_override("secret_string_wo_version", PASSWORD_VERSION)
        function = self.function(frame, key_arn, secret.arn, subnets, security_group, code)
        allowed = LambdaPermission(
            self,
            "invoke",
            statement_id="SecretsManagerRotates",
            action="lambda:InvokeFunction",
            function_name=function.function_name,
            principal="secretsmanager.amazonaws.com",
            source_account=frame.spec.account_id,
            source_arn=secret.arn,
        )
        SecretsmanagerSecretRotation(
            self,
            "rotation",
            secret_id=secret.id,
            rotation_lambda_arn=function.arn,
            rotate_immediately=False,
            rotation_rules=SecretsmanagerSecretRotationRotationRules(automatically_after_days=ROTATION_DAYS),
            depends_on=[allowed, version],
        )
        self.arn: str = secret.arn

    def function(
        self, frame: Frame, key_arn: str, secret_arn: str, subnets: list[str], security_group: str, code: RotationCode
    ) -> LambdaFunction:
        """The rotation function in the application's subnets, with a role for this one secret."""
        name = frame.name("rotation")
        group = CloudwatchLogGroup(
            self,
            "rotation_group",
            name=f"/aws/lambda/{name}",
            retention_in_days=frame.spec.retention_days,
            kms_key_id=key_arn,
        )
        role = IamRole(
            self,
            "rotation_role",
            name=frame.name("rotation", limit="iam_role"),
            assume_role_policy=policy(
                {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": ["sts:AssumeRole"]}
            ),
        )
        change = ["DescribeSecret", "GetSecretValue", "PutSecretValue", "UpdateSecretVersionStage"]
        granted = IamRolePolicy(
            self,
            "rotation_policy",
            name=name,
            role=role.id,
            policy=policy(
                allow("ChangeThisSecret", [f"secretsmanager:{action}" for action in change], [secret_arn]),
                # Neither action knows a resource (Service Authorization Reference: Secrets Manager, EC2).
                allow("MakePassword", ["secretsmanager:GetRandomPassword"], ["*"]),
                allow("JoinNetwork", NETWORK_INTERFACES, ["*"]),
                allow("UseKey", ["kms:Decrypt", "kms:GenerateDataKey"], [key_arn]),
                allow("WriteLog", ["logs:CreateLogStream", "logs:PutLogEvents"], [f"{group.arn}:*"]),
            ),
        )
        self.log_group_name: str = group.name
        return LambdaFunction(
            self,
            "rotation_function",
            function_name=name,
            description="Changes the database's password in Secrets Manager's four steps",
            filename=code.path,
            source_code_hash=code.sha256,
            handler="rotation.handler.handle",
            runtime="python3.12",
            architectures=["arm64"],
            timeout=60,
            memory_size=256,
            role=role.arn,
            kms_key_arn=key_arn,
            environment=LambdaFunctionEnvironment(variables={"DATABASE_TLS": "require"}),
            vpc_config=LambdaFunctionVpcConfig(subnet_ids=subnets, security_group_ids=[security_group]),
            depends_on=[group, granted],
        )
