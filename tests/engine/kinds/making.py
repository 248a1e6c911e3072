"""Makes one thing of each kind that the inventory looks for by name, and one of each that its tag alone shows."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

from tests.sandbox.conftest import admit_trails

Make = Callable[[str], Any]
SERVICES = ["lambda.amazonaws.com", "vpc-flow-logs.amazonaws.com"]
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": SERVICES}, "Action": "sts:AssumeRole"}],
    }
)
ACCOUNT = "123456789012"


def _zip() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("handler.py", "def handler(event, context): ...")
    return packed.getvalue()


def _network(make: Make, number: int) -> tuple[str, list[str]]:
    """Return a network without any tag, and two subnets of it."""
    ec2 = make("ec2")
    vpc = ec2.create_vpc(CidrBlock=f"10.{number}.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.{number}.{part}.0/24", AvailabilityZone=f"us-east-1{zone}")
        for part, zone in enumerate("ab")
    ]
    return vpc, [subnet["Subnet"]["SubnetId"] for subnet in subnets]


def make_named(make: Make, suffix: str, number: int) -> None:
    """Make one untagged thing of each kind, by the names that the stack gives."""
    vpc, subnets = _network(make, number)
    rds = make("rds")
    rds.create_db_subnet_group(DBSubnetGroupName=f"aurora-{suffix}", DBSubnetGroupDescription="x", SubnetIds=subnets)
    family = "aurora-postgresql16"
    rds.create_db_parameter_group(
        DBParameterGroupName=f"aurora-{suffix}", DBParameterGroupFamily=family, Description="x"
    )
    rds.create_db_cluster_parameter_group(
        DBClusterParameterGroupName=f"aurora-{suffix}", DBParameterGroupFamily=family, Description="x"
    )
    rds.create_db_cluster(
        DBClusterIdentifier=f"aurora-{suffix}",
        Engine="aurora-postgresql",
        MasterUsername="owner",
        MasterUserPassword="correct-horse",
    )
    rds.create_db_instance(
        DBInstanceIdentifier=f"aurora-1-{suffix}",
        DBClusterIdentifier=f"aurora-{suffix}",
        DBInstanceClass="db.serverless",
        Engine="aurora-postgresql",
    )
    rds.create_db_cluster_snapshot(
        DBClusterSnapshotIdentifier=f"by-hand-{number}", DBClusterIdentifier=f"aurora-{suffix}"
    )
    topic = make("sns").create_topic(Name=f"alarms-{suffix}")["TopicArn"]
    rds.create_event_subscription(SubscriptionName=f"database-events-{suffix}", SnsTopicArn=topic)

    cache = make("elasticache")
    cache.create_cache_subnet_group(
        CacheSubnetGroupName=f"cache-{suffix}", CacheSubnetGroupDescription="x", SubnetIds=subnets
    )
    cache.create_cache_parameter_group(
        CacheParameterGroupName=f"cache-{suffix}", CacheParameterGroupFamily="redis7", Description="x"
    )
    cache.create_user(
        UserId=f"default-{suffix}",
        UserName="default",
        Engine="redis",
        AccessString="off -@all",
        AuthenticationMode={"Type": "no-password-required"},
    )
    cache.create_user_group(UserGroupId=f"cache-{suffix}", Engine="redis", UserIds=[f"default-{suffix}"])
    cache.create_replication_group(
        ReplicationGroupId=f"cache-{suffix}",
        ReplicationGroupDescription="x",
        Engine="redis",
        CacheNodeType="cache.t4g.micro",
        NumCacheClusters=1,
    )

    ecs = make("ecs")
    ecs.create_cluster(clusterName=f"processing-{suffix}")
    ecs.register_task_definition(
        family=f"api-{suffix}", containerDefinitions=[{"name": "api", "image": "scratch", "memory": 64}]
    )
    ecs.create_service(
        cluster=f"processing-{suffix}", serviceName=f"api-{suffix}", taskDefinition=f"api-{suffix}", desiredCount=0
    )
    make("application-autoscaling").register_scalable_target(
        ServiceNamespace="ecs",
        ResourceId=f"service/processing-{suffix}/api-{suffix}",
        ScalableDimension="ecs:service:DesiredCount",
        MinCapacity=1,
        MaxCapacity=2,
    )
    role = make("iam").create_role(RoleName=f"rotation-{suffix}", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    make("lambda").create_function(
        FunctionName=f"rotation-{suffix}",
        Runtime="python3.13",
        Role=role,
        Handler="handler.handler",
        Code={"ZipFile": _zip()},
    )

    balancing = make("elbv2")
    balancing.create_load_balancer(Name=f"api-{suffix}", Subnets=subnets)
    balancing.create_target_group(Name=f"api-{suffix}", Protocol="HTTP", Port=80, VpcId=vpc)
    visible = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": "x"}
    make("wafv2").create_web_acl(
        Name=f"api-{suffix}", Scope="REGIONAL", DefaultAction={"Allow": {}}, VisibilityConfig=visible, Rules=[]
    )
    make("ec2").create_network_interface(
        SubnetId=subnets[0], Description=f"AWS Lambda VPC ENI-rotation-{suffix}-0f0f0f0f"
    )

    make("s3").create_bucket(Bucket=f"homeroom-results-{ACCOUNT}-{suffix}")
    make("secretsmanager").create_secret(Name=f"database-owner-{suffix}", SecretString="x")
    make("sqs").create_queue(QueueName=f"results-{suffix}")
    key = make("kms").create_key()["KeyMetadata"]["KeyId"]
    make("kms").create_alias(AliasName=f"alias/data-{suffix}", TargetKeyId=key)
    backup = make("backup")
    backup.create_backup_vault(BackupVaultName=f"backup-{suffix}")
    rule = {"RuleName": "daily", "TargetBackupVaultName": f"backup-{suffix}", "ScheduleExpression": "cron(0 5 * * ? *)"}
    backup.create_backup_plan(BackupPlan={"BackupPlanName": f"backup-{suffix}", "Rules": [rule]})

    make("logs").create_log_group(logGroupName=f"/aws/ecs/containerinsights/processing-{suffix}/performance")
    watching = make("cloudwatch")
    watching.put_metric_alarm(
        AlarmName=f"api-errors-{suffix}",
        EvaluationPeriods=1,
        ComparisonOperator="GreaterThanThreshold",
        MetricName="x",
        Namespace="x",
        Period=60,
        Statistic="Sum",
        Threshold=1,
    )
    body = json.dumps({"widgets": []})
    watching.put_dashboard(DashboardName=f"district-{suffix}", DashboardBody=body)
    admit_trails(make("s3"), f"trail-of-{number}")
    make("cloudtrail").create_trail(Name=f"trail-{suffix}", S3BucketName=f"trail-of-{number}")
    make("budgets").create_budget(
        AccountId=ACCOUNT,
        Budget={
            "BudgetName": f"monthly-{suffix}",
            "BudgetLimit": {"Amount": "1", "Unit": "USD"},
            "TimeUnit": "MONTHLY",
            "BudgetType": "COST",
        },
    )


def make_tagged(make: Make, suffix: str, number: int) -> None:
    """Make one thing of each kind that its tag alone shows."""
    ec2 = make("ec2")
    tags = [{"Key": "Suffix", "Value": suffix}]

    def tagged(kind: str) -> dict[str, Any]:
        return {"TagSpecifications": [{"ResourceType": kind, "Tags": tags}]}

    vpc = ec2.create_vpc(CidrBlock=f"10.{number}.0.0/16", **tagged("vpc"))["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.{number}.0.0/24", **tagged("subnet"))["Subnet"]["SubnetId"]
    ec2.create_internet_gateway(**tagged("internet-gateway"))
    ec2.create_route_table(VpcId=vpc, **tagged("route-table"))
    group = ec2.create_security_group(
        GroupName=f"api-{suffix}", Description="x", VpcId=vpc, **tagged("security-group")
    )["GroupId"]
    ec2.authorize_security_group_ingress(
        GroupId=group,
        IpPermissions=[{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}],
        **tagged("security-group-rule"),
    )
    address = ec2.allocate_address(Domain="vpc", **tagged("elastic-ip"))["AllocationId"]
    ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address, **tagged("natgateway"))
    ec2.create_vpc_endpoint(
        VpcId=vpc, ServiceName="com.amazonaws.us-east-1.s3", VpcEndpointType="Gateway", **tagged("vpc-endpoint")
    )
    ec2.create_network_interface(SubnetId=subnet, Description="arn:aws:ecs:attachment")
    role = make("iam").create_role(RoleName=f"untold-{number}", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    ec2.create_flow_logs(
        ResourceIds=[vpc],
        ResourceType="VPC",
        TrafficType="ALL",
        LogGroupName=f"untold-{number}",
        DeliverLogsPermissionArn=role,
        **tagged("vpc-flow-log"),
    )
    make("kms").create_key(Tags=[{"TagKey": "Suffix", "TagValue": suffix}])
    make("acm").request_certificate(DomainName=f"{suffix}.example.org", Tags=tags)
    ecs = make("ecs")
    ecs.create_cluster(clusterName=f"untold-{number}")
    ecs.register_task_definition(
        family=f"untold-{number}", containerDefinitions=[{"name": "api", "image": "scratch", "memory": 64}]
    )
    ecs.create_service(
        cluster=f"untold-{number}",
        serviceName=f"api-{suffix}",
        taskDefinition=f"untold-{number}",
        desiredCount=0,
        tags=[{"key": "Suffix", "value": suffix}],
    )
    subnets = [subnet, ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.{number}.1.0/24")["Subnet"]["SubnetId"]]
    balancing = make("elbv2")
    balancer = balancing.create_load_balancer(Name=f"untold-{number}", Subnets=subnets)["LoadBalancers"][0]
    target = balancing.create_target_group(Name=f"untold-{number}", Protocol="HTTP", Port=80, VpcId=vpc)[
        "TargetGroups"
    ][0]
    balancing.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"],
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": target["TargetGroupArn"]}],
        Tags=tags,
    )
