"""What the deploy role may do: make, change and remove what is ours by tag or by name, and nothing beside it.

Pure documents. The role's permissions boundary says the same as its policies, but that it names no hosted zone: what it
may do is the most that it may ever do. Sources: Service Authorization Reference, per service; IAM, "Permissions
boundaries"; EC2, "Grant permission to tag resources during creation". `infra.district_rights` is the boundary of the
roles it makes.
"""

from __future__ import annotations

from typing import Any

from infra.frame import ROLE_PATH, allow

Statement = dict[str, Any]

DEPLOY_ROLE, DEPLOY_POLICY, DEPLOY_BOUNDARY = "homeroom-deploy", "homeroom-deploy", "homeroom-deploy-boundary"
DISTRICT_BOUNDARY = "homeroom-district"
"""The boundary of every role that the deploy role makes for a district."""

BUCKETS = ("results", "audit", "logs")
CODES = ("prod", "s??")
"""How the environments' codes end our names, in the fewest characters: a policy has 6,144 at most."""
TAG = "ManagedBy"
OURS = {"StringEquals": {f"aws:ResourceTag/{TAG}": "homeroom"}}
MADE_AS_OURS = {"StringEquals": {f"aws:RequestTag/{TAG}": "homeroom"}}
GUARDDUTYS = {"StringEquals": {"aws:ResourceTag/GuardDutyManaged": "true"}}
"""What GuardDuty makes in a network where tasks run, and leaves behind (GuardDuty User Guide, "How Runtime Monitoring
works with Fargate")."""
NOBODYS = {"Null": {f"aws:ResourceTag/{TAG}": "true"}}
"""It does not exist yet; what exists and has no such tag is told apart by its name alone."""

BY_TAG = (
    "acm",
    "application-autoscaling",
    "backup",
    "cloudwatch",
    "ecs",
    "elasticache",
    "elasticloadbalancing",
    "kms",
    "lambda",
    "logs",
    "rds",
    "secretsmanager",
    "sns",
    "sqs",
    "wafv2",
)
"""Services whose resources carry tags that decide on access; EC2 is one too, and has statements of its own."""

ROOTS = (
    "acm:RequestC*",
    "ec2:AllocateA*",
    "ec2:CreateInternet*",
    "ec2:CreateVpc",
    "kms:CreateKey",
)
"""What is made out of nothing: no call of these names anything that is there, and ACM's and KMS's know no resource."""
NETWORK_OF_A_VPC = ("CreateRouteT*", "CreateSecu*", "CreateSubnet")
NETWORK_PARTS = ("AuthorizeS*", "CreateFlowL*", "CreateNat*", "CreateVpcEndpoint")
"""EC2's creations by what they are put into. Each allows the new resource alone: what it is put into has to be ours."""

LOOKING = (
    "acm:Des*",
    "acm:L*",
    "application-autoscaling:Des*",
    "backup:DescribeR*",
    "backup:L*",
    "budgets:V*",
    "ce:GetCostA*",
    "cloudtrail:Des*",
    "cloudtrail:L*",
    "cloudwatch:Des*",
    "cloudwatch:GetMetricD*",
    "cloudwatch:L*",
    "ec2:Des*",
    "ecs:Des*",
    "ecs:L*",
    "elasticache:Des*",
    "elasticloadbalancing:Des*",
    "guardduty:L*",
    "iam:ListRoles",
    "iam:Si*",
    "kms:DescribeK*",
    "kms:L*",
    "lambda:L*",
    "logs:Des*",
    "rds:Des*",
    "route53:GetCha*",
    "s3:ListAl*",
    "secretsmanager:Des*",
    "secretsmanager:L*",
    "servicequotas:G*",
    "sns:GetT*",
    "sns:L*",
    "sqs:GetQueueA*",
    "sqs:L*",
    "tag:GetR*",
    "wafv2:GetW*",
    "wafv2:L*",
)
"""Lists, which know no resource, and descriptions. What has gone bears no tags any more: by tag alone nobody might ask
whether it has gone, and a deletion would end in a refusal (IAM User Guide, "Controlling access to AWS resources using
tags"). Who one is may be asked without a right (STS, GetCallerIdentity). To simulate says of any principal what it may
do, and changes nothing; the preflight asks it of the deploy role itself. The names are shortened: see `CODES`."""

