"""Turns recorded requests into the list of what IAM decides: action, resource and tags, in IAM's own words.

Source: Service Authorization Reference, per service: names of actions that are not the API's own, resource types, and
"dependent actions", which AWS asks for beside a call and nobody sees on the wire.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from devtools.environment import STATE_BUCKET
from engine.preflight.calls import NEW, OURS, Call, Context

Line = Mapping[str, Any]

SERVICES = {"monitoring": "cloudwatch", "tagging": "tag"}
"""IAM's names of services that sign by another one."""
ACTIONS = {
    "budgets:CreateBudget": "budgets:ModifyBudget",
    "budgets:CreateNotification": "budgets:ModifyBudget",
    "budgets:DeleteBudget": "budgets:ModifyBudget",
    "budgets:DescribeBudget": "budgets:ViewBudget",
    "budgets:DescribeBudgets": "budgets:ViewBudget",
    "budgets:DescribeNotificationsForBudget": "budgets:ViewBudget",
    "budgets:DescribeSubscribersForNotification": "budgets:ViewBudget",
    "s3:DeleteBucketCors": "s3:PutBucketCORS",
    "s3:DeleteBucketLifecycle": "s3:PutLifecycleConfiguration",
    "s3:DeleteBucketEncryption": "s3:PutEncryptionConfiguration",
    "s3:DeleteBucketOwnershipControls": "s3:PutBucketOwnershipControls",
    "s3:DeleteObjects": "s3:DeleteObject",
    "s3:DeletePublicAccessBlock": "s3:PutBucketPublicAccessBlock",
    "s3:GetBucketAccelerateConfiguration": "s3:GetAccelerateConfiguration",
    "s3:GetBucketCors": "s3:GetBucketCORS",
    "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "s3:GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
    "s3:GetBucketNotificationConfiguration": "s3:GetBucketNotification",
    "s3:GetBucketReplication": "s3:GetReplicationConfiguration",
    "s3:GetObjectLockConfiguration": "s3:GetBucketObjectLockConfiguration",
    "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "s3:HeadBucket": "s3:ListBucket",
    "s3:HeadObject": "s3:GetObject",
    "s3:ListBuckets": "s3:ListAllMyBuckets",
    "s3:ListObjectVersions": "s3:ListBucketVersions",
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:PutBucketCors": "s3:PutBucketCORS",
    "s3:PutBucketEncryption": "s3:PutEncryptionConfiguration",
    "s3:PutBucketLifecycleConfiguration": "s3:PutLifecycleConfiguration",
    "s3:PutBucketNotificationConfiguration": "s3:PutBucketNotification",
    "s3:PutPublicAccessBlock": "s3:PutBucketPublicAccessBlock",
}
NOT_THE_ROLES = re.compile(
    r"sts:.*|iam:GetUser|ec2:DescribePrefixLists|route53:CreateHostedZone|s3:(Put|Delete|Get)Object"
)
"""What the worker asks by its own credentials, or Terraform where it has no role to enter; and objects' own calls: the
embedded services write those, and a teardown's are listed below."""
OF_EVERYTHING = re.compile(
    r"[a-z0-9-]+:(Describe|List(?!.*Tags|AttachedRole|RolePol|Bucket|.*(ByFunction|ForRole)))\w*"
)
"""Lists and descriptions, which are decided on no resource, but for those of one."""
OF_ONE = re.compile(
    r"application-autoscaling:.*|backup:Describe.*|kms:Describe.*|acm:Describe.*|route53:.*|ecs:Describe.*|secretsmanager:Describe.*"
)
EC2_MADE = {
    "AllocateAddress": "elastic-ip",
    "AuthorizeSecurityGroupEgress": "security-group-rule",
    "AuthorizeSecurityGroupIngress": "security-group-rule",
    "CreateTags": "security-group",
    "CreateFlowLogs": "vpc-flow-log",
    "CreateInternetGateway": "internet-gateway",
    "CreateNatGateway": "natgateway",
    "CreateRouteTable": "route-table",
    "CreateSecurityGroup": "security-group",
    "CreateSubnet": "subnet",
    "CreateVpc": "vpc",
    "CreateVpcEndpoint": "vpc-endpoint",
}
"""What EC2 makes, by its resource type: its answers name ids. Of what AWS makes by itself, a network's default group is
tagged by a call of its own."""
NAMED = {
    "budgets": "arn:aws:budgets::{account}:budget/monthly-{suffix}",
    "cloudwatch:DeleteDashboards": "arn:aws:cloudwatch::{account}:dashboard/district-{suffix}",
    "cloudwatch:GetDashboard": "arn:aws:cloudwatch::{account}:dashboard/district-{suffix}",
    "cloudwatch:PutDashboard": "arn:aws:cloudwatch::{account}:dashboard/district-{suffix}",
    "cloudwatch:PutMetricAlarm": "arn:aws:cloudwatch:{region}:{account}:alarm:queue-age-{suffix}",
    "iam": "arn:aws:iam::{account}:role/homeroom/api-task-{suffix}",
    "kms:CreateAlias": "arn:aws:kms:{region}:{account}:alias/data-{suffix}",
    "kms:DeleteAlias": "arn:aws:kms:{region}:{account}:alias/data-{suffix}",
    "logs:CreateLogGroup": "arn:aws:logs:{region}:{account}:log-group:/homeroom/api-{suffix}",
    "rds:CopyDBClusterSnapshot": "arn:aws:rds:{region}:{account}:cluster-snapshot:final-{suffix}-1",
    "rds:CreateDBClusterSnapshot": "arn:aws:rds:{region}:{account}:cluster-snapshot:closing-{suffix}-1",
    "route53": "",
    "route53:GetChange": "*",
    "wafv2:DisassociateWebACL": "arn:aws:elasticloadbalancing:{region}:{account}:loadbalancer/app/api-{suffix}/id",
    "sqs:CreateQueue": "arn:aws:sqs:{region}:{account}:results-{suffix}",
}
"""What a request or its answer names in no ARN; empty for what only some districts do, in a zone of their own."""
NO_RESOURCE = {"acm:RequestCertificate", "cloudwatch:GetMetricData", "kms:CreateKey", "servicequotas:GetServiceQuota"}
UNTAGGED = (
    "budgets:",
    "cloudtrail:",
    "iam:",
    "kms:CreateAlias",
    "kms:DeleteAlias",
    "s3:",
    "wafv2:DisassociateWebACL",
    "cloudwatch:GetDash",
    "cloudwatch:PutDash",
    "cloudwatch:DeleteDash",
)
"""Told apart by name: their tags decide nothing, or there are none."""
BOUNDARY = (("iam:PermissionsBoundary", "arn:aws:iam::{account}:policy/homeroom-district"),)
WITHIN = {"iam:AttachRolePolicy", "iam:CreateRole", "iam:PutRolePolicy"}
ROLE = NAMED["iam"]
BALANCER = "arn:aws:elasticloadbalancing:{region}:{account}:loadbalancer/app/api-{suffix}/id"
RESULTS = "arn:aws:s3:::homeroom-results-{account}-{suffix}"

