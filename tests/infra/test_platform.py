"""What an account's districts share: a deploy role that reaches what is ours and nothing else."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path
from typing import Any

import pytest

from devtools.weakened.widened import of_whole_services, widenings
from infra.deploy_rights import CODES, deploy_statements, record_statements
from infra.district_rights import district_statements
from infra.frame import policy
from infra.naming import ENVIRONMENT_CODES
from infra.platform_spec import ZONE_COUNT
from tests import synthesis
from tests.infra.conftest import assert_terraform_accepts
from tests.infra.iam import allowed, likened

ACCOUNT = "123456789012"
SPEC: dict[str, Any] = {
    "account_id": ACCOUNT,
    "external_id": "0123456789abcdef",
    "portal_principal_arns": ["arn:aws:iam::210987654321:role/homeroom-portal"],
    "state_bucket": "homeroom-terraform-state",
    "hosted_zone_ids": ["Z0123456789ABC"],
}
OURS = {"aws:ResourceTag/ManagedBy": "homeroom"}
PLATFORM = {"aws:ResourceTag/ManagedBy": "homeroom-platform"}
MADE = {"aws:RequestTag/ManagedBy": "homeroom"}
EC2 = f"arn:aws:ec2:us-east-1:{ACCOUNT}"
IAM = f"arn:aws:iam::{ACCOUNT}"
BOUNDARY = {"iam:PermissionsBoundary": f"{IAM}:policy/homeroom-district"}

LISTS = (
    "application-autoscaling:DescribeScalableTargets",
    "backup:ListBackupPlans",
    "backup:ListBackupVaults",
    "budgets:ViewBudget",
    "cloudtrail:ListTrails",
    "cloudtrail:LookupEvents",
    "cloudwatch:DescribeAlarms",
    "cloudwatch:ListDashboards",
    "ec2:DescribeNetworkInterfaces",
    "ecs:ListClusters",
    "ecs:ListTaskDefinitions",
    "elasticache:DescribeUsers",
    "elasticloadbalancing:DescribeLoadBalancers",
    "iam:ListRoles",
    "kms:ListAliases",
    "lambda:ListFunctions",
    "logs:DescribeLogGroups",
    "rds:DescribeDBClusterAutomatedBackups",
    "rds:DescribeDBClusterSnapshots",
    "s3:ListAllMyBuckets",
    "secretsmanager:ListSecrets",
    "sns:ListTopics",
    "sqs:ListQueues",
    "wafv2:ListWebACLs",
)
"""What the inventory calls beside the tag index; without one of these a teardown could not be proven."""
ROLE = f"{IAM}:role/homeroom/api-task-maple-sbx"
RETAGGED = MADE | {"aws:ResourceTag/ManagedBy": "somebody"}
OTHERS = {"aws:ResourceTag/ManagedBy": "somebody"}


def arn(service: str, end: str, region: str = "us-east-1") -> str:
    return f"arn:aws:{service}:{region}:{ACCOUNT}:{end}"


BALANCER = arn("elasticloadbalancing", "loadbalancer/app/api-maple-sbx/0123456789abcdef")
ACL = arn("wafv2", "regional/webacl/api-maple-sbx/1")
TRIED_OF_ECS = ("DescribeServices", "UpdateService")

MAY = [
    ("ec2:CreateVpc", f"{EC2}:vpc/*", MADE),
    ("ec2:CreateTags", f"{EC2}:vpc/vpc-1", MADE | {"ec2:CreateAction": "CreateVpc"}),
    ("ec2:CreateTags", f"{EC2}:security-group/the-default-one", MADE),
    ("ec2:RevokeSecurityGroupEgress", f"{EC2}:security-group/the-default-one", OURS),
    ("ec2:DeleteVpc", f"{EC2}:vpc/vpc-1", OURS),
    ("ec2:CreateSubnet", f"{EC2}:subnet/*", MADE),
    ("ec2:CreateSubnet", f"{EC2}:vpc/vpc-1", OURS | MADE),
    ("ec2:CreateNatGateway", f"{EC2}:natgateway/*", MADE),
    ("ec2:CreateNatGateway", f"{EC2}:subnet/subnet-1", OURS | MADE),
    ("ec2:AuthorizeSecurityGroupIngress", f"{EC2}:security-group-rule/*", MADE),
    ("ec2:AuthorizeSecurityGroupIngress", f"{EC2}:security-group/sg-1", OURS | MADE),
    ("ec2:CreateVpcEndpoint", f"{EC2}:vpc-endpoint/*", MADE),
    ("ec2:CreateRoute", f"{EC2}:route-table/rtb-1", OURS),
    ("ec2:DescribeSubnets", "*", {}),
    ("rds:CreateDBCluster", arn("rds", "cluster:aurora-maple-sbx"), MADE),
    ("rds:AddTagsToResource", arn("rds", "cluster:aurora-maple-sbx"), MADE),
    ("rds:CreateDBInstance", arn("rds", "cluster:aurora-maple-sbx"), OURS | MADE),
    ("rds:DeleteDBCluster", arn("rds", "cluster:aurora-maple-sbx"), OURS),
    ("s3:CreateBucket", f"arn:aws:s3:::homeroom-results-{ACCOUNT}-maple-sbx", {}),
    ("s3:DeleteObject", f"arn:aws:s3:::homeroom-audit-{ACCOUNT}-maple-sbx/AWSLogs/x", {}),
    ("kms:CreateKey", "*", MADE),
    ("kms:TagResource", arn("kms", "key/1"), MADE),
    ("kms:ScheduleKeyDeletion", arn("kms", "key/1"), OURS),
    ("kms:CreateAlias", arn("kms", "alias/data-maple-sbx"), {}),
    ("kms:CreateAlias", arn("kms", "key/1"), OURS),
    ("logs:CreateLogGroup", arn("logs", "log-group:/homeroom/api-maple-sbx:*"), MADE),
    ("logs:PutRetentionPolicy", arn("logs", "log-group:/aws/lambda/rotation-maple-sbx:*"), OURS),
    ("logs:CreateLogDelivery", "*", {}),
    ("logs:PutResourcePolicy", "*", {}),
    ("iam:CreateRole", ROLE, BOUNDARY),
    ("iam:PutRolePolicy", ROLE, BOUNDARY),
    ("iam:DeleteRole", ROLE, {}),
    ("iam:TagRole", ROLE, {}),
    ("iam:ListRolePolicies", ROLE, {}),
    ("iam:PassRole", ROLE, {"iam:PassedToService": "ecs-tasks.amazonaws.com"}),
    ("cloudwatch:PutMetricAlarm", arn("cloudwatch", "alarm:queue-age-maple-sbx"), MADE),
    ("cloudwatch:DeleteAlarms", arn("cloudwatch", "alarm:queue-age-maple-sbx"), OURS),
    # What Application Auto Scaling tries before it takes a target: alarms without a name, and the service itself.
    *((f"cloudwatch:{action}", "*", {}) for action in ("DeleteAlarms", "DescribeAlarms", "PutMetricAlarm")),
    *((f"ecs:{action}", arn("ecs", "service/processing-maple-sbx/api-maple-sbx"), OURS) for action in TRIED_OF_ECS),
    ("ecs:UpdateService", arn("ecs", "service/processing-maple-sbx/"), {}),
    ("ecs:UpdateService", arn("ecs", "service/processing-maple-sbx/of-nobody"), {}),
    ("cloudwatch:PutDashboard", arn("cloudwatch", "dashboard/district-maple-sbx", ""), {}),
    ("cloudtrail:CreateTrail", arn("cloudtrail", "trail/trail-maple-sbx"), {}),
    ("budgets:ModifyBudget", arn("budgets", "budget/monthly-maple-sbx", ""), {}),
    ("backup:CreateBackupPlan", arn("backup", "backup-plan:*"), MADE),
    ("backup-storage:MountCapsule", "*", {}),
    ("secretsmanager:CreateSecret", arn("secretsmanager", "secret:database-owner-maple-sbx-a1b2c3"), MADE),
    ("application-autoscaling:RegisterScalableTarget", arn("application-autoscaling", "scalable-target/1"), MADE),
    ("acm:RequestCertificate", "*", MADE),
    ("acm:AddTagsToCertificate", arn("acm", "certificate/1"), MADE),
    ("route53:ChangeResourceRecordSets", "arn:aws:route53:::hostedzone/Z0123456789ABC", {}),
    ("tag:GetResources", "*", {}),
    ("rds:CopyDBClusterSnapshot", f"arn:aws:rds:us-east-1:{ACCOUNT}:cluster-snapshot:final-maple-sbx-1", MADE),
    ("rds:DeleteDBClusterSnapshot", f"arn:aws:rds:us-east-1:{ACCOUNT}:cluster-snapshot:final-maple-sbx-1", OURS),
    ("kms:DescribeKey", f"arn:aws:kms:us-east-1:{ACCOUNT}:key/of-rds", {}),
    ("cloudwatch:GetMetricData", "*", {}),
    ("ce:GetCostAndUsage", "*", {}),
    # What the preflight asks beside what runs ask.
    ("iam:SimulatePrincipalPolicy", f"{IAM}:role/homeroom-deploy", {}),
    ("guardduty:ListDetectors", "*", {}),
    ("elasticache:DescribeCacheEngineVersions", "*", {}),
    ("rds:DescribeOrderableDBInstanceOptions", "*", {}),
    ("acm:ListCertificates", "*", {}),
    *((f"sns:{action}SubscriptionAttributes", "*", {}) for action in ("Get", "Set")),
    ("secretsmanager:CreateSecret", arn("secretsmanager", "secret:pseudonym-key-maple-sbx-a1b2c3"), MADE),
    # What has gone bears no tags: a deletion ends when nothing is found, and not when nobody may look.
    ("secretsmanager:DescribeSecret", arn("secretsmanager", "secret:database-owner-maple-sbx-a1b2c3"), {}),
    ("sqs:GetQueueAttributes", arn("sqs", "results-maple-sbx"), {}),
    ("sns:GetTopicAttributes", arn("sns", "alarms-maple-sbx"), {}),
    ("wafv2:GetWebACL", ACL, {}),
    ("acm:DescribeCertificate", arn("acm", "certificate/1"), {}),
    *((action, "*", {}) for action in LISTS),
    # WAF knows a balancer without its tags, and the managed groups without any (Service Authorization Reference: WAF).
    *(
        (f"wafv2:{action}", BALANCER, {})
        for action in ("AssociateWebACL", "DisassociateWebACL", "GetWebACLForResource")
    ),
    *((f"wafv2:{action}", ACL, OURS) for action in ("AssociateWebACL", "GetWebACLForResource", "UpdateWebACL")),
    ("wafv2:CreateWebACL", arn("wafv2", "regional/managedruleset/*/*"), MADE),
    ("wafv2:UpdateWebACL", arn("wafv2", "regional/managedruleset/*/*"), {}),
    ("wafv2:CreateWebACL", ACL, MADE),
    ("elasticloadbalancing:SetWebACL", "*", {}),
    ("elasticloadbalancing:CreateWebACLAssociation", BALANCER, OURS),
    # A log group that AWS has made again bears no tags: it is tagged as ours, and then deleted.
    ("logs:TagResource", arn("logs", "log-group:/aws/ecs/containerinsights/processing-maple-sbx/performance"), MADE),
    ("logs:TagResource", arn("logs", "log-group:/aws/rds/cluster/aurora-maple-sbx/postgresql"), MADE),
    ("logs:DeleteLogGroup", arn("logs", "log-group:/aws/rds/cluster/aurora-maple-sbx/postgresql:*"), OURS),
    # A teardown's snapshot is taken under this name and copied to `final-*`.
    ("rds:CreateDBClusterSnapshot", arn("rds", "cluster-snapshot:closing-maple-sbx-1"), MADE),
    ("rds:CreateDBClusterSnapshot", arn("rds", "cluster:aurora-maple-sbx"), OURS | MADE),
    ("rds:AddTagsToResource", arn("rds", "cluster-snapshot:closing-maple-sbx-1"), MADE),
    ("rds:CopyDBClusterSnapshot", arn("rds", "cluster-snapshot:closing-maple-sbx-1"), OURS | MADE),
    ("rds:DeleteDBClusterSnapshot", arn("rds", "cluster-snapshot:closing-maple-sbx-1"), OURS),
    # What CreateVpcEndpoint with private DNS depends on (Service Authorization Reference: EC2); the zone is AWS's.
    ("route53:AssociateVPCWithHostedZone", "arn:aws:route53:::hostedzone/ZOFAWS", {}),
    # GuardDuty's endpoint and its group keep a network; it leaves both behind.
    ("ec2:DeleteVpcEndpoints", f"{EC2}:vpc-endpoint/vpce-1", {"aws:ResourceTag/GuardDutyManaged": "true"}),
    ("ec2:DeleteSecurityGroup", f"{EC2}:security-group/sg-1", {"aws:ResourceTag/GuardDutyManaged": "true"}),
    # Lambda's interfaces bear no tags; the provider removes those that have outlived their function.
    *((f"ec2:{action}NetworkInterface", f"{EC2}:network-interface/eni-1", {}) for action in ("Delete", "Detach")),
]
MAY_NOT = [
    ("ce:CreateCostCategoryDefinition", "*", {}),
    ("ec2:AllocateHosts", "*", MADE),
    ("budgets:ModifyBudget", "arn:aws:budgets::123456789012:budget/another", {}),
    ("wafv2:DisassociateWebACL", arn("elasticloadbalancing", "loadbalancer/app/payroll/1"), {}),
    ("wafv2:AssociateWebACL", arn("elasticloadbalancing", "loadbalancer/app/api-payroll/1"), {}),
    ("wafv2:DeleteWebACL", arn("wafv2", "regional/webacl/payroll/1"), {}),
    ("rds:CreateDBClusterSnapshot", arn("rds", "cluster:payroll"), MADE),
    ("rds:DeleteDBClusterSnapshot", arn("rds", "cluster-snapshot:closing-of-somebody"), {}),
    ("acm:RequestCertificate", "*", {}),
    ("ec2:DeleteNetworkInterface", f"{EC2}:network-interface/eni-of-somebody", OTHERS),
    ("ec2:DeleteVpcEndpoints", f"{EC2}:vpc-endpoint/vpce-of-somebody", OTHERS),
    ("ec2:DeleteSecurityGroup", f"{EC2}:security-group/sg-of-somebody", {"aws:ResourceTag/GuardDutyManaged": "false"}),
    ("ec2:DetachNetworkInterface", f"{EC2}:instance/i-of-somebody", {}),
    ("ec2:AttachNetworkInterface", f"{EC2}:network-interface/eni-of-somebody", {}),
    ("ec2:CreateVpc", f"{EC2}:vpc/*", {}),
    ("ec2:CreateVpc", f"{EC2}:vpc/*", {"aws:RequestTag/ManagedBy": "somebody"}),
    ("ec2:DeleteVpc", f"{EC2}:vpc/vpc-of-somebody", {}),
    ("ec2:DeleteVpc", f"{EC2}:vpc/vpc-of-somebody", OTHERS),
    ("ec2:CreateSubnet", f"{EC2}:vpc/vpc-of-somebody", {}),
    ("ec2:CreateSubnet", f"{EC2}:vpc/vpc-of-somebody", MADE),
    ("ec2:CreateNatGateway", f"{EC2}:subnet/subnet-of-somebody", MADE),
    ("ec2:CreateVpcEndpoint", f"{EC2}:route-table/rtb-of-somebody", MADE),
    ("ec2:AuthorizeSecurityGroupIngress", f"{EC2}:security-group/sg-of-somebody", MADE),
    ("ec2:CreateTags", f"{EC2}:vpc/vpc-of-somebody", {}),
    ("ec2:CreateTags", f"{EC2}:vpc/vpc-of-somebody", MADE),
    ("ec2:CreateTags", f"{EC2}:instance/i-of-somebody", MADE),
    ("ec2:CreateTags", f"{EC2}:security-group/sg-of-somebody", RETAGGED),
    ("ec2:RunInstances", f"{EC2}:instance/*", MADE),
    ("rds:DeleteDBCluster", arn("rds", "cluster:payroll"), {}),
    ("rds:ModifyDBCluster", arn("rds", "cluster:payroll"), MADE),
    ("rds:AddTagsToResource", arn("rds", "cluster:payroll-prod"), MADE),
    ("rds:AddTagsToResource", arn("rds", "cluster:aurora-payroll"), RETAGGED),
    ("rds:CreateDBInstance", arn("rds", "cluster:payroll-prod"), MADE),
    ("s3:GetObject", "arn:aws:s3:::homeroom-terraform-state/districts/maple-sbx/terraform.tfstate", {}),
    ("s3:DeleteBucket", "arn:aws:s3:::homeroom-terraform-state", {}),
    ("s3:GetObject", "arn:aws:s3:::payroll/2026.csv", {}),
    ("s3:PutBucketPolicy", "arn:aws:s3:::homeroom-results-999999999999-maple-sbx", {}),
    ("kms:ScheduleKeyDeletion", arn("kms", "key/of-somebody"), {}),
    ("kms:Decrypt", arn("kms", "key/of-the-platform"), PLATFORM),
    ("kms:TagResource", arn("kms", "key/of-the-platform"), MADE | PLATFORM),
    ("kms:DeleteAlias", arn("kms", "alias/homeroom-platform"), {}),
    ("kms:DeleteAlias", arn("kms", "alias/payroll-prod"), {}),
    ("secretsmanager:GetSecretValue", arn("secretsmanager", "secret:payroll"), {}),
    ("secretsmanager:TagResource", arn("secretsmanager", "secret:payroll-prod-a1b2c3"), MADE),
    ("lambda:TagResource", arn("lambda", "function:payroll"), MADE),
    ("lambda:UpdateFunctionCode", arn("lambda", "function:payroll"), OTHERS),
    ("sqs:TagQueue", arn("sqs", "payroll"), MADE),
    ("sns:TagResource", arn("sns", "payroll"), MADE),
    ("logs:DeleteLogGroup", arn("logs", "log-group:/aws/lambda/payroll:*"), {}),
    ("logs:TagResource", arn("logs", "log-group:/aws/lambda/payroll"), MADE),
    *(("cloudwatch:DeleteAlarms", arn("cloudwatch", "alarm:payroll-prod"), tags) for tags in (OTHERS, PLATFORM)),
    ("cloudwatch:PutMetricAlarm", arn("cloudwatch", "alarm:payroll-prod"), OTHERS),
    ("ecs:UpdateService", arn("ecs", "service/payroll/api"), {}),
    ("ecs:UpdateService", arn("ecs", "service/processing-payroll/api"), OTHERS),
    ("ecs:DeleteService", arn("ecs", "service/processing-payroll/api"), {}),
    ("cloudwatch:DeleteDashboards", arn("cloudwatch", "dashboard/payroll-prod", ""), {}),
    ("cloudtrail:StopLogging", arn("cloudtrail", "trail/organization"), {}),
    ("cloudtrail:DeleteTrail", arn("cloudtrail", "trail/organization"), MADE),
    ("budgets:ModifyBudget", arn("budgets", "budget/company-prod", ""), {}),
    ("route53:ChangeResourceRecordSets", "arn:aws:route53:::hostedzone/ZOFSOMEBODY", {}),
    ("route53:DeleteHostedZone", "arn:aws:route53:::hostedzone/Z0123456789ABC", {}),
    ("elasticloadbalancing:AddTags", arn("elasticloadbalancing", "loadbalancer/app/payroll/1"), MADE),
    ("ecs:CreateService", arn("ecs", "service/payroll/api"), MADE),
    ("iam:CreateRole", ROLE, {}),
    ("iam:CreateRole", f"{IAM}:role/administrator", BOUNDARY),
    ("iam:CreateRole", f"{IAM}:role/administrator-prod", BOUNDARY),
    ("iam:CreateRole", ROLE, {"iam:PermissionsBoundary": f"{IAM}:policy/wider"}),
    ("iam:PutRolePolicy", ROLE, {}),
    ("iam:AttachRolePolicy", f"{IAM}:role/homeroom-deploy", BOUNDARY),
    ("iam:UpdateAssumeRolePolicy", f"{IAM}:role/administrator-prod", {}),
    ("iam:UpdateAssumeRolePolicy", f"{IAM}:role/homeroom-deploy", {}),
    ("iam:DeleteRole", f"{IAM}:role/administrator-prod", {}),
    ("iam:DeleteRolePermissionsBoundary", ROLE, {}),
    ("iam:CreatePolicyVersion", f"{IAM}:policy/homeroom-deploy", {}),
    ("iam:CreatePolicyVersion", f"{IAM}:policy/homeroom-district", {}),
    ("iam:CreateUser", f"{IAM}:user/somebody", {}),
    ("iam:CreateAccessKey", f"{IAM}:user/somebody", {}),
    ("iam:PassRole", f"{IAM}:role/administrator", {"iam:PassedToService": "ecs-tasks.amazonaws.com"}),
    ("iam:PassRole", f"{IAM}:role/administrator-prod", {"iam:PassedToService": "ecs-tasks.amazonaws.com"}),
    ("iam:PassRole", ROLE, {"iam:PassedToService": "ec2.amazonaws.com"}),
    ("iam:CreateServiceLinkedRole", f"{IAM}:role/aws-service-role/x", {"iam:AWSServiceName": "sso.amazonaws.com"}),
    ("sts:AssumeRole", f"{IAM}:role/administrator", {}),
    ("ecr:PutImage", arn("ecr", "repository/homeroom/processor"), {}),
    ("organizations:LeaveOrganization", "*", {}),
    ("ec2:CreateVpc", f"{EC2}:vpc/*", {"aws:RequestTag/ManagedBy": "somebody"}),
    ("rds:CopyDBClusterSnapshot", f"arn:aws:rds:us-east-1:{ACCOUNT}:cluster-snapshot:payroll", {}),
    ("guardduty:DeleteDetector", arn("guardduty", "detector/1"), {}),
    # What is named as nothing of ours is not made, and what is somebody's not taken over by a tag in the request.
    ("backup:CreateBackupVault", arn("backup", "backup-vault:payroll"), MADE),
    ("backup:CreateFramework", arn("backup", "framework:payroll"), MADE),
    ("cloudwatch:TagResource", arn("cloudwatch", "alarm:payroll"), MADE),
    ("elasticache:CreateReplicationGroup", arn("elasticache", "replicationgroup:payroll"), MADE),
    ("elasticache:CreateUser", arn("elasticache", "user:payroll"), MADE),
    ("wafv2:CreateWebACL", arn("wafv2", "regional/webacl/payroll/1"), MADE),
    ("wafv2:PutManagedRuleSetVersions", arn("wafv2", "regional/managedruleset/payroll/1"), {}),
    ("kms:CreateAlias", arn("kms", "alias/payroll-prod"), MADE),
    ("acm:AddTagsToCertificate", arn("acm", "certificate/of-somebody"), RETAGGED),
    ("ec2:CreateSubnet", f"{EC2}:subnet/*", {}),
    ("ec2:CreateNatGateway", f"{EC2}:natgateway/*", {}),
    ("ec2:CreateTags", f"{EC2}:vpc/*", {"ec2:CreateAction": "CreateVpc"}),
    ("ec2:DeleteNatGateway", f"{EC2}:natgateway/of-somebody", RETAGGED),
    ("ec2:ModifyVpcAttribute", f"{EC2}:vpc/of-somebody", RETAGGED | {"ec2:CreateAction": "CreateVpc"}),
    ("ec2:ModifyVpcEndpoint", f"{EC2}:vpc-endpoint/vpce-1", {"aws:ResourceTag/GuardDutyManaged": "true"}),
    # Looking changes nothing.
    ("application-autoscaling:DeregisterScalableTarget", arn("application-autoscaling", "scalable-target/1"), OTHERS),
    ("backup:DeleteBackupPlan", arn("backup", "backup-plan:of-somebody"), OTHERS),
    ("backup-storage:DeleteObjects", "*", {}),
    ("elasticache:DeleteReplicationGroup", arn("elasticache", "replicationgroup:payroll"), OTHERS),
    ("servicequotas:RequestServiceQuotaIncrease", arn("servicequotas", "vpc/L-F678F1CE"), {}),
    ("tag:TagResources", "*", {}),
    # A right over roles is no right over all of IAM.
    ("iam:DeleteRolePermissionsBoundary", ROLE, BOUNDARY),
    ("iam:DeleteRolePermissionsBoundary", ROLE, {"iam:PassedToService": "ecs-tasks.amazonaws.com"}),
    ("iam:CreateServiceLinkedRole", f"{IAM}:role/payroll", {"iam:AWSServiceName": "ecs.amazonaws.com"}),
    (
        "iam:DeleteServiceLinkedRole",
        f"{IAM}:role/aws-service-role/ecs.amazonaws.com/x",
        {"iam:AWSServiceName": "ecs.amazonaws.com"},
    ),
]
DISTRICT_MAY_NOT = [
    ("iam:CreateRole", ROLE, BOUNDARY),
    ("iam:PassRole", f"{IAM}:role/homeroom-deploy", {}),
    ("sts:AssumeRole", f"{IAM}:role/homeroom-deploy", {}),
    ("s3:GetObject", "arn:aws:s3:::homeroom-terraform-state/districts/maple-sbx/terraform.tfstate", {}),
    ("s3:PutBucketPolicy", f"arn:aws:s3:::homeroom-results-{ACCOUNT}-maple-sbx", {}),
    ("s3:DeleteObject", f"arn:aws:s3:::homeroom-audit-{ACCOUNT}-maple-sbx/AWSLogs/x", {}),
    ("secretsmanager:GetSecretValue", arn("secretsmanager", "secret:payroll"), {}),
    ("secretsmanager:DeleteSecret", arn("secretsmanager", "secret:database-owner-maple-sbx-a1b2c3"), OURS),
    ("kms:Decrypt", arn("kms", "key/of-somebody"), {}),
    ("kms:ScheduleKeyDeletion", arn("kms", "key/1"), OURS),
    ("logs:DeleteLogGroup", arn("logs", "log-group:/homeroom/access-maple-sbx"), OURS),
    ("logs:PutLogEvents", arn("logs", "log-group:/aws/lambda/payroll:*"), {}),
    ("elasticache:Connect", arn("elasticache", "replicationgroup:payroll"), {}),
    ("ecr:PutImage", arn("ecr", "repository/homeroom/processor"), {}),
    ("ec2:DeleteVpc", f"{EC2}:vpc/vpc-1", OURS),
    ("rds:DeleteDBCluster", arn("rds", "cluster:aurora-maple-sbx"), OURS),
    ("rds:DeleteDBClusterSnapshot", arn("rds", "cluster-snapshot:payroll"), {}),
    ("secretsmanager:DeleteSecret", arn("secretsmanager", "secret:pseudonym-key-maple-sbx-a1b2c3"), {}),
    ("secretsmanager:DeleteSecret", arn("secretsmanager", "secret:source-credentials-maple-sbx-a1b2c3"), {}),
    ("sqs:DeleteQueue", arn("sqs", "results-maple-sbx"), OURS),
    ("sqs:SendMessage", arn("sqs", "payroll"), {}),
    ("elasticache:DeleteReplicationGroup", arn("elasticache", "replicationgroup:cache-maple-sbx"), OURS),
    ("ecr:BatchGetImage", arn("ecr", "repository/payroll"), {}),
    ("backup:CopyIntoBackupVault", arn("backup", "backup-vault:payroll"), {}),
    ("backup:DeleteBackupVault", arn("backup", "backup-vault:backup-maple-sbx"), OURS),
    ("s3:GetObject", f"arn:aws:s3:::homeroom-logs-{ACCOUNT}-maple-sbx/balancer/x", {}),
    ("logs:CreateLogStream", arn("logs", "log-group:aws-waf-logs-maple-sbx:*"), {}),
    ("cloudtrail:StopLogging", arn("cloudtrail", "trail/organization"), {}),
    ("tag:TagResources", "*", {}),
]
ONE_KIND = "the service has no resource of another kind"
ALIKE = {
    ("Make", "arn:aws:acm:*:*:certificate/* as arn:aws:acm:*"): ONE_KIND,
    ("Make", "arn:aws:application-autoscaling:*:*:scalable-target/* as arn:aws:application-autoscaling:*"): ONE_KIND,
    ("Names", "cloudwatch:*Dash* as cloudwatch:*"): "of CloudWatch it names dashboards alone",
    ("Names", "kms:*Alias as kms:*"): "of KMS it names aliases alone",
    ("Interfaces", f"arn:aws:ec2:*:{ACCOUNT}:*/* as arn:aws:ec2:*"): "another account's have to be shared by that one",
}
"""Ways in which the shared statements may say more without that anything is admitted, each with the reason."""


@pytest.fixture(scope="module")
def platform() -> tuple[Path, dict[str, Any]]:
    stack = synthesis.platform(SPEC)
    return stack.folder, stack.data


def rights(platform: tuple[Path, dict[str, Any]], name: str) -> list[dict[str, Any]]:
    document = platform[1]["resource"]["aws_iam_policy"][name]["policy"]
    statements: list[dict[str, Any]] = json.loads(document)["Statement"]
    return statements


def of_the_role(platform: tuple[Path, dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what the deploy role's policies allow together: the managed one, and its own on the zones' records."""
    inline = platform[1]["resource"]["aws_iam_role_policy"]["deploy_records"]
    assert inline["role"] == "${aws_iam_role.deploy_role.name}"
    return [*rights(platform, "deploy_rights"), *json.loads(inline["policy"])["Statement"]]


