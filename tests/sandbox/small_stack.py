"""The parts of a district's stack that have processes, made by the calls that Terraform makes."""

from __future__ import annotations

import datetime as dt
import json
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import psycopg

T = TypeVar("T")
Clients = Callable[[str], Any]
IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/homeroom/processor@sha256:" + "a" * 64
CLUSTER, FIRST_PASSWORD, DISTRICT = "processing-x", "of-the-first-day", "x-sbx"
SERVICES = ["ecs-tasks.amazonaws.com", "lambda.amazonaws.com"]
TRUST = {"Effect": "Allow", "Principal": {"Service": SERVICES}, "Action": "sts:AssumeRole"}
RIGHTS = [
    {"Effect": "Allow", "Action": actions, "Resource": resource if resource == "*" else f"arn:aws:{resource}"}
    for actions, resource in (
        (["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"], "s3:::results-x/*"),
        (["s3:ListBucket"], "s3:::results-x"),
        (["sqs:*"], "sqs:*:*:*-x"),
        (["secretsmanager:*"], "secretsmanager:*:*:secret:*-x-*"),
        (["secretsmanager:GetRandomPassword", "ecr:GetAuthorizationToken"], "*"),
        (
            ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
            "ecr:*:*:repository/*",
        ),
        (["logs:CreateLogStream", "logs:PutLogEvents"], "logs:*:*:log-group:*/x/*"),
        (["logs:CreateLogStream", "logs:PutLogEvents"], "logs:*:*:log-group:/aws/lambda/*-x:*"),
    )
]
LIMIT_SECONDS = 60.0


def admit_bucket(sqs: Any, queue_url: str, bucket: str) -> str:
    """Let a bucket tell a queue of what comes in; return the queue's ARN."""
    arn = str(sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"])
    source = {"ArnEquals": {"aws:SourceArn": f"arn:aws:s3:::{bucket}"}}
    service = {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}}
    statement = {**service, "Action": "sqs:SendMessage", "Resource": arn, "Condition": source}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=queue_url, Attributes={"Policy": policy})
    return arn


def lead_out(ec2: Any, vpc: str, block: str = "10.0.9.0/24") -> None:
    """Lead a network's subnets out by a NAT gateway: images, secrets and logs are reached over it."""
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    public = ec2.create_subnet(VpcId=vpc, CidrBlock=block)["Subnet"]["SubnetId"]
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.associate_route_table(RouteTableId=table, SubnetId=public)
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    nat = ec2.create_nat_gateway(SubnetId=public, AllocationId=address)["NatGateway"]["NatGatewayId"]
    of_network = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "association.main", "Values": ["true"]}]
    (main,) = ec2.describe_route_tables(Filters=of_network)["RouteTables"]
    ec2.create_route(RouteTableId=main["RouteTableId"], DestinationCidrBlock="0.0.0.0/0", NatGatewayId=nat)


def until(condition: Callable[[], T], what: str, seconds: float = LIMIT_SECONDS) -> T:
    """Return the first answer that is true; fails with `what` when none comes in time."""
    deadline = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}"
        time.sleep(0.1)


