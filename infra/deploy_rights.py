"""What the deploy role may do: make, change and remove what is ours by name or by tag, and nothing beside it.

Pure documents. The same document is the role's policy and its permissions boundary: what it may do is the most that
it may ever do. Sources: Service Authorization Reference, per service; IAM, "Permissions boundaries".
"""

from __future__ import annotations

from typing import Any

from infra.frame import allow
from infra.naming import ENVIRONMENT_CODES

Statement = dict[str, Any]

DEPLOY_ROLE, DEPLOY_BOUNDARY, DISTRICT_BOUNDARY = "homeroom-deploy", "homeroom-deploy", "homeroom-district"
"""The role, its policy, and the boundary of every role that it makes for a district."""

SUFFIXES = tuple(f"*-{code}" for code in ENVIRONMENT_CODES.values())
OURS = {"StringEquals": {"aws:ResourceTag/ManagedBy": "homeroom"}}
MADE_AS_OURS = {"StringEquals": {"aws:RequestTag/ManagedBy": "homeroom"}}

BY_TAG = (
    "acm",
    "backup",
    "cloudtrail",
    "ec2",
    "ecs",
    "elasticache",
    "elasticloadbalancing",
    "kms",
    "lambda",
    "rds",
    "secretsmanager",
    "sns",
    "sqs",
    "wafv2",
)
"""Services whose resources carry tags that decide on access."""

MAKING = (
    "acm:RequestCertificate",
    "acm:AddTagsToCertificate",
    "backup:CreateBackup*",
    "backup:TagResource",
    "cloudtrail:CreateTrail",
    "cloudtrail:AddTags",
    "ec2:Allocate*",
    "ec2:AuthorizeSecurityGroup*",
    "ec2:Create*",
    "ecs:Create*",
    "ecs:RegisterTaskDefinition",
    "ecs:TagResource",
    "elasticache:AddTagsToResource",
    "elasticache:Create*",
    "elasticloadbalancing:AddTags",
    "elasticloadbalancing:Create*",
    "kms:CreateKey",
    "kms:TagResource",
    "lambda:CreateFunction",
    "lambda:TagResource",
    "rds:AddTagsToResource",
    "rds:CopyDBClusterSnapshot",
    "rds:Create*",
    "secretsmanager:CreateSecret",
    "secretsmanager:TagResource",
    "sns:CreateTopic",
    "sns:TagResource",
    "sqs:CreateQueue",
    "sqs:TagQueue",
    "wafv2:CreateWebACL",
    "wafv2:TagResource",
)
"""What makes a resource, or tags it while it is made: allowed with our tag in the request alone."""

LOOKING = (
    "acm:List*",
    "application-autoscaling:Describe*",
    "application-autoscaling:List*",
    "backup:List*",
    "budgets:ViewBudget",
    "cloudtrail:Describe*",
    "cloudtrail:List*",
    "cloudwatch:Describe*",
    "cloudwatch:List*",
    "ec2:Describe*",
    "ecs:Describe*",
    "ecs:List*",
    "elasticache:Describe*",
    "elasticache:List*",
    "elasticloadbalancing:Describe*",
    "iam:ListRoles",
    "kms:DescribeKey",
    "kms:ListAliases",
    "kms:ListKeys",
    "lambda:ListFunctions",
    "logs:Describe*",
    "rds:Describe*",
    "rds:List*",
    "s3:ListAllMyBuckets",
    "secretsmanager:GetRandomPassword",
    "secretsmanager:ListSecrets",
    "servicequotas:GetServiceQuota",
    "sns:ListTopics",
    "sqs:ListQueues",
    "sts:GetCallerIdentity",
    "tag:GetResources",
    "wafv2:List*",
)
"""Lists and descriptions, which know no resource, and the making of a password."""

SERVICE_ROLES = (
    "autoscaling.amazonaws.com",
    "backup.amazonaws.com",
    "ecs.amazonaws.com",
    "ecs.application-autoscaling.amazonaws.com",
    "elasticache.amazonaws.com",
    "elasticloadbalancing.amazonaws.com",
    "rds.amazonaws.com",
    "wafv2.amazonaws.com",
)
PASSED_TO = (
    "backup.amazonaws.com",
    "cloudtrail.amazonaws.com",
    "ecs-tasks.amazonaws.com",
    "lambda.amazonaws.com",
    "monitoring.rds.amazonaws.com",
    "vpc-flow-logs.amazonaws.com",
)