@pytest.mark.parametrize(("action", "resource", "context"), MAY)
def test_the_deploy_role_does_what_a_district_needs(platform, action, resource, context):
    assert allowed(of_the_role(platform), action, resource, context)
    assert allowed(rights(platform, "deploy_boundary"), action, resource, context)


@pytest.mark.parametrize(("action", "resource", "context"), MAY_NOT)
def test_the_deploy_role_touches_nothing_that_is_not_ours(platform, action, resource, context):
    assert not allowed(of_the_role(platform), action, resource, context)


@pytest.mark.parametrize(("action", "resource", "context"), DISTRICT_MAY_NOT)
def test_no_role_of_a_district_ever_reaches_beyond_it(platform, action, resource, context):
    assert not allowed(rights(platform, "deploy_district_boundary"), action, resource, context)


def test_what_the_deploy_role_may_is_the_most_it_may_ever(platform):
    resources = platform[1]["resource"]
    role = resources["aws_iam_role"]["deploy_role"]
    (attached,) = resources["aws_iam_role_policy_attachment"].values()
    assert attached["policy_arn"] == "${aws_iam_policy.deploy_rights.arn}"
    assert role["permissions_boundary"] == "${aws_iam_policy.deploy_boundary.arn}"
    most = rights(platform, "deploy_boundary")
    assert all(statement in most for statement in rights(platform, "deploy_rights"))
    (more,) = [statement for statement in most if statement not in rights(platform, "deploy_rights")]
    assert more["Resource"] == ["arn:aws:route53:::hostedzone/*"]


