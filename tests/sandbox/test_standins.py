"""A stack's parts with real processes behind them, through boto3, psycopg, redis and HTTP alone."""

from __future__ import annotations

import functools
import json
import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import psutil
import psycopg
import pytest
import redis

from infra import rotation_package
from sandbox.launch import started_sandbox
from tests.sandbox.levers import forward
from tests.sandbox.small_stack import DISTRICT, FIRST_PASSWORD, TRUST, SmallStack, until

ROWS = """student_id,assessment,administration,date,school_id,score
s1,reading,fall,2025-10-01,north,410
s2,reading,fall,2025-10-01,north,no number
"""


def small_stack(url: str, authority: Path) -> SmallStack:
    session: Any = boto3.session.Session(region_name="us-east-1")
    # What is waited for is asked for ten times a second: a client is made once.
    return SmallStack(url, functools.cache(lambda name: session.client(name, endpoint_url=url)), authority)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallStack]:
    folder = tmp_path_factory.mktemp("standins")
    with started_sandbox(folder=folder, processes=True) as sandbox:
        yield small_stack(sandbox.url, folder / "processes" / "authority.pem")


@pytest.fixture(scope="module")
def migrated(stack: SmallStack) -> SmallStack:
    """The stack once its migration task has run."""
    task = stack.run("migrate")
    assert task["containers"][0]["exitCode"] == 0, stack.log("/homeroom/x/migrate")
    assert task["stopCode"] == "EssentialContainerExited"
    return stack


@pytest.fixture(scope="module")
def working(migrated: SmallStack) -> SmallStack:
    """The stack with a worker."""
    migrated.serve("worker", 1)
    until(lambda: migrated.service("worker")["runningCount"] == 1, "a worker runs")
    return migrated


def opens(stack: SmallStack, fields: dict[str, Any]) -> bool:
    try:
        stack.connect(fields).close()
    except psycopg.OperationalError:
        return False
    return True