@dataclass
class SmallStack:
    """A cluster with its secrets, bucket, queue, network, balancer, task definitions; services are made on request."""

    url: str
    client: Clients
    authority: Path
    made: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def role(self) -> str:
        trust = json.dumps({"Version": "2012-10-17", "Statement": [TRUST]})
        iam = self.client("iam")
        answer = iam.create_role(RoleName="task-x", AssumeRolePolicyDocument=trust)
        rights = json.dumps({"Version": "2012-10-17", "Statement": RIGHTS})
        iam.put_role_policy(RoleName="task-x", PolicyName="rights", PolicyDocument=rights)
        return str(answer["Role"]["Arn"])

    @cached_property
    def database_host(self) -> str:
        """The endpoint of a cluster that answers."""
        rds = self.client("rds")
        cluster = rds.create_db_cluster(
            DBClusterIdentifier="aurora-x",
            Engine="aurora-postgresql",
            MasterUsername="homeroom_admin",
            MasterUserPassword=FIRST_PASSWORD,
            DatabaseName="assessments",
            EngineVersion="16.6",
            ServerlessV2ScalingConfiguration={"MinCapacity": 0, "MaxCapacity": 4, "SecondsUntilAutoPause": 1_800},
        )["DBCluster"]
        instance = rds.create_db_instance(
            DBInstanceIdentifier="aurora-x-1",
            DBClusterIdentifier="aurora-x",
            Engine="aurora-postgresql",
            DBInstanceClass="db.serverless",
        )["DBInstance"]
        assert instance["DBInstanceStatus"] == "creating"
        until(lambda: self.instance_status() == "available", "the database's instance is available")
        return str(cluster["Endpoint"])

    def instance_status(self) -> str:
        instances = self.client("rds").describe_db_instances(DBInstanceIdentifier="aurora-x-1")["DBInstances"]
        return str(instances[0]["DBInstanceStatus"])

    @cached_property
    def owner(self) -> str:
        return self._secret("owner-x", "homeroom_admin", FIRST_PASSWORD)

    @cached_property
    def application(self) -> str:
        more = {"masterarn": self.owner, "pseudonym_key": "a key that never leaves the secret of this test"}
        return self._secret("application-x", "homeroom_app", "of-the-application", **more)

    def _secret(self, name: str, user: str, password: str, **more: str) -> str:
        where = {"engine": "postgres", "host": self.database_host, "port": 5432, "dbname": "assessments"}
        text = json.dumps({**where, "username": user, "password": password, **more})
        manager = self.client("secretsmanager")
        arn = str(manager.create_secret(Name=name)["ARN"])
        manager.put_secret_value(SecretId=arn, SecretString=text)
        return arn

    def fields(self, secret: str) -> dict[str, Any]:
        text = self.client("secretsmanager").get_secret_value(SecretId=secret)["SecretString"]
        return dict(json.loads(text))

    def connect(self, fields: dict[str, Any], **options: Any) -> psycopg.Connection:
        """Connect as the processor does: TLS, verified to the host's name."""
        verified = {"sslmode": "verify-full", "sslrootcert": str(self.authority)} | options
        return psycopg.connect(
            host=fields["host"],
            port=fields["port"],
            dbname=fields["dbname"],
            user=fields["username"],
            password=fields["password"],
            **verified,
        )

    @cached_property
    def dead_letters(self) -> str:
        return str(self.client("sqs").create_queue(QueueName="dead-letters-x")["QueueUrl"])

    @cached_property
    def queue(self) -> str:
        policy = {"deadLetterTargetArn": self._queue_arn(self.dead_letters), "maxReceiveCount": 2}
        attributes = {"RedrivePolicy": json.dumps(policy)}
        return str(self.client("sqs").create_queue(QueueName="queue-x", Attributes=attributes)["QueueUrl"])

    def _queue_arn(self, url: str) -> str:
        answer = self.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return str(answer["Attributes"]["QueueArn"])

    @cached_property
    def bucket(self) -> str:
        """A bucket of versions that tells the queue of what comes in."""
        s3 = self.client("s3")
        s3.create_bucket(Bucket="results-x")
        s3.put_bucket_versioning(Bucket="results-x", VersioningConfiguration={"Status": "Enabled"})
        rules = {"Key": {"FilterRules": [{"Name": "prefix", "Value": "incoming/"}]}}
        arn = admit_bucket(self.client("sqs"), self.queue, "results-x")
        notification = {"QueueArn": arn, "Events": ["s3:ObjectCreated:*"], "Filter": rules}
        s3.put_bucket_notification_configuration(
            Bucket="results-x", NotificationConfiguration={"QueueConfigurations": [notification]}
        )
        return "results-x"

    @cached_property
    def network(self) -> dict[str, Any]:
        ec2 = self.client("ec2")
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        subnets = [
            ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=f"us-east-1{zone}")
            for number, zone in enumerate("ac")
        ]
        group = ec2.create_security_group(GroupName="tasks-x", Description="tasks", VpcId=vpc)["GroupId"]
        self.made["vpc"] = vpc
        names = [subnet["Subnet"]["SubnetId"] for subnet in subnets]
        lead_out(ec2, vpc)
        return {"awsvpcConfiguration": {"subnets": names, "securityGroups": [group]}}

    @cached_property
    def service_url(self) -> str:
        """The balancer's address, behind which the API's target group is."""
        elb, inside = self.client("elbv2"), self.network["awsvpcConfiguration"]
        balancer = elb.create_load_balancer(
            Name="api-x", Subnets=inside["subnets"], SecurityGroups=inside["securityGroups"]
        )["LoadBalancers"][0]
        target = {"Protocol": "HTTPS", "Port": 8080, "VpcId": self.made["vpc"], "TargetType": "ip"}
        check = {"HealthCheckProtocol": "HTTPS", "HealthCheckPath": "/healthz"}
        group = elb.create_target_group(Name="api-x", **target, **check)["TargetGroups"][0]["TargetGroupArn"]
        action = {"Type": "forward", "TargetGroupArn": group}
        arn = balancer["LoadBalancerArn"]
        elb.create_listener(LoadBalancerArn=arn, Protocol="HTTP", Port=80, DefaultActions=[action])
        self.made["target_group"] = group
        return f"http://{balancer['DNSName']}"

    @cached_property
    def cluster(self) -> str:
        self.client("ecs").create_cluster(clusterName=CLUSTER)
        return CLUSTER

    def define(self, name: str, *, image: str = IMAGE, **more: str) -> str:
        """Register a task definition and its log group; return its ARN."""
        group = f"/homeroom/x/{name}"
        logs = self.client("logs")
        if not logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]:
            logs.create_log_group(logGroupName=group)
        environment = {
            "DATABASE_OWNER_SECRET_ARN": self.owner,
            "DATABASE_TLS": "verify-full",
            "RESULTS_BUCKET": self.bucket,
            "RESULTS_QUEUE_URL": self.queue,
            "DISTRICT": DISTRICT,
            **more,
        }
        options = {"awslogs-group": group, "awslogs-region": "us-east-1", "awslogs-stream-prefix": name}
        container = {
            "name": name,
            "image": image,
            "essential": True,
            "command": [name],
            "environment": [{"name": key, "value": value} for key, value in environment.items()],
            "secrets": [{"name": "DATABASE_SECRET_ARN", "valueFrom": self.application_name}],
            "portMappings": [{"containerPort": 8080}] if name == "api" else [],
            "stopTimeout": 60,
            "readonlyRootFilesystem": True,
            "mountPoints": [{"sourceVolume": "tmp", "containerPath": "/tmp"}],
            "logConfiguration": {"logDriver": "awslogs", "options": options},
        }
        answer = self.client("ecs").register_task_definition(
            family=f"{name}-x",
            networkMode="awsvpc",
            requiresCompatibilities=["FARGATE"],
            cpu="256",
            memory="512",
            taskRoleArn=self.role,
            executionRoleArn=self.role,
            containerDefinitions=[container],
            volumes=[{"name": "tmp"}],
        )
        return str(answer["taskDefinition"]["taskDefinitionArn"])

    @cached_property
    def application_name(self) -> str:
        """A secret that holds the application secret's ARN, so that a task is given it by ECS's own `secrets`."""
        text = json.dumps({"arn": self.application})
        answer = self.client("secretsmanager").create_secret(Name="names-x", SecretString=text)
        return f"{answer['ARN']}:arn::"

    def serve(self, name: str, count: int, **more: str) -> None:
        """Create a service; `more` are variables of its tasks."""
        url = self.service_url
        balancers = [{"targetGroupArn": self.made["target_group"], "containerName": "api", "containerPort": 8080}]
        assert url
        self.client("ecs").create_service(
            cluster=self.cluster,
            serviceName=f"{name}-x",
            taskDefinition=self.define(name, **more),
            desiredCount=count,
            launchType="FARGATE",
            networkConfiguration=self.network,
            **({"loadBalancers": balancers} if name == "api" else {}),
        )

    def service(self, name: str) -> dict[str, Any]:
        answer = self.client("ecs").describe_services(cluster=self.cluster, services=[f"{name}-x"])
        return dict(answer["services"][0])

    def run(self, name: str) -> dict[str, Any]:
        """Run a task once, and return it as it stands at its end."""
        ecs = self.client("ecs")
        arn = ecs.run_task(
            cluster=self.cluster,
            taskDefinition=self.define(name),
            launchType="FARGATE",
            networkConfiguration=self.network,
        )["tasks"][0]["taskArn"]

        def stopped() -> dict[str, Any] | None:
            task = ecs.describe_tasks(cluster=self.cluster, tasks=[arn])["tasks"][0]
            return task if task["lastStatus"] == "STOPPED" else None

        return until(stopped, f"the task {name} has ended") or {}

    def listing(self, kind: str) -> list[dict[str, Any]]:
        with urllib.request.urlopen(f"{self.url}/_sandbox/standins", timeout=10) as answer:
            return [standin for standin in json.load(answer)["standins"] if standin["kind"] == kind]

    def log(self, group: str) -> str:
        """Return all lines of a log group."""
        logs = self.client("logs")
        streams = logs.describe_log_streams(logGroupName=group)["logStreams"]
        return "\n".join(
            event["message"]
            for stream in streams
            for event in logs.get_log_events(
                logGroupName=group, logStreamName=stream["logStreamName"], startFromHead=True
            )["events"]
        )

    def metric(self, namespace: str, name: str, **dimensions: str) -> list[float]:
        """Return the sums of a metric's minutes."""
        now = dt.datetime.now(dt.UTC)
        named = [{"Name": key, "Value": value} for key, value in dimensions.items()]
        metric = {"Namespace": namespace, "MetricName": name, "Dimensions": named}
        query = {"Id": "one", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}}
        answer = self.client("cloudwatch").get_metric_data(
            MetricDataQueries=[query],
            StartTime=now - dt.timedelta(minutes=30),
            EndTime=now + dt.timedelta(minutes=1),
        )
        return list(answer["MetricDataResults"][0]["Values"])