@pytest.mark.parametrize(("action", "resource", "context"), MAY_NOT)
def test_the_boundary_holds_nothing_that_is_not_ours_but_the_records_of_zones(platform, action, resource, context):
    decision = allowed(rights(platform, "deploy_boundary"), action, resource, context)
    assert decision is (action == "route53:ChangeResourceRecordSets"), "the role's own policy names the zones"


def test_each_shared_statement_that_says_more_admits_what_may_not_be_done():
    """A condition fewer, all of a service for one of its resources or for one of its actions."""
    shared = (
        (deploy_statements(ACCOUNT, tuple(SPEC["hosted_zone_ids"])), MAY_NOT),
        (district_statements(ACCOUNT), DISTRICT_MAY_NOT),
    )
    unnoticed = {
        (str(statement["Sid"]), how)
        for statements, forbidden in shared
        for index, statement in enumerate(statements)
        for how, wider in (*widenings(statement), *of_whole_services(statement))
        if not any(allowed([*statements[:index], wider, *statements[index + 1 :]], *call) for call in forbidden)
    }
    assert unnoticed == set(ALIKE)


def test_the_portal_alone_assumes_the_role_and_knows_the_external_id(platform):
    role = platform[1]["resource"]["aws_iam_role"]["deploy_role"]
    (trust,) = json.loads(role["assume_role_policy"])["Statement"]
    assert trust["Principal"] == {"AWS": SPEC["portal_principal_arns"]}
    assert trust["Condition"] == {"StringEquals": {"sts:ExternalId": SPEC["external_id"]}}