def deploy_statements(account: str) -> list[Statement]:
    """Return the deploy role's rights in this account."""
    return [
        allow("ChangeOurs", [f"{service}:*" for service in BY_TAG], ["*"], Condition=OURS),
        allow("MakeOurs", list(MAKING), ["*"], Condition=MADE_AS_OURS),
        allow("Look", list(LOOKING), ["*"]),
        allow("JoinOurNetwork", ["ec2:Create*", "ec2:RunInstances"], _network(account), Condition=OURS),
        allow("OurBuckets", ["s3:*"], [f"arn:aws:s3:::homeroom-{kind}-{account}-*" for kind in BUCKETS]),
        allow("OurNames", [*BY_NAME], _named(account)),
        allow(
            "OurRoles",
            [f"iam:{action}" for action in ROLE_ACTIONS],
            [f"arn:aws:iam::{account}:role/{suffix}" for suffix in SUFFIXES],
        ),
        allow(
            "RolesWithinTheBoundary",
            ["iam:CreateRole", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy", "iam:AttachRolePolicy"],
            [f"arn:aws:iam::{account}:role/{suffix}" for suffix in SUFFIXES],
            Condition={
                "StringEquals": {"iam:PermissionsBoundary": f"arn:aws:iam::{account}:policy/{DISTRICT_BOUNDARY}"}
            },
        ),
        allow(
            "PassOurRoles",
            ["iam:PassRole"],
            [f"arn:aws:iam::{account}:role/{suffix}" for suffix in SUFFIXES],
            Condition={"StringEquals": {"iam:PassedToService": list(PASSED_TO)}},
        ),
        allow(
            "ServiceRoles",
            ["iam:CreateServiceLinkedRole"],
            [f"arn:aws:iam::{account}:role/aws-service-role/*"],
            Condition={"StringEquals": {"iam:AWSServiceName": list(SERVICE_ROLES)}},
        ),
    ]


BUCKETS = ("results", "audit", "logs")
ROLE_ACTIONS = (
    "DeleteRole",
    "DeleteRolePolicy",
    "DetachRolePolicy",
    "GetRole*",
    "ListAttachedRolePolicies",
    "ListInstanceProfilesForRole",
    "ListRole*",
    "TagRole",
    "UntagRole",
    "UpdateAssumeRolePolicy",
    "UpdateRole*",
)
BY_NAME = (
    "application-autoscaling:*",
    "budgets:*",
    "cloudwatch:*",
    "kms:CreateAlias",
    "kms:DeleteAlias",
    "kms:UpdateAlias",
    "logs:*",
    "route53:*",
    "wafv2:*",
)
"""Services whose resources are told apart by name, since their tags decide nothing or they have none."""


KEY_USES = ("CreateGrant", "Decrypt", "DescribeKey", "GenerateDataKey*")


def _network(account: str) -> list[str]:
    """Return what a new resource is put into: it has to be ours already."""
    kinds = ("vpc", "subnet", "security-group", "route-table", "internet-gateway", "elastic-ip", "network-interface")
    return [f"arn:aws:ec2:*:{account}:{kind}/*" for kind in kinds]


def _named(account: str) -> list[str]:
    found = [
        f"arn:aws:application-autoscaling:*:{account}:scalable-target/*",
        f"arn:aws:logs:*:{account}:log-group:aws-waf-logs-*",
        f"arn:aws:logs:*:{account}:log-group:/homeroom/*",
        f"arn:aws:logs:*:{account}:log-group:/aws/ecs/containerinsights/processing-*",
        f"arn:aws:logs:*:{account}:log-group:/aws/lambda/rotation-*",
        f"arn:aws:logs:*:{account}:log-group:/aws/rds/cluster/aurora-*",
        f"arn:aws:wafv2:*:{account}:regional/managedruleset/*",
        "arn:aws:route53:::hostedzone/*",
        "arn:aws:route53:::change/*",
    ]
    for suffix in SUFFIXES:
        found += [
            f"arn:aws:budgets::{account}:budget/{suffix}",
            f"arn:aws:cloudwatch:*:{account}:alarm:{suffix}",
            f"arn:aws:cloudwatch::{account}:dashboard/{suffix}",
            f"arn:aws:kms:*:{account}:alias/{suffix}",
        ]
    return found


def district_statements(account: str) -> list[Statement]:
    """Return the most that any role of any district may do: its policy, which is far narrower, decides the rest.

    No right here reaches IAM, Organizations, another account's roles, or the state bucket.
    """
    suffixed = [f"*-{code}*" for code in ENVIRONMENT_CODES.values()]
    return [
        allow("Buckets", ["s3:*"], [f"arn:aws:s3:::homeroom-{kind}-{account}-*" for kind in BUCKETS]),
        allow(
            "Keys", ["kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey*"], ["*"], Condition=OURS
        ),
        allow(
            "Secrets",
            ["secretsmanager:*"],
            [f"arn:aws:secretsmanager:*:{account}:secret:{suffix}" for suffix in suffixed],
        ),
        allow("Passwords", ["secretsmanager:GetRandomPassword"], ["*"]),
        allow("Queues", ["sqs:*"], [f"arn:aws:sqs:*:{account}:{suffix}" for suffix in SUFFIXES]),
        allow("Caches", ["elasticache:Connect"], [f"arn:aws:elasticache:*:{account}:*"]),
        allow("Logs", ["logs:*"], [f"arn:aws:logs:*:{account}:log-group:*"]),
        allow("Images", ["ecr:GetAuthorizationToken"], ["*"]),
        allow(
            "OurImages",
            ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
            [f"arn:aws:ecr:*:{account}:repository/homeroom/*"],
        ),
        allow(
            "Network",
            ["ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", "ec2:DescribeNetworkInterfaces"],
            ["*"],
        ),
        allow(
            "Backups",
            ["backup:*", "rds:*Snapshot*", "rds:Describe*", "rds:ListTagsForResource", "rds:AddTagsToResource"],
            [f"arn:aws:backup:*:{account}:*", f"arn:aws:rds:*:{account}:*"],
        ),
    ]