WITHOUT_RESOURCE = (
    "backup-storage:M*",
    "ecs:DeregisterT*",
    "elasticloadbalancing:SetW*",
    "logs:*LogDel*",
    "logs:PutRes*",
    "route53:AssociateV*",
    "secretsmanager:GetRa*",
    "sns:*SubscriptionA*",
    "sns:Unsub*",
)
"""What AWS offers for every resource or none: WAF's and ElastiCache's log delivery, a vault's storage, a password, the
end of a task definition's revision and of a subscription, a balancer's side of its firewall. An endpoint's private
names lie in a zone of AWS's own (EC2, CreateVpcEndpoint: dependent actions). Names are shortened where no other action
begins so: a policy's characters are few."""

SCALING_TRIES = ("DeleteAlarms", "PutMetricA*")
"""What Application Auto Scaling tries with its caller's rights, on an alarm without a name, before it takes a target: a
right on ours alone, by tag or by name, fails it (Application Auto Scaling User Guide, "Permissions validation for API
calls on target resources"). No document says that it tells of itself when it tries (`aws:ViaAWSService`), so that no
condition may ask for that. What has no name has no tag: alarms that somebody has tagged with an owner stay out of
reach; those of others without such a tag do not."""

SCALING_TRIES_TOO = "ecs:UpdateS*"
"""On which service it tries to update one, no document says: on the one that is to scale, by the example of Aurora also
on one without a name, or on one that nobody has. So: on whichever of a cluster of ours; what exists there has to be
ours by its tag."""