def test_the_documents_fit_into_a_managed_policy(platform):
    """6,144 characters without white space (IAM and STS quotas)."""
    for body in platform[1]["resource"]["aws_iam_policy"].values():
        assert len("".join(body["policy"].split())) <= 6144


def test_a_name_of_every_environment_and_of_nothing_like_it_is_ours():
    ends = {
        code: [ending for ending in CODES if likened(ending, code)] for code in (*ENVIRONMENT_CODES.values(), "payroll")
    }
    assert {code for code, endings in ends.items() if not endings} == {"payroll"}


def test_no_right_is_for_every_action(platform):
    for name in ("deploy_rights", "deploy_boundary", "deploy_district_boundary", "worker"):
        for statement in rights(platform, name):
            assert "*" not in statement["Action"]


def test_the_state_bucket_is_taken_over_closed_and_encrypted(platform):
    data = platform[1]
    imported = (platform[0] / "imports.tf").read_text().split()
    assert imported == [
        "import",
        "{",
        "to",
        "=",
        "aws_s3_bucket.state_bucket",
        "id",
        "=",
        f'"{SPEC["state_bucket"]}"',
        "}",
    ]
    closed = data["resource"]["aws_s3_bucket_public_access_block"]["state_closed"]
    assert all(closed[name] for name in closed if name != "bucket" and name != "depends_on")
    encrypted = data["resource"]["aws_s3_bucket_server_side_encryption_configuration"]["state_encryption"]
    rule = encrypted["rule"][0]["apply_server_side_encryption_by_default"]
    assert rule == {"sse_algorithm": "aws:kms", "kms_master_key_id": "${aws_kms_key.key_key.arn}"}
    versioning = data["resource"]["aws_s3_bucket_versioning"]["state_versions"]
    assert versioning["versioning_configuration"] == {"status": "Enabled"}