def test_the_owners_secret_opens_the_database_and_its_owner_is_no_superuser(stack: SmallStack):
    with stack.connect(stack.fields(stack.owner)) as connection:
        row = connection.execute(
            "SELECT rolname, rolsuper, rolcreaterole FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
    assert row == ("homeroom_admin", False, True)


def test_the_database_refuses_what_comes_without_tls_or_with_another_password(stack: SmallStack):
    fields = stack.fields(stack.owner)
    with pytest.raises(psycopg.OperationalError, match="without TLS"):
        stack.connect(fields, sslmode="disable")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        stack.connect({**fields, "password": "another one"})


def test_a_master_password_that_is_changed_is_changed_in_the_database(stack: SmallStack):
    before, rds = stack.fields(stack.owner), stack.client("rds")
    after = {**before, "password": "of-the-second-day"}
    rds.modify_db_cluster(DBClusterIdentifier="aurora-x", MasterUserPassword=after["password"], ApplyImmediately=True)
    until(lambda: opens(stack, after), "the new password opens the database")
    assert not opens(stack, before)
    rds.modify_db_cluster(DBClusterIdentifier="aurora-x", MasterUserPassword=FIRST_PASSWORD, ApplyImmediately=True)
    until(lambda: opens(stack, before), "the first password opens the database again")


def test_a_cache_admits_its_user_with_a_token_within_the_access_string_and_nobody_else(stack: SmallStack):
    cache = stack.client("elasticache")
    access = {"default-x": ("default", "off -@all"), "app-x": ("app-x", "on ~* &* +@all -@dangerous")}
    for identifier, (name, allowed) in access.items():
        mode = {"Type": "iam"} if identifier == "app-x" else {"Type": "no-password-required"}
        cache.create_user(
            UserId=identifier, UserName=name, Engine="redis", AccessString=allowed, AuthenticationMode=mode
        )
    cache.create_user_group(UserGroupId="cache-x", Engine="redis", UserIds=list(access))
    cache.create_replication_group(
        ReplicationGroupId="cache-x",
        ReplicationGroupDescription="a cache",
        Engine="redis",
        CacheNodeType="cache.t4g.micro",
        NumCacheClusters=2,
        AutomaticFailoverEnabled=True,
        TransitEncryptionEnabled=True,
        UserGroupIds=["cache-x"],
    )

    def group() -> dict[str, Any]:
        return dict(cache.describe_replication_groups(ReplicationGroupId="cache-x")["ReplicationGroups"][0])

    until(lambda: group()["Status"] == "available", "the cache is available")
    endpoint = group()["NodeGroups"][0]["PrimaryEndpoint"]

    def client(**signed_in: Any) -> redis.Redis:
        verified: Any = {"ssl": True, "ssl_ca_certs": str(stack.authority), "ssl_check_hostname": True}
        return redis.Redis(host=endpoint["Address"], port=endpoint["Port"], protocol=2, **verified, **signed_in)

    with client(username="app-x", password="a presigned request") as application:
        assert application.set("key", "value")
        assert application.get("key") == b"value"
        assert application.publish("channel", "a word") == 0
        with pytest.raises(redis.exceptions.NoPermissionError):
            application.flushall()
    with client() as nobody, pytest.raises(redis.exceptions.AuthenticationError):
        nobody.ping()
    cache.delete_replication_group(ReplicationGroupId="cache-x")
    until(lambda: not stack.listing("cache"), "the cache's process is gone")


def health(stack: SmallStack) -> list[tuple[str, str]]:
    """Return how the API's targets are, and why they are not healthy."""
    answer = stack.client("elbv2").describe_target_health(TargetGroupArn=stack.made["target_group"])
    return [
        (target["TargetHealth"]["State"], target["TargetHealth"].get("Reason", ""))
        for target in answer["TargetHealthDescriptions"]
    ]


def test_a_balancer_that_speaks_tls_to_its_targets_reaches_no_task_that_speaks_plain_http(migrated: SmallStack):
    migrated.serve("api", 1, API_TLS="off")
    until(lambda: plain_answer(migrated) == 200, "the task itself answers over plain HTTP")
    until(lambda: health(migrated) == [("unhealthy", "Target.FailedHealthChecks")], "its health check fails")
    with pytest.raises(urllib.error.HTTPError, match="502"):
        urllib.request.urlopen(f"{migrated.service_url}/healthz", timeout=5)
    migrated.client("ecs").delete_service(cluster=migrated.cluster, service="api-x", force=True)
    until(lambda: not [task for task in migrated.listing("task") if task["service"] == "api-x"], "its task is gone")


def plain_answer(stack: SmallStack) -> int:
    """Return the status that the API's task answers with over plain HTTP, at its own address; 0 while it does not."""
    tasks = [task for task in stack.listing("task") if task["service"] == "api-x"]
    try:
        with urllib.request.urlopen(f"http://{tasks[0]['address']}:8080/healthz", timeout=5) as answer:
            return int(answer.status)
    except (IndexError, OSError):
        return 0


def test_the_api_is_ready_at_the_balancers_address_until_its_service_is_deleted(migrated: SmallStack):
    migrated.serve("api", 1, API_TLS="required")

    def ready() -> dict[str, Any] | None:
        try:
            with urllib.request.urlopen(f"{migrated.service_url}/readyz", timeout=5) as answer:
                return dict(json.load(answer))
        except OSError:
            return None

    answer = until(ready, "the API is ready") or {}
    assert answer["status"] == "ready"
    targets = migrated.client("elbv2").describe_target_health(TargetGroupArn=migrated.made["target_group"])
    (task,) = [task for task in migrated.listing("task") if task["service"] == "api-x"]
    assert [target["Target"]["Id"] for target in targets["TargetHealthDescriptions"]] == [task["address"]]
    until(lambda: health(migrated) == [("healthy", "")], "the task is healthy")
    with socket.create_connection((task["address"], 8080), timeout=5) as plain:
        plain.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert not plain.recv(1024).startswith(b"HTTP/"), "the task answers nothing that comes without TLS"
    migrated.client("ecs").delete_service(cluster=migrated.cluster, service="api-x", force=True)
    until(lambda: ready() is None, "the API no longer answers")
    until(lambda: not psutil.pid_exists(task["pid"]), "its process is gone")
    assert migrated.service("api")["runningCount"] == 0


def test_a_balancer_with_a_certificate_answers_over_tls(stack: SmallStack):
    elb, inside = stack.client("elbv2"), stack.network["awsvpcConfiguration"]
    balancer = elb.create_load_balancer(Name="tls-x", Subnets=inside["subnets"])["LoadBalancers"][0]
    target = {"Protocol": "HTTP", "Port": 8080, "VpcId": stack.made["vpc"], "TargetType": "ip"}
    group = elb.create_target_group(Name="tls-x", **target)["TargetGroups"][0]["TargetGroupArn"]
    certificate = stack.client("acm").request_certificate(DomainName="x.example")["CertificateArn"]
    arn, action = balancer["LoadBalancerArn"], {"Type": "forward", "TargetGroupArn": group}
    elb.create_listener(
        LoadBalancerArn=arn,
        Protocol="HTTPS",
        Port=443,
        Certificates=[{"CertificateArn": certificate}],
        DefaultActions=[action],
    )
    host, _, port = balancer["DNSName"].partition(":")
    until(lambda: [standin for standin in stack.listing("balancer") if standin["arn"] == arn], "the balancer answers")
    context = ssl.create_default_context(cafile=str(stack.authority))
    with (
        socket.create_connection((host, int(port)), timeout=5) as plain,
        context.wrap_socket(plain, server_hostname=host) as secured,
    ):
        assert secured.version() == "TLSv1.3"
    elb.delete_load_balancer(LoadBalancerArn=arn)
    until(
        lambda: not [standin for standin in stack.listing("balancer") if standin["arn"] == arn], "it no longer answers"
    )


def test_an_uploaded_file_becomes_rows_and_metrics(working: SmallStack):
    working.client("s3").put_object(Bucket=working.bucket, Key="incoming/results.csv", Body=ROWS)
    measured = ("Homeroom/Pipeline", DISTRICT)
    until(lambda: working.metric(measured[0], "RowsRejected", District=measured[1]), "a metric of rejected rows")
    assert sum(working.metric(measured[0], "RowsAccepted", District=measured[1])) == 1
    assert sum(working.metric(measured[0], "RowsRejected", District=measured[1])) == 1
    assert '"message": "A file is merged."' in working.log("/homeroom/x/worker")
    with working.connect(working.fields(working.owner)) as connection:
        connection.execute("SET ROLE homeroom_owner")
        versions = connection.execute("SELECT object_version FROM homeroom.file").fetchall()
    head = working.client("s3").head_object(Bucket=working.bucket, Key="incoming/results.csv")
    assert versions == [(head["VersionId"],)]


def test_a_message_that_cannot_be_worked_on_goes_to_the_dead_letters(working: SmallStack):
    sqs = working.client("sqs")
    sqs.send_message(QueueUrl=working.queue, MessageBody="no event of a bucket")
    letters = until(
        lambda: sqs.receive_message(QueueUrl=working.dead_letters, WaitTimeSeconds=1).get("Messages"),
        "the message is among the dead letters",
    )
    assert [letter["Body"] for letter in letters or []] == ["no event of a bucket"]
    until(
        lambda: working.metric("AWS/SQS", "ApproximateAgeOfOldestMessage", QueueName="dead-letters-x"),
        "the age of the oldest message is measured",
    )


def test_a_worker_that_is_killed_is_replaced_and_the_count_follows_what_is_wanted(working: SmallStack):
    ecs = working.client("ecs")

    def workers() -> set[str]:
        return {task["arn"] for task in working.listing("task") if task["service"] == "worker-x"}

    before = workers()
    (task,) = [task for task in working.listing("task") if task["service"] == "worker-x"]
    for process in psutil.Process(task["pid"]).children(recursive=True):
        process.kill()
    until(lambda: workers() and not workers() & before, "another worker runs in its place")
    (stopped,) = ecs.describe_tasks(cluster=working.cluster, tasks=list(before))["tasks"]
    assert (stopped["lastStatus"], stopped["stopCode"]) == ("STOPPED", "EssentialContainerExited")
    scaling = working.client("application-autoscaling")
    target = {
        "ServiceNamespace": "ecs",
        "ResourceId": f"service/{working.cluster}/worker-x",
        "ScalableDimension": "ecs:service:DesiredCount",
    }
    scaling.register_scalable_target(**target, MinCapacity=2, MaxCapacity=3)
    until(lambda: working.service("worker")["runningCount"] == 2, "two workers run")
    listed = ecs.list_tasks(cluster=working.cluster, serviceName="worker-x")["taskArns"]
    assert set(listed) == workers()
    count = working.log("/homeroom/x/worker").count("The worker takes messages.")
    until(lambda: working.log("/homeroom/x/worker").count("takes messages.") >= count, "both take messages")
    follow(working, target, queue="full-x", messages=9, each=2)
    until(lambda: working.service("worker")["runningCount"] == 3, "a third worker runs for the messages that wait")
    scaling.delete_scaling_policy(**target, PolicyName="backlog-x")
    ecs.update_service(cluster=working.cluster, service="worker-x", desiredCount=1)
    until(lambda: len(workers()) == 1, "one worker is left")
    assert working.service("worker")["deployments"][0]["runningCount"] == 1


def follow(stack: SmallStack, target: dict[str, Any], *, queue: str, messages: int, each: int) -> None:
    """Have a service follow a queue in which so many messages wait."""
    sqs = stack.client("sqs")
    url = sqs.create_queue(QueueName=queue)["QueueUrl"]
    for number in range(messages):
        sqs.send_message(QueueUrl=url, MessageBody=str(number))
    metric = {
        "Namespace": "AWS/SQS",
        "MetricName": "ApproximateNumberOfMessagesVisible",
        "Dimensions": [{"Name": "QueueName", "Value": queue}],
    }
    query = {"Id": "waiting", "MetricStat": {"Metric": metric, "Stat": "Sum"}, "ReturnData": True}
    stack.client("application-autoscaling").put_scaling_policy(
        **target,
        PolicyName="backlog-x",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={
            "TargetValue": each,
            "CustomizedMetricSpecification": {"Metrics": [query]},
        },
    )


def test_a_task_starts_only_with_what_its_execution_role_may_read(working: SmallStack):
    iam, ecs = working.client("iam"), working.client("ecs")
    rights = iam.get_role_policy(RoleName="task-x", PolicyName="rights")["PolicyDocument"]
    closed = [part for part in rights["Statement"] if "secretsmanager:*" not in part["Action"]]
    for number, (statements, action) in enumerate(
        ((closed, "secretsmanager:GetSecretValue"), (rights["Statement"][:-2], "logs:CreateLogStream"))
    ):
        name = f"closed-{number}"
        trust = json.dumps({"Version": "2012-10-17", "Statement": [TRUST]})
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        document = json.dumps({"Version": "2012-10-17", "Statement": statements})
        iam.put_role_policy(RoleName=name, PolicyName="rights", PolicyDocument=document)
        definition = ecs.describe_task_definition(taskDefinition=working.define("migrate"))["taskDefinition"]
        fields = {key: definition[key] for key in ("networkMode", "cpu", "memory", "containerDefinitions")}
        task_definition = ecs.register_task_definition(
            family=name, requiresCompatibilities=["FARGATE"], taskRoleArn=role, executionRoleArn=role, **fields
        )["taskDefinition"]["taskDefinitionArn"]
        ran = ecs.run_task(
            cluster=working.cluster,
            taskDefinition=task_definition,
            launchType="FARGATE",
            networkConfiguration=working.network,
        )["tasks"][0]["taskArn"]

        def stopped(arn: str = ran) -> dict[str, Any] | None:
            task = ecs.describe_tasks(cluster=working.cluster, tasks=[arn])["tasks"][0]
            return task if task["lastStatus"] == "STOPPED" else None

        reason = (until(stopped, "the task has ended") or {})["stoppedReason"]
        assert "ResourceInitializationError" in reason
        assert action in reason


BREAKER = {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}


def deployment(stack: SmallStack, name: str) -> dict[str, Any]:
    (service,) = stack.client("ecs").describe_services(cluster=stack.cluster, services=[name])["services"]
    return dict(service["deployments"][0])


def test_a_deployment_whose_tasks_have_no_way_out_fails_after_three_and_starts_no_more(working: SmallStack):
    ec2, ecs = working.client("ec2"), working.client("ecs")
    inside = working.network["awsvpcConfiguration"]
    subnet = ec2.create_subnet(VpcId=working.made["vpc"], CidrBlock="10.0.7.0/24")["Subnet"]["SubnetId"]
    table = ec2.create_route_table(VpcId=working.made["vpc"])["RouteTable"]["RouteTableId"]
    ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    ecs.create_service(
        cluster=working.cluster,
        serviceName="cut-off",
        taskDefinition=working.define("worker"),
        desiredCount=1,
        launchType="FARGATE",
        networkConfiguration={"awsvpcConfiguration": {**inside, "subnets": [subnet]}},
        deploymentConfiguration=BREAKER,
    )
    until(lambda: deployment(working, "cut-off")["rolloutState"] == "FAILED", "the deployment has failed")
    assert deployment(working, "cut-off")["failedTasks"] == 3
    assert "circuit breaker: tasks failed to start" in deployment(working, "cut-off")["rolloutStateReason"]
    stopped = ecs.list_tasks(cluster=working.cluster, serviceName="cut-off", desiredStatus="STOPPED")["taskArns"]
    assert len(stopped) == 3
    reasons = {task["stoppedReason"] for task in ecs.describe_tasks(cluster=working.cluster, tasks=stopped)["tasks"]}
    assert all("unable to pull secrets or registry auth" in reason and "no route out" in reason for reason in reasons)
    ecs.delete_service(cluster=working.cluster, service="cut-off", force=True)


def test_no_task_starts_in_a_zone_without_fargate_for_its_processor(working: SmallStack):
    ec2, ecs = working.client("ec2"), working.client("ecs")
    zones = ec2.describe_availability_zones(ZoneIds=["use1-az3"])["AvailabilityZones"]
    assert [zone["ZoneName"] for zone in zones] == ["us-east-1b"]
    inside = working.network["awsvpcConfiguration"]
    subnet = ec2.create_subnet(VpcId=working.made["vpc"], CidrBlock="10.0.23.0/24", AvailabilityZone="us-east-1b")
    started = ecs.run_task(
        cluster=working.cluster,
        taskDefinition=working.define("worker"),
        launchType="FARGATE",
        networkConfiguration={
            "awsvpcConfiguration": {**inside, "subnets": [*inside["subnets"], subnet["Subnet"]["SubnetId"]]}
        },
    )["tasks"][0]["taskArn"]

    def reason() -> str:
        (task,) = ecs.describe_tasks(cluster=working.cluster, tasks=[started])["tasks"]
        return str(task.get("stoppedReason", ""))

    until(lambda: bool(reason()), "the task has stopped")
    assert "not supported in the availability zone us-east-1b (use1-az3)" in reason()


def test_a_deployment_that_fails_goes_back_to_the_last_that_did_not(working: SmallStack):
    ecs = working.client("ecs")
    ecs.update_service(cluster=working.cluster, service="worker-x", deploymentConfiguration=BREAKER)
    before = working.service("worker")["taskDefinition"]
    until(lambda: deployment(working, "worker-x")["rolloutState"] == "COMPLETED", "the worker runs")
    foreign = working.define("worker", image="999999999999.dkr.ecr.us-east-1.amazonaws.com/other/homeroom/processor:1")
    ecs.update_service(cluster=working.cluster, service="worker-x", taskDefinition=foreign)
    until(lambda: working.service("worker")["taskDefinition"] == before, "the last good one is back")
    until(lambda: deployment(working, "worker-x")["rolloutState"] == "COMPLETED", "and runs")


def test_a_rotation_gives_both_secrets_new_passwords_that_open_the_database(working: SmallStack, tmp_path: Path):
    archive = tmp_path / "rotation.zip"
    rotation_package.build(archive)
    working.client("logs").create_log_group(logGroupName="/aws/lambda/rotation-x")
    functions, manager = working.client("lambda"), working.client("secretsmanager")
    function = functions.create_function(
        FunctionName="rotation-x",
        Runtime="python3.12",
        Role=working.role,
        Handler="rotation.handler.handle",
        Code={"ZipFile": archive.read_bytes()},
        Timeout=60,
        Environment={"Variables": {"DATABASE_TLS": "verify-full", "DATABASE_CA": "/var/task/rotation/rds-ca.pem"}},
    )["FunctionArn"]
    functions.add_permission(
        FunctionName="rotation-x",
        StatementId="rotates",
        Action="lambda:InvokeFunction",
        Principal="secretsmanager.amazonaws.com",
        SourceAccount="123456789012",
    )
    for secret in (working.application, working.owner):
        manager.rotate_secret(
            SecretId=secret,
            RotationLambdaARN=function,
            RotationRules={"AutomaticallyAfterDays": 30},
            RotateImmediately=False,
        )
        until(lambda: ["AWSPENDING"] not in stages(manager, secret).values(), "the configuration is tested")  # noqa: B023
    assert working.log("/aws/lambda/rotation-x").count("there is nothing to test yet") == 2
    before = {secret: working.fields(secret) for secret in (working.application, working.owner)}
    left_pending_blocks_and_is_tried_again(manager, working.owner, json.dumps(before[working.owner]))
    for secret, was in before.items():
        version = manager.rotate_secret(SecretId=secret)["VersionId"]
        until(lambda: "AWSCURRENT" in stages(manager, secret)[version], "the new version is current")  # noqa: B023
        assert ["AWSPREVIOUS"] in stages(manager, secret).values()
        now = working.fields(secret)
        assert now["password"] != was["password"]
        assert opens(working, now)
    assert working.fields(working.application)["username"] == "homeroom_app_clone"
    assert opens(working, before[working.application]), "the user before keeps its password until the next rotation"
    assert not opens(working, before[working.owner])
    log = working.log("/aws/lambda/rotation-x")
    assert all(f"{step} is done." in log for step in ("createSecret", "setSecret", "testSecret", "finishSecret"))
    event = {"SecretId": working.owner, "ClientRequestToken": "unknown", "Step": "createSecret"}
    answer = functions.invoke(FunctionName="rotation-x", Payload=json.dumps(event))
    assert answer["FunctionError"] == "Unhandled"
    assert json.load(answer["Payload"])["errorType"] == "RotationRefusedError"


def left_pending_blocks_and_is_tried_again(manager: Any, secret: str, current: str) -> None:
    """A test of the configuration that failed leaves its version pending: the function takes its label when called."""
    token = "left-pending-by-a-test-that-failed"
    manager.put_secret_value(
        SecretId=secret, ClientRequestToken=token, SecretString=current, VersionStages=["AWSPENDING"]
    )
    with pytest.raises(manager.exceptions.InvalidRequestException, match="That rotation will be reattempted"):
        manager.rotate_secret(SecretId=secret)
    until(lambda: ["AWSPENDING"] not in stages(manager, secret).values(), "the rotation is tried again")


def test_a_database_that_nobody_uses_pauses_with_api_and_worker_beside_it_and_resumes_for_who_comes(
    working: SmallStack,
):
    """Half an hour of AWS's is over in three seconds: who holds a connection keeps it awake, and nobody is refused."""
    working.serve("api", 1, API_TLS="required")
    until(lambda: working.service("api")["runningCount"] == 1, "the API runs")
    until(lambda: is_paused(working), "nobody is connected any more")
    with working.connect(working.fields(working.owner)) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
        forward(working.url, hours=1)
        assert not is_paused(working)
    forward(working.url, hours=1)
    until(lambda: is_paused(working), "it pauses again")
    working.client("ecs").delete_service(cluster=working.cluster, service="api-x", force=True)


def is_paused(stack: SmallStack) -> bool:
    return [database["paused"] for database in stack.listing("database")] == [True]


def stages(manager: Any, secret: str) -> dict[str, list[str]]:
    return dict(manager.describe_secret(SecretId=secret)["VersionIdsToStages"])


def test_a_deleted_cluster_leaves_neither_process_nor_data(stack: SmallStack):
    """The last of this module: the others need the database."""
    stack.client("ecs").update_service(cluster=stack.cluster, service="worker-x", desiredCount=0)
    until(lambda: not stack.listing("task"), "no task runs")
    (database,) = stack.listing("database")
    rds = stack.client("rds")
    rds.delete_db_instance(DBInstanceIdentifier="aurora-x-1", SkipFinalSnapshot=True)
    rds.delete_db_cluster(DBClusterIdentifier="aurora-x", SkipFinalSnapshot=True)
    until(lambda: not psutil.pid_exists(database["pid"]), "the database's process is gone")
    folder = stack.authority.parent / "databases"
    until(lambda: not any(folder.iterdir()), "its data are gone")


def test_processes_end_with_a_sandbox_that_is_killed(tmp_path: Path):
    with started_sandbox(folder=tmp_path, processes=True) as sandbox:
        stack = small_stack(sandbox.url, tmp_path / "processes" / "authority.pem")
        stack.client("elasticache").create_replication_group(
            ReplicationGroupId="cache-y", ReplicationGroupDescription="a cache", CacheNodeType="cache.t4g.micro"
        )
        running = until(lambda: [cache for cache in stack.listing("cache") if cache["running"]], "a cache runs")
        guard = psutil.Process((running or [{}])[0]["pid"])
        (server,) = guard.children()
        sandbox.process.kill()
        sandbox.process.wait(5)
        until(lambda: not (guard.is_running() or server.is_running()), "guard and server are gone")