SERVICE_ROLES = (
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
ROLE_ACTIONS = (
    "*agRole",
    "De*RolePolicy",
    "DeleteRole",
    "GetRole*",
    "List*Role*",
    "Update*Role*",
)
"""Tagging, reading and ending a role, and all but what its rights are."""
WITHIN_THE_BOUNDARY = ("AttachR*", "CreateRole", "PutRoleP*")
RECORD_ACTIONS = ("route53:*RecordSets", "route53:GetHostedZone")
"""On records of the zones that the account's specification names, and of no other."""
BY_NAME = ("budgets:*", "cloudtrail:*", "cloudwatch:*Dash*", "kms:*Alias", "s3:*", "wafv2:*WebACL*")
"""Services whose resources are told apart by name: they have no tags, or theirs decide nothing. WAF knows the tags of
its own lists, and neither those of a balancer nor any of the managed groups that a list names."""


def log_groups(account: str) -> list[str]:
    """Return the log groups that a district has, by the beginning of their names."""
    beginnings = (
        "/homeroom/",
        "/aws/ecs/containerinsights/processing-",
        "/aws/lambda/rotation-",
        "/aws/rds/cluster/aurora-",
        "aws-waf-logs-",
    )
    return [f"arn:aws:logs:*:{account}:log-group:{beginning}*" for beginning in beginnings]


def named(account: str) -> list[str]:
    """Return what a district makes with a name, by the beginnings that its names have."""
    own = {
        "backup": ("backup-vault:backup-*",),
        "cloudwatch": tuple(f"alarm:*-{code}" for code in CODES),
        "ecs": ("cluster/processing-*", "service/processing-*", *(f"task-definition/{task}-*" for task in TASKS)),
        "elasticache": ("*:cache-*", "user:app-*", "user:default-*"),
        "elasticloadbalancing": ("*/app/api-*", "targetgroup/api-*"),
        "lambda": ("function:rotation-*",),
        "rds": ("*:aurora-*", "*:closing-*", "*:final-*", "es:database-*"),
        "secretsmanager": ("secret:database-*", "secret:pseudonym-*", "secret:source-*"),
        "sns": ("alarms-*",),
        "sqs": ("dead-letters-*", "results-*"),
        "wafv2": ("regional/webacl/api-*",),
    }
    return [f"arn:aws:{service}:*:{account}:{end}" for service, ends in own.items() for end in ends] + [
        *log_groups(account)
    ]


TASKS = ("api", "migrate", "worker")


def deploy_statements(account: str, hosted_zone_ids: tuple[str, ...] = ()) -> list[Statement]:
    """Return the deploy role's rights in this account, and on the records of these zones; an asterisk is any zone."""
    roles = [f"arn:aws:iam::{account}:role{ROLE_PATH}*"]
    boundary = f"arn:aws:iam::{account}:policy/{DISTRICT_BOUNDARY}"
    services = [f"{service}:*" for service in BY_TAG]
    return [
        allow("Change", [*services, "ec2:*"], ["*"], Condition=OURS),
        # What carries tags in its request makes a resource, or tags one while it is made. AWS itself makes a VPC's
        # default security group, without tags: it is tagged before it is emptied. The account is left out of these
        # names, since a right reaches no other one's resources without that one's word, and a policy has 6,144
        # characters at most.
        allow(
            "Make",
            [*services, "ec2:CreateTags"],
            [arn.replace(f":{account}:", ":*:") for arn in (*named(account), *_nameless(account))],
            Condition=MADE_AS_OURS | NOBODYS,
        ),
        allow("Roots", list(ROOTS), ["*"], Condition=MADE_AS_OURS),
        *_network(),
        allow("Scale", [f"cloudwatch:{action}" for action in SCALING_TRIES], ["*"], Condition=NOBODYS),
        allow("Look", [*LOOKING, *WITHOUT_RESOURCE], ["*"]),
        allow(
            "Names",
            [*BY_NAME, *(f"iam:{action}" for action in ROLE_ACTIONS)],
            [*_by_name(account), *roles],
        ),
        *record_statements(hosted_zone_ids),
        allow(
            "RolesInside",
            [f"iam:{action}" for action in WITHIN_THE_BOUNDARY],
            roles,
            Condition={"StringEquals": {"iam:PermissionsBoundary": boundary}},
        ),
        allow(
            "PassRoles",
            ["iam:PassR*"],
            roles,
            Condition={"StringEquals": {"iam:PassedToService": list(PASSED_TO)}},
        ),
        allow(
            "ServiceRoles",
            ["iam:CreateServiceL*"],
            [f"arn:aws:iam::{account}:role/aws-service-role/*"],
            Condition={"StringEquals": {"iam:AWSServiceName": list(SERVICE_ROLES)}},
        ),
    ]


def record_statements(hosted_zone_ids: tuple[str, ...]) -> list[Statement]:
    """Return the rights on the records of these zones; none where there are none."""
    zones = [f"arn:aws:route53:::hostedzone/{zone}" for zone in hosted_zone_ids]
    return [allow("Records", list(RECORD_ACTIONS), zones)] if zones else []


def without_names(statements: list[Statement]) -> list[Statement]:
    """Return the statements without their names: a managed policy has at most 6,144 characters (IAM quotas)."""
    return [{key: value for key, value in statement.items() if key != "Sid"} for statement in statements]


def _network() -> list[Statement]:
    """Return the rights to make a network; to put something into one, `Change` asks for our tag on it.

    A function's interfaces bear no tags and outlive it by up to 45 minutes. The provider waits until they are free, and
    removes them before their group and subnet (provider, `deleteLingeringENIs`). EC2 refuses to delete one in use, and
    to detach one from an instance asks for a right on that instance, which is not here.
    """

    def of(*kinds: str) -> list[str]:
        return [f"arn:aws:ec2:*:*:{kind}/*" for kind in kinds]

    def make(sid: str, actions: tuple[str, ...], kinds: list[str]) -> Statement:
        return allow(sid, [f"ec2:{action}" for action in actions], kinds, Condition=MADE_AS_OURS)

    while_made = MADE_AS_OURS | {"Null": {"ec2:CreateAction": "false"}}
    return [
        make("NetOfVpc", NETWORK_OF_A_VPC, of("route-table", "security-group", "subnet")),
        make("NetParts", NETWORK_PARTS, of("natgateway", "security-group-rule", "vpc-endpoint", "vpc-flow-log")),
        allow("NetTags", ["ec2:CreateTags"], ["*"], Condition=while_made),
        # With what scaling tries in one, as a policy's characters are few: neither action knows the other's kind.
        allow(
            "Left",
            ["ec2:De*kInterface", SCALING_TRIES_TOO],
            [*of("network-interface"), "arn:aws:ecs:*:*:*/processing-*"],
            Condition=NOBODYS,
        ),
        allow("NetSeen", ["ec2:Delete*"], ["*"], Condition=GUARDDUTYS),
    ]


def _nameless(account: str) -> list[str]:
    kinds = {
        "acm": "certificate/*",
        "application-autoscaling": "scalable-target/*",
        "backup": "backup-plan:*",
        "ec2": "security-group/*",
        "kms": "key/*",
    }
    return [f"arn:aws:{service}:*:{account}:{kind}" for service, kind in kinds.items()]


def _by_name(account: str) -> list[str]:
    balancers = [f"*/app/api-*-{code}/*" for code in CODES]
    return [
        "arn:aws:budgets::*:budget/monthly-*",
        "arn:aws:cloudtrail:*:*:trail/trail-*",
        "arn:aws:cloudwatch::*:dashboard/district-*",
        *(f"arn:aws:elasticloadbalancing:*:*:{end}" for end in balancers),
        "arn:aws:kms:*:*:alias/data-*",
        "arn:aws:wafv2:*:*:*/managedruleset/*",
        *(f"arn:aws:s3:::homeroom-{kind}-{account}-*" for kind in BUCKETS),
    ]