def test_evidence_lies_in_a_bucket_with_object_lock_and_the_worker_locks_and_reads_there(tmp_path):
    resources = synthesis.platform_in(tmp_path, SPEC | {"evidence_bucket": "homeroom-evidence"}).data["resource"]
    assert resources["aws_s3_bucket"]["evidence_bucket"]["object_lock_enabled"] is True
    assert resources["aws_s3_bucket_public_access_block"]["evidence_closed"]["restrict_public_buckets"] is True
    assert resources["aws_s3_bucket_ownership_controls"]["evidence_ownership"]
    encrypted = resources["aws_s3_bucket_server_side_encryption_configuration"]["evidence_encryption"]["rule"][0]
    assert encrypted["apply_server_side_encryption_by_default"]["sse_algorithm"] == "aws:kms"
    worker = json.loads(resources["aws_iam_policy"]["worker"]["policy"])["Statement"]
    bucket = "arn:aws:s3:::homeroom-evidence"
    for action in ("s3:PutObject", "s3:PutObjectRetention", "s3:GetObjectVersion"):
        assert allowed(worker, action, f"{bucket}/anchors/1.json", {})
    assert allowed(worker, "s3:ListBucketVersions", bucket, {})
    for action in (
        "s3:DeleteObject",
        "s3:DeleteObjectVersion",
        "s3:BypassGovernanceRetention",
        "s3:PutObjectLegalHold",
    ):
        assert not allowed(worker, action, f"{bucket}/anchors/1.json", {})
    assert not allowed(worker, "s3:PutBucketObjectLockConfiguration", bucket, {})


