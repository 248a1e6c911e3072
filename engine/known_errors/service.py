"""Errors of what runs and what answers: ECS, Lambda, the load balancer, its certificate, DNS and WAF."""

from __future__ import annotations

from engine.known_errors import origins
from engine.known_errors.entry import Origin, known

KNOWN = (
    known(
        "service_not_steady",
        r"waiting for ECS Service .* timeout while waiting for state to become 'tfSTABLE'",
        summary="The application's containers do not start.",
        remedy="Look at the service's events and the container's log in ECS: most often the image cannot be pulled or "
        "the health check fails. Put it right, then retry the run.",
        origin=origins.provider("internal/service/ecs/service.go"),
        example="Error: waiting for ECS Service (arn:aws:ecs:us-east-1:123456789012:service/cluster/service) create: "
        "timeout while waiting for state to become 'tfSTABLE' (last state: 'tfPENDING', timeout: 20m0s)",
    ),
    known(
        "service_draining",
        r"Unable to Start a service that is still Draining",
        summary="The deleted service is still stopping its containers.",
        remedy="Wait a few minutes, then retry the run.",
        origin=origins.api("ecs", "CreateService", "InvalidParameterException"),
        example="InvalidParameterException: Unable to Start a service that is still Draining.",
    ),
    known(
        "service_without_listener",
        r"target group with targetGroupArn .* does not have an associated load balancer",
        summary="The load balancer does not serve the service's target group yet.",
        remedy="Retry the run: the listener exists by then. If the error persists, somebody removed the listener.",
        origin=origins.provider("internal/service/ecs/service.go"),
        example="InvalidParameterException: The target group with targetGroupArn arn:aws:elasticloadbalancing:us-west-2"
        ":123456789012:targetgroup/ghost-test/7b38605396a52b59 does not have an associated load balancer.",
    ),
    known(
        "service_role_missing",
        r"Unable to assume the service linked role",
        summary="The account has no service role for this AWS service yet.",
        remedy="AWS makes it with the first use: wait a minute and retry. If the error persists, make it (`aws iam "
        "create-service-linked-role --aws-service-name ecs.amazonaws.com`).",
        origin=origins.provider("internal/service/ecs/cluster.go"),
        example="CreateCluster Invalid Request: Unable to assume the service linked role. Please verify that the ECS "
        "service linked role exists.",
    ),
    known(
        "function_role_unknown",
        r"role defined for the function cannot be assumed by Lambda",
        summary="Lambda does not know the function's role yet.",
        remedy="A new role takes some seconds to be known everywhere: retry the run.",
        origin=origins.api("lambda", "CreateFunction", "InvalidParameterValueException"),
        example="InvalidParameterValueException: The role defined for the function cannot be assumed by Lambda.",
    ),
    known(
        "function_busy",
        r"ResourceConflictException: The operation cannot be performed at this time",
        summary="The function is still being updated.",
        remedy="Wait a minute, then retry the run.",
        origin=origins.api("lambda", "UpdateFunctionCode", "ResourceConflictException"),
        example="ResourceConflictException: The operation cannot be performed at this time. The function is currently "
        "in the following state: Pending",
    ),
    known(
        "function_concurrency_reached",
        r"UnreservedConcurrentExecution below its minimum value",
        summary="The account's limit of Lambda executions is too low to reserve some for the district.",
        remedy="Raise the quota 'Concurrent executions' (L-B99A9384) in Service Quotas, then retry the run.",
        origin=origins.api("lambda", "PutFunctionConcurrency", "InvalidParameterValueException"),
        example="InvalidParameterValueException: Specified ReservedConcurrentExecutions for function decreases "
        "account's UnreservedConcurrentExecution below its minimum value of [10].",
    ),
    known(
        "scaling_target_missing",
        r"No scalable target registered for",
        summary="The service was not registered for scaling yet.",
        remedy="Retry the run: the registration is known by then.",
        origin=origins.api("application-autoscaling", "PutScalingPolicy", "ObjectNotFoundException"),
        example="An error occurred (ObjectNotFoundException) when calling the PutScheduledAction operation: No "
        "scalable target registered for service namespace: rds, resource ID: cluster:test-cluster, scalable dimension: "
        "rds:cluster:ReadReplicaCount",
    ),
    known(
        "load_balancers_not_enabled",
        r"account currently does not support creating load balancers",
        summary="AWS has not enabled load balancers for this new account.",
        remedy="Open a case with AWS Support that asks for it, then retry the run.",
        origin=origins.api("elbv2", "CreateLoadBalancer", "OperationNotPermitted"),
        example="Error: creating ELBv2 application Load Balancer (ecs-bg-deploy-alb):\nOperationNotPermitted: This AWS "
        "account currently does not support creating load balancers. For more information, please contact AWS Support.",
    ),
    known(
        "load_balancer_log_refused",
        r"Access Denied for bucket: .* Please check S3bucket permission",
        summary="The load balancer may not write its log to the bucket.",
        remedy="The bucket's policy takes a minute to be in force: retry the run.",
        origin=origins.api("elbv2", "ModifyLoadBalancerAttributes", "InvalidConfigurationRequest"),
        example="An error occurred (InvalidConfigurationRequest) when calling the ModifyLoadBalancerAttributes "
        "operation: Access Denied for bucket: suri-s3-boto-scalling. Please check S3bucket permission",
    ),
    known(
        "target_group_in_use",
        r"is currently in use by a listener or a rule",
        summary="A listener still points to what was to be removed.",
        remedy="Retry the run. If the error persists, remove the listener or rule that was added by hand.",
        origin=origins.provider("internal/service/elbv2/target_group.go"),
        example="Error deleting Target Group: ResourceInUse: Target group 'arn:aws:xxxx' is currently in use by a "
        "listener or a rule",
    ),
    known(
        "certificate_not_usable",
        r"UnsupportedCertificate",
        summary="The certificate is not issued yet, or of a kind the load balancer does not take.",
        remedy="Look at the certificate in ACM: once it is 'Issued', in the district's region, retry the run.",
        origin=Origin(
            "Elastic Load Balancing: HTTPS listeners",
            origins.DOCS + "elasticloadbalancing/latest/application/https-listener-certificates.html",
        ),
        example="operation error Elastic Load Balancing v2: CreateListener, https response error StatusCode: 400, "
        "RequestID: 74c6dbcc, api error UnsupportedCertificate: The certificate 'arn:aws:acm:eu-west-2:123456789012:"
        "certificate/0500fce0' must have a fully-qualified domain name, a supported signature, and a supported key "
        "size.",
    ),
    known(
        "certificate_not_validated",
        r"state to become 'ISSUED' \(last state: 'PENDING_VALIDATION'",
        summary="The certificate was not issued in time: its domain's DNS does not answer with the proof.",
        remedy="Check that the domain is delegated to the hosted zone that the district names, then retry the run.",
        origin=origins.provider("internal/service/acm/certificate_validation.go"),
        example="timeout while waiting for state to become 'ISSUED' (last state: 'PENDING_VALIDATION', timeout: "
        "1h15m0s)",
    ),
    known(
        "certificate_in_use",
        r"ResourceInUseException: Certificate .* in use",
        summary="The certificate is still used by a load balancer.",
        remedy="Wait until the load balancer is gone, then retry; one that was made by hand has to be removed first.",
        origin=origins.api("acm", "DeleteCertificate", "ResourceInUseException"),
        example="operation error ACM: DeleteCertificate, https response error StatusCode: 400, RequestID: 8ee94c9f, "
        "ResourceInUseException: Certificate arn:aws:acm:us-east-1:123456789012:certificate/89061701 in account "
        "123456789012 is in use.",
    ),
    known(
        "dns_record_exists",
        r"Tried to create resource record set .* but it already exists",
        summary="The zone has a record of this name already.",
        remedy="Find out whose it is; remove it or choose another domain for the district, then retry the run.",
        origin=origins.api("route53", "ChangeResourceRecordSets", "InvalidChangeBatch"),
        example="api error InvalidChangeBatch: [Tried to create resource record set "
        '[name="_abc.api.example.com.", type="CNAME"] but it already exists]',
    ),
    known(
        "dns_zone_missing",
        r"NoSuchHostedZone",
        summary="The hosted zone does not exist in this account.",
        remedy="Correct the zone in the district's settings, or create it; then start a new run.",
        origin=origins.api("route53", "ChangeResourceRecordSets", "NoSuchHostedZone"),
        example="NoSuchHostedZone: No hosted zone found with ID: Z0634247WVFEYFGO8EVF",
    ),
    known(
        "firewall_not_ready",
        r"WAFUnavailableEntityException",
        summary="The web firewall is not ready to be attached yet.",
        remedy="Wait a few minutes, then retry the run.",
        origin=origins.api("wafv2", "AssociateWebACL", "WAFUnavailableEntityException"),
        example="Error: creating WAFv2 WebACL Association (arn:aws:wafv2:us-east-1:123456789012:regional/webacl/a,arn:"
        "aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/b): WAFUnavailableEntityException: AWS WAF "
        "couldn\u2019t retrieve the resource that you requested. Retry your request.",
    ),
)
