"""Errors of reaching AWS and of being let in."""

from __future__ import annotations

from engine.known_errors import origins
from engine.known_errors.entry import Origin, Rank, known

STS_CALL = "operation error STS: GetCallerIdentity, https response error StatusCode: 403, RequestID: 8969b924"
ROUTING = Origin("Go: package net, OpError", "https://pkg.go.dev/net#OpError")

KNOWN = (
    known(
        "aws_unreachable",
        r"connection refused|no such host|dial tcp|i/o timeout|connection reset by peer|unexpected EOF"
        r"|request send failed|TLS handshake timeout|Client\.Timeout exceeded",
        summary="AWS did not answer.",
        remedy="Check that the worker reaches the AWS endpoint (in the sandbox: that it runs), then retry the run.",
        origin=ROUTING,
        example="Error: dial tcp 127.0.0.1:4566: connect: connection refused",
        rank=Rank.CAUSE,
    ),
    known(
        "credentials_expired",
        r"ExpiredToken|security token .* expired|provided token has expired",
        summary="The AWS credentials have expired.",
        remedy="Renew the worker's credentials, then retry the run.",
        origin=origins.COMMON,
        example=f"retrieving caller identity from STS: {STS_CALL}, api error ExpiredToken: The security token included "
        "in the request is expired",
        rank=Rank.CAUSE,
    ),
    known(
        "clock_skewed",
        r"Signature expired:|Signature not yet current|RequestTimeTooSkewed|RequestExpired",
        summary="The worker's clock is wrong: AWS rejected its request as expired.",
        remedy="Set the worker's clock by NTP, then retry the run.",
        origin=origins.COMMON,
        example="An error occurred (SignatureDoesNotMatch) when calling the GetCallerIdentity operation: Signature "
        "expired: 20230822T072529Z is now earlier than 20230822T193257Z (20230822T194757Z - 15 min.)",
        rank=Rank.CAUSE,
    ),
    known(
        "credentials_missing",
        r"No valid credential sources|failed to refresh cached credentials, no EC2 IMDS role",
        summary="The worker has no AWS credentials.",
        remedy="Give the worker a role or a profile (Operations, Settings), then retry the run.",
        origin=Origin(
            "AWS provider: authentication", f"{origins.SOURCE}hashicorp/aws-sdk-go-base/blob/main/credentials.go"
        ),
        example="Error: No valid credential sources found\nError: failed to refresh cached credentials, no EC2 IMDS "
        "role found",
        rank=Rank.CAUSE,
    ),
    known(
        "credentials_invalid",
        r"InvalidClientTokenId|UnrecognizedClient|SignatureDoesNotMatch",
        summary="AWS does not accept the worker's credentials.",
        remedy="Correct the worker's AWS credentials, then retry the run.",
        origin=origins.COMMON,
        example=f"{STS_CALL}, api error InvalidClientTokenId: The security token included in the request is invalid.",
        rank=Rank.GENERAL,
    ),
    known(
        "service_not_subscribed",
        r"OptInRequired",
        summary="The AWS account may not use this service yet.",
        remedy="Finish the account's sign-up (payment, phone) or enable the region in its settings; then retry.",
        origin=origins.COMMON,
        example="Error: Error launching source instance: OptInRequired: You are not subscribed to this service. Please "
        "go to http://aws.amazon.com to subscribe.",
    ),
    known(
        "role_not_assumable",
        r"Cannot assume IAM Role|not authorized to perform: sts:AssumeRole",
        summary="The worker can't assume the deploy role of the district's account.",
        remedy="Check the role's ARN and external id under the account, and that its trust policy names the worker's "
        "role; then retry the run.",
        origin=Origin("STS: AssumeRole", origins.DOCS + "STS/latest/APIReference/API_AssumeRole.html"),
        example="Cannot assume IAM Role\nIAM Role (arn:aws:iam::123456789012:role/deploy) cannot be assumed.\n\nThere "
        "are a number of possible causes of this - the most common are:\n  * The credentials used in order to assume "
        "the role are invalid\n\nError: operation error STS: AssumeRole, https response error StatusCode: 403, "
        "RequestID: 7fc04918, api error AccessDenied: User: arn:aws:sts::123456789012:assumed-role/worker is not "
        "authorized to perform: sts:AssumeRole on resource: arn:aws:iam::123456789012:role/deploy",
    ),
    known(
        "denied_by_organization",
        r"explicit deny in a service control policy",
        summary="The organization's service control policy forbids this.",
        remedy="Ask the administrators of the AWS organization to allow the action named in the details; the deploy "
        "role can't grant it. Then retry the run.",
        origin=origins.IAM_DENIALS,
        example="An error occurred (AccessDenied) when calling the RunInstances operation: User: arn:aws:iam::"
        "123456789012:user/analyst is not authorized to perform: ec2:RunInstances with an explicit deny in a service "
        "control policy",
    ),
    known(
        "role_not_passable",
        r"not authorized to perform: iam:PassRole",
        summary="The deploy role is not allowed to pass the district's role to the service.",
        remedy="Allow iam:PassRole on the role named in the details to the deploy role, then retry the run.",
        origin=Origin("IAM: pass a role", origins.DOCS + "IAM/latest/UserGuide/id_roles_use_passrole.html"),
        example="User: arn:aws:iam::123456789012:user/marymajor is not authorized to perform: iam:PassRole",
    ),
    known(
        "access_denied",
        r"AccessDenied|UnauthorizedOperation|not authorized to perform",
        summary="The deploy role lacks a permission.",
        remedy="Grant the deploy role the action named in the details, then retry the run.",
        origin=origins.COMMON,
        example="creating CloudWatch Logs Log Group (workspace): operation error CloudWatch Logs: CreateLogGroup, "
        "https response error StatusCode: 400, RequestID: 28e04bc9, api error AccessDeniedException: User: arn:aws:"
        "iam::123456789012:user/deploy is not authorized to perform: logs:CreateLogGroup on resource: arn:aws:logs:"
        "us-east-1:123456789012:log-group:workspace:log-stream: because no identity-based policy allows the "
        "logs:CreateLogGroup action",
        rank=Rank.GENERAL,
    ),
    known(
        "throttled",
        r"Throttling|TooManyRequests|RequestLimitExceeded|Rate exceeded|SlowDown",
        summary="AWS throttled the requests.",
        remedy="Wait a few minutes, then retry the run: it continues from what exists.",
        origin=origins.EC2,
        example="operation error EC2: DescribeSecurityGroups, exceeded maximum number of attempts, 25, https response "
        "error StatusCode: 503, RequestID: 3d4e5f6a, api error RequestLimitExceeded: Request limit exceeded.",
        rank=Rank.GENERAL,
    ),
    known(
        "aws_fault",
        r"api error (InternalError|InternalFailure|InternalServerError|InternalServiceError|ServiceUnavailable"
        r"|BadGateway|GatewayTimeout|UnknownError)",
        summary="AWS returned an internal error.",
        remedy="Look at the AWS Health Dashboard, wait a few minutes, then retry the run: it continues from what "
        "exists.",
        origin=origins.COMMON,
        example="operation error S3: HeadObject, https response error StatusCode: 503, RequestID: , HostID: , "
        "api error ServiceUnavailable: Service Unavailable",
        rank=Rank.GENERAL,
    ),
    known(
        "sandbox_gap",
        r"NotImplementedInSandbox",
        summary="The embedded AWS has no such action.",
        remedy="The details name the action; it has to be added to the sandbox.",
        origin=Origin("Homeroom: the sandbox", "sandbox.md"),
        example="operation error EC2: CreateFleet, https response error StatusCode: 501, RequestID: 1f0c, api error "
        "NotImplementedInSandbox: The sandbox does not implement ec2:CreateFleet.",
        rank=Rank.CAUSE,
    ),
)