def test_images_are_scanned_and_never_overwritten(platform):
    (repository,) = platform[1]["resource"]["aws_ecr_repository"].values()
    assert repository["image_tag_mutability"] == "IMMUTABLE"
    assert repository["image_scanning_configuration"] == {"scan_on_push": True}


@pytest.mark.terraform
def test_terraform_accepts_it(tmp_path):
    synthesis.platform_in(tmp_path, SPEC)
    assert_terraform_accepts(tmp_path)


def test_the_workers_policy_enters_accounts_and_keeps_states_and_nothing_else(platform):
    worker = rights(platform, "worker")
    bucket = f"arn:aws:s3:::{SPEC['state_bucket']}"
    assert allowed(worker, "sts:AssumeRole", "arn:aws:iam::999999999999:role/homeroom-deploy", {})
    assert allowed(worker, "s3:PutObject", f"{bucket}/districts/maple-sbx/terraform.tfstate.tflock", {})
    assert allowed(worker, "s3:ListBucketVersions", bucket, {})
    for action, resource in (
        ("sts:AssumeRole", "arn:aws:iam::999999999999:role/administrator"),
        ("s3:DeleteBucket", bucket),
        ("s3:PutObject", f"{bucket}/platform/terraform.tfstate"),
        ("s3:GetObject", "arn:aws:s3:::payroll/2026.csv"),
        ("iam:CreateRole", ROLE),
    ):
        assert not allowed(worker, action, resource, {})


