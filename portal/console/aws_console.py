"""Where AWS's own console shows a resource: by its ARN where the service has a page for one, else by id. Pure.

Source: AWS Management Console User Guide, "Go to a resource by its ARN", and each service's console addresses.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

PAGES: dict[str, Callable[[str], str]] = {
    "aws_vpc": lambda id_: f"vpcconsole/home#VpcDetails:VpcId={id_}",
    "aws_subnet": lambda id_: f"vpcconsole/home#SubnetDetails:subnetId={id_}",
    "aws_route_table": lambda id_: f"vpcconsole/home#RouteTableDetails:RouteTableId={id_}",
    "aws_internet_gateway": lambda id_: f"vpcconsole/home#InternetGateway:internetGatewayId={id_}",
    "aws_nat_gateway": lambda id_: f"vpcconsole/home#NatGatewayDetails:natGatewayId={id_}",
    "aws_vpc_endpoint": lambda id_: f"vpcconsole/home#EndpointDetails:vpcEndpointId={id_}",
    "aws_security_group": lambda id_: f"ec2/home#SecurityGroup:groupId={id_}",
    "aws_lb": lambda id_: f"ec2/home#LoadBalancer:loadBalancerArn={id_}",
    "aws_lb_target_group": lambda id_: f"ec2/home#TargetGroup:targetGroupArn={id_}",
    "aws_rds_cluster": lambda id_: f"rds/home#database:id={id_};is-cluster=true",
    "aws_rds_cluster_instance": lambda id_: f"rds/home#database:id={id_};is-cluster=false",
    "aws_elasticache_replication_group": lambda id_: f"elasticache/home#/redis/{id_}",
    "aws_ecs_cluster": lambda id_: f"ecs/v2/clusters/{id_.rpartition('/')[2]}",
    "aws_s3_bucket": lambda id_: f"s3/buckets/{id_}",
    "aws_sqs_queue": lambda id_: f"sqs/v3/home#/queues/{quote(id_, safe='')}",
    "aws_sns_topic": lambda id_: f"sns/v3/home#/topic/{id_}",
    "aws_kms_key": lambda id_: f"kms/home#/kms/keys/{id_}",
    "aws_lambda_function": lambda id_: f"lambda/home#/functions/{id_}",
    "aws_cloudtrail": lambda id_: f"cloudtrailv2/home#/trails/{id_}",
    "aws_cloudwatch_metric_alarm": lambda id_: f"cloudwatch/home#alarmsV2:alarm/{quote(id_)}",
    "aws_cloudwatch_dashboard": lambda id_: f"cloudwatch/home#dashboards/dashboard/{quote(id_)}",
    "aws_cloudwatch_log_group": lambda id_: f"cloudwatch/home#logsV2:log-groups/log-group/{_twice(id_)}",
    "aws_secretsmanager_secret": lambda id_: f"secretsmanager/secret?name={quote(id_.rpartition(':')[2][:-7])}",
    "aws_iam_role": lambda id_: f"iam/home#/roles/details/{quote(id_)}",
    "aws_backup_vault": lambda id_: f"backup/home#/backupvaults/details/{quote(id_)}",
    "aws_wafv2_web_acl": lambda id_: f"wafv2/homev2/web-acls?id={id_}",
}
"""The page of a type by its id, below the console's address."""


def console_url(kind: str, provider_id: str, arn: str, region: str) -> str:
    """Return the address of the resource in AWS's console; empty where neither its type nor its ARN leads to one."""
    host = f"https://{region}.console.aws.amazon.com"
    if kind in PAGES and provider_id:
        path, sharp, fragment = PAGES[kind](provider_id).partition("#")
        query = f"{'&' if '?' in path else '?'}region={region}"
        return f"{host}/{path}{query}{sharp}{fragment}"
    return f"{host}/go/view?arn={quote(arn, safe=':/')}" if arn.startswith("arn:aws:") else ""


def _twice(text: str) -> str:
    """CloudWatch's console wants a percent sign for each dollar sign: its own escape of an escaped text."""
    return quote(quote(text, safe=""), safe="").replace("%", "$")