DEPENDENT = (
    *(
        Call("iam:PassRole", ROLE, (("iam:PassedToService", f"{service}.amazonaws.com"),))
        for service in ("backup", "cloudtrail", "ecs-tasks", "lambda", "monitoring.rds", "vpc-flow-logs")
    ),
    Call("acm:AddTagsToCertificate", "arn:aws:acm:{region}:{account}:certificate/id", NEW),
    Call("backup-storage:MountCapsule", "*"),
    Call("cloudwatch:DeleteAlarms", "*"),
    Call("cloudwatch:PutMetricAlarm", "*"),
    Call("ec2:CreateTags", "arn:aws:ec2:{region}:{account}:vpc/id", (*NEW, ("ec2:CreateAction", "CreateVpc"))),
    Call("elasticloadbalancing:SetWebAcl", "*"),
    Call("kms:CreateGrant", "arn:aws:kms:{region}:{account}:key/id", OURS),
    Call("kms:Decrypt", "arn:aws:kms:{region}:{account}:key/id", OURS),
    Call("kms:GenerateDataKey", "arn:aws:kms:{region}:{account}:key/id", OURS),
    Call("kms:TagResource", "arn:aws:kms:{region}:{account}:key/id", NEW),
    Call("logs:CreateLogDelivery", "*"),
    Call("logs:PutResourcePolicy", "*"),
    Call("rds:AddTagsToResource", "arn:aws:rds:{region}:{account}:cluster:aurora-{suffix}", NEW),
    Call("route53:AssociateVPCWithHostedZone", "arn:aws:route53:::hostedzone/id"),
    Call("s3:DeleteObject", f"{RESULTS}/x"),
    Call("s3:DeleteObjectVersion", f"{RESULTS}/x"),
    Call("wafv2:AssociateWebACL", BALANCER),
    Call("wafv2:CreateWebACL", "arn:aws:wafv2:{region}:{account}:regional/managedruleset/x/x", NEW),
    Call("wafv2:GetWebACLForResource", BALANCER),
)
"""Dependent actions, and calls that are decided on a second resource."""

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
IDS = (
    (re.compile(r"(?<=/)[0-9a-f]{16}\b"), "id"),
    (re.compile(r"(?<=scalable-target/)\w+"), "id"),
    (re.compile(r"(?<=/)(?=[A-Z0-9]*[0-9])[A-Z0-9]{13,}\b"), "id"),
    (re.compile(r"(?<=\{suffix\})-[A-Za-z0-9]{6}$"), "-abcdef"),
    (re.compile(r":[0-9]+$"), ":1"),
)
"""What AWS makes up: the list is the same for every recording."""