def test_without_a_zone_no_record_may_be_changed():
    statements, zone = deploy_statements(ACCOUNT), "arn:aws:route53:::hostedzone/Z0123456789ABC"
    assert not allowed(statements, "route53:ChangeResourceRecordSets", zone, {})


def test_the_most_zones_that_a_specification_takes_fit_into_the_roles_own_policy():
    """10,240 characters without white space in all of a role's inline policies (IAM and STS quotas)."""
    longest = tuple("Z" * 31 + str(number) for number in range(ZONE_COUNT))
    assert len("".join(policy(*record_statements(longest)).split())) <= 10_240


MADE_BY_NAME = {
    "aws_backup_vault": ("backup:CreateBackupVault", "name", "backup:{region}:{account}:backup-vault:{name}"),
    "aws_cloudtrail": ("cloudtrail:CreateTrail", "name", "cloudtrail:{region}:{account}:trail/{name}"),
    "aws_cloudwatch_dashboard": ("cloudwatch:PutDashboard", "dashboard_name", "cloudwatch::{account}:dashboard/{name}"),
    "aws_cloudwatch_log_group": ("logs:CreateLogGroup", "name", "logs:{region}:{account}:log-group:{name}"),
    "aws_cloudwatch_metric_alarm": (
        "cloudwatch:PutMetricAlarm",
        "alarm_name",
        "cloudwatch:{region}:{account}:alarm:{name}",
    ),
    "aws_budgets_budget": ("budgets:ModifyBudget", "name", "budgets::{account}:budget/{name}"),
    "aws_db_event_subscription": ("rds:CreateEventSubscription", "name", "rds:{region}:{account}:es:{name}"),
    "aws_db_parameter_group": ("rds:CreateDBParameterGroup", "name", "rds:{region}:{account}:pg:{name}"),
    "aws_db_subnet_group": ("rds:CreateDBSubnetGroup", "name", "rds:{region}:{account}:subgrp:{name}"),
    "aws_ecs_cluster": ("ecs:CreateCluster", "name", "ecs:{region}:{account}:cluster/{name}"),
    "aws_ecs_service": ("ecs:CreateService", "name", "ecs:{region}:{account}:service/processing-{suffix}/{name}"),
    "aws_ecs_task_definition": (
        "ecs:RegisterTaskDefinition",
        "family",
        "ecs:{region}:{account}:task-definition/{name}:1",
    ),
    "aws_elasticache_parameter_group": (
        "elasticache:CreateCacheParameterGroup",
        "name",
        "elasticache:{region}:{account}:parametergroup:{name}",
    ),
    "aws_elasticache_replication_group": (
        "elasticache:CreateReplicationGroup",
        "replication_group_id",
        "elasticache:{region}:{account}:replicationgroup:{name}",
    ),
    "aws_elasticache_subnet_group": (
        "elasticache:CreateCacheSubnetGroup",
        "name",
        "elasticache:{region}:{account}:subnetgroup:{name}",
    ),
    "aws_elasticache_user": ("elasticache:CreateUser", "user_id", "elasticache:{region}:{account}:user:{name}"),
    "aws_elasticache_user_group": (
        "elasticache:CreateUserGroup",
        "user_group_id",
        "elasticache:{region}:{account}:usergroup:{name}",
    ),
    "aws_kms_alias": ("kms:CreateAlias", "name", "kms:{region}:{account}:{name}"),
    "aws_lambda_function": ("lambda:CreateFunction", "function_name", "lambda:{region}:{account}:function:{name}"),
    "aws_lb": (
        "elasticloadbalancing:CreateLoadBalancer",
        "name",
        "elasticloadbalancing:{region}:{account}:loadbalancer/app/{name}/*",
    ),
    "aws_lb_target_group": (
        "elasticloadbalancing:CreateTargetGroup",
        "name",
        "elasticloadbalancing:{region}:{account}:targetgroup/{name}/*",
    ),
    "aws_rds_cluster": ("rds:CreateDBCluster", "cluster_identifier", "rds:{region}:{account}:cluster:{name}"),
    "aws_rds_cluster_instance": ("rds:CreateDBInstance", "identifier", "rds:{region}:{account}:db:{name}"),
    "aws_rds_cluster_parameter_group": (
        "rds:CreateDBClusterParameterGroup",
        "name",
        "rds:{region}:{account}:cluster-pg:{name}",
    ),
    "aws_s3_bucket": ("s3:CreateBucket", "bucket", "s3:::{name}"),
    "aws_secretsmanager_secret": (
        "secretsmanager:CreateSecret",
        "name",
        "secretsmanager:{region}:{account}:secret:{name}-a1b2c3",
    ),
    "aws_sns_topic": ("sns:CreateTopic", "name", "sns:{region}:{account}:{name}"),
    "aws_sqs_queue": ("sqs:CreateQueue", "name", "sqs:{region}:{account}:{name}"),
    "aws_wafv2_web_acl": ("wafv2:CreateWebACL", "name", "wafv2:{region}:{account}:regional/webacl/{name}/1"),
}
"""What makes each kind that has a name, and its ARN (Service Authorization Reference, resource types)."""