def listed(lines: Iterable[Line]) -> list[Call]:
    """Return the list: each action once for each kind of resource, and what depends on it."""
    by_kind: dict[tuple[str, str, Context], Call] = {}
    for call in [*DEPENDENT, *(call for line in lines for call in _calls(line))]:
        by_kind.setdefault((call.action, kind_of(call.resource), call.context), call)
    return sorted(by_kind.values())


def kind_of(resource: str) -> str:
    """Return a resource's type, by which one stands for all."""
    if resource == "*":
        return resource
    service, rest = resource.split(":", 5)[2], resource.split(":", 5)[5]
    return f"s3:{'/' in rest}" if service == "s3" else f"{service}:{re.split('[:/]', rest)[0]}"


def _calls(line: Line) -> Iterator[Call]:
    signed = str(line["service"])
    service = SERVICES.get(signed, signed)
    called = f"{service}:{line['action']}"
    action = ACTIONS.get(called, called)
    if NOT_THE_ROLES.fullmatch(called) or "/" in line["action"] or str(line["path"]).startswith(f"/{STATE_BUCKET}"):
        return
    tagged = line["tagged"] and not action.startswith(UNTAGGED)
    resource = _resource(line, service, action)
    if not resource:
        return
    if action in WITHIN:
        context: Context = BOUNDARY
    elif tagged:
        context = NEW
    elif resource == "*" or action.startswith(UNTAGGED):
        context = ()
    else:
        context = OURS
    yield Call(action, resource, context)


def _resource(line: Line, service: str, action: str) -> str:
    """Return what IAM decides the call on, with places and ids left open; ``*`` where it knows no resource."""
    if action in NO_RESOURCE or (OF_EVERYTHING.fullmatch(action) and not OF_ONE.fullmatch(action)):
        return "*"
    for name in (action, service):
        if name in NAMED:
            return NAMED[name]
    if service == "s3":
        return opened(f"arn:aws:s3:::{str(line['path']).strip('/').partition('/')[0]}")
    if service == "ec2":
        kind = EC2_MADE.get(str(line["action"])) if line["tagged"] else None
        return f"arn:aws:ec2:{{region}}:{{account}}:{kind}/id" if kind else "arn:aws:ec2:{region}:{account}:vpc/id"
    own = f"arn:aws:{service}:"
    order = [*line["answered"], *line["asked"]] if line["tagged"] else [*line["asked"], *line["answered"]]
    return next((opened(arn) for arn in order if arn.startswith(own)), "") or _typical(service)


def _typical(service: str) -> str:
    """Return something of a service that stands for what a request names by its id or by an address alone."""
    return {
        "acm": "arn:aws:acm:{region}:{account}:certificate/id",
        "application-autoscaling": "arn:aws:application-autoscaling:{region}:{account}:scalable-target/id",
        "backup": "arn:aws:backup:{region}:{account}:backup-plan:id",
        "elasticache": "arn:aws:elasticache:{region}:{account}:replicationgroup:cache-{suffix}",
        "elasticloadbalancing": BALANCER,
        "kms": "arn:aws:kms:{region}:{account}:key/id",
        "lambda": "arn:aws:lambda:{region}:{account}:function:rotation-{suffix}",
        "logs": "arn:aws:logs:{region}:{account}:log-group:/homeroom/api-{suffix}",
        "rds": "arn:aws:rds:{region}:{account}:cluster:aurora-{suffix}",
        "sqs": "arn:aws:sqs:{region}:{account}:results-{suffix}",
        "wafv2": "arn:aws:wafv2:{region}:{account}:regional/webacl/api-{suffix}/id",
        "cloudwatch": "arn:aws:cloudwatch:{region}:{account}:alarm:queue-age-{suffix}",
    }.get(service, "*")


def opened(arn: str) -> str:
    """Return an ARN with account, region, district and ids left open."""
    # First: the last twelve of one in three hundred are digits, as an account's are.
    arn = UUID.sub("id", arn)
    arn = re.sub(r"\b[a-z]+-[a-z]+-[0-9]\b(?=:)", "{region}", arn)
    arn = re.sub(r"\b[0-9]{12}\b", "{account}", re.sub(r"lakeside-(sbx|stg|prod)", "{suffix}", arn))
    for pattern, standing in IDS:
        arn = pattern.sub(standing, arn)
    return arn