@pytest.mark.parametrize("kind", sorted(MADE_BY_NAME))
def test_the_deploy_role_makes_everything_that_a_stack_names(platform, stacks, kind):
    action, field, pattern = MADE_BY_NAME[kind]
    for stack in stacks.values():
        assert stack.all(kind)
        for body in stack.all(kind).values():
            name = "arn:aws:" + pattern.format(
                region="us-east-1", account=ACCOUNT, name=body[field], suffix=stack.suffix
            )
            assert allowed(rights(platform, "deploy_rights"), action, name, MADE), name


def test_the_deploy_role_makes_and_passes_every_role_of_a_stack(platform, stacks):
    for stack in stacks.values():
        for body in stack.all("aws_iam_role").values():
            role = f"{IAM}:role{body['path']}{body['name']}"
            assert allowed(rights(platform, "deploy_rights"), "iam:CreateRole", role, BOUNDARY), role


def test_the_districts_boundary_holds_every_right_of_every_role_of_a_stack(platform, stacks):
    """A right that the boundary lacks would fail in AWS and nowhere else: each is asked for by action and resource."""
    boundary = rights(platform, "deploy_district_boundary")
    for stack in stacks.values():
        for name, body in stack.all("aws_iam_role_policy").items():
            for part in json.loads(body["policy"])["Statement"]:
                for action, resource in itertools.product(part["Action"], part["Resource"]):
                    arn_of_it = resolved(stack, resource)
                    assert allowed(boundary, action, arn_of_it, OURS), (name, action, arn_of_it)


AUDITORS = [
    # What a query needs after it was started (Service Authorization Reference: CloudWatch Logs).
    ("logs:StartQuery", "log-group:/homeroom/trail-maple-sbx:*"),
    ("logs:GetQueryResults", "log-group:/homeroom/access-maple-sbx:*"),
    ("logs:StopQuery", "*"),
    ("logs:DescribeQueries", "*"),
    # What `aws cloudtrail validate-logs` calls (CloudTrail User Guide, "Validating CloudTrail log file integrity").
    ("cloudtrail:DescribeTrails", "*"),
    ("cloudtrail:ListPublicKeys", "*"),
    ("s3:GetBucketLocation", f"arn:aws:s3:::homeroom-audit-{ACCOUNT}-maple-sbx"),
    ("s3:ListBucket", f"arn:aws:s3:::homeroom-audit-{ACCOUNT}-maple-sbx"),
    ("s3:GetObject", f"arn:aws:s3:::homeroom-audit-{ACCOUNT}-maple-sbx/AWSLogs/{ACCOUNT}/CloudTrail-Digest/x"),
]


@pytest.mark.parametrize(("action", "resource"), AUDITORS)
def test_the_auditor_reads_what_it_asked_for_and_proves_that_nothing_was_changed(platform, stacks, action, resource):
    stack = stacks["sandbox"]
    statements = json.loads(stack.all("aws_iam_role_policy")["audit_auditor_policy"]["policy"])["Statement"]
    own = [part | {"Resource": [resolved(stack, pattern) for pattern in part["Resource"]]} for part in statements]
    on = arn("logs", resource) if resource.startswith("log-group") else resource
    assert allowed(own, action, on, {})
    assert allowed(rights(platform, "deploy_district_boundary"), action, on, {})


RESTORES = [
    ("rds:RestoreDBClusterFromSnapshot", "cluster:aurora-restored-maple-sbx"),
    ("rds:RestoreDBClusterFromSnapshot", "cluster-pg:aurora-maple-sbx"),
    ("rds:RestoreDBClusterFromSnapshot", "cluster-pg:default.aurora-postgresql16"),
    ("rds:RestoreDBClusterFromSnapshot", "og:default:aurora-postgresql-16"),
    ("rds:RestoreDBClusterFromSnapshot", "subgrp:aurora-maple-sbx"),
    ("rds:RestoreDBClusterFromSnapshot", "cluster-snapshot:awsbackup:job-1"),
    ("rds:AddTagsToResource", "cluster:aurora-restored-maple-sbx"),
]
"""What AWS Backup's restore is decided on (Service Authorization Reference: RDS, required resource types)."""


@pytest.mark.parametrize(("action", "resource"), RESTORES)
def test_the_boundary_lets_aws_backup_restore_a_districts_database(platform, action, resource):
    assert allowed(rights(platform, "deploy_district_boundary"), action, arn("rds", resource), {})


ARNS = {
    "aws_cloudwatch_log_group": ("name", "logs:us-east-1:{account}:log-group:{name}"),
    "aws_elasticache_replication_group": (
        "replication_group_id",
        "elasticache:us-east-1:{account}:replicationgroup:{name}",
    ),
    "aws_elasticache_user": ("user_id", "elasticache:us-east-1:{account}:user:{name}"),
    "aws_secretsmanager_secret": ("name", "secretsmanager:us-east-1:{account}:secret:{name}-a1b2c3"),
    "aws_sqs_queue": ("name", "sqs:us-east-1:{account}:{name}"),
}


def resolved(stack: Any, resource: str) -> str:
    """Return an ARN with what Terraform would put in place of its expressions."""

    def known(match: re.Match[str]) -> str:
        kind, name = match[1], match[2]
        if kind == "aws_kms_key":
            return f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1"
        field, pattern = ARNS[kind]
        return "arn:aws:" + pattern.format(account=ACCOUNT, name=stack.all(kind)[name][field])

    return re.sub(r"\$\{(\w+)\.(\w+)\.arn\}", known, resource)
