"""Load balancer, firewall, certificate and DNS records."""

from __future__ import annotations

from engine.adoption.rules import Adopt, Asking, Item, Question, Recreate, Rule


def _lb_tags(arn: str) -> Question:
    return Question("elbv2", "describe_tags", "TagDescriptions", {"ResourceArns": [f"{{item.{arn}}}"]}, within="Tags")


def _records(records: list[Item]) -> list[Item]:
    """Return records with names as Terraform writes them, and where each one leads."""
    return [
        {
            **record,
            "Name": record["Name"].replace("\\052", "*").rstrip("."),
            "Leads": _leads(record),
        }
        for record in records
    ]


def _leads(record: Item) -> str:
    if "AliasTarget" in record:
        return str(record["AliasTarget"]["DNSName"]).removeprefix("dualstack.")
    return ",".join(part["Value"] for part in record.get("ResourceRecords", []))


def _validation_options(ask: Asking, item: Item) -> list[dict[str, str]]:
    """Return the records that prove a certificate's domain, under the provider's names."""
    return [
        {
            "domain_name": option["DomainName"],
            "resource_record_name": option["ResourceRecord"]["Name"],
            "resource_record_type": option["ResourceRecord"]["Type"],
            "resource_record_value": option["ResourceRecord"]["Value"],
        }
        for option in item.get("DomainValidationOptions", [])
        if "ResourceRecord" in option
    ]


ROWS: tuple[Rule, ...] = (
    Adopt(
        "aws_lb",
        Question("elbv2", "describe_load_balancers", "LoadBalancers"),
        {"LoadBalancerName": "name"},
        "{item.LoadBalancerArn}",
        attributes={"arn": "{item.LoadBalancerArn}", "dns_name": "{item.DNSName}"},
        tags=_lb_tags("LoadBalancerArn"),
        unfinished={"State.Code": frozenset({"provisioning"})},
    ),
    Adopt(
        "aws_lb_target_group",
        Question("elbv2", "describe_target_groups", "TargetGroups"),
        {"TargetGroupName": "name"},
        "{item.TargetGroupArn}",
        attributes={"arn": "{item.TargetGroupArn}"},
        tags=_lb_tags("TargetGroupArn"),
    ),
    Adopt(
        "aws_lb_listener",
        Question("elbv2", "describe_listeners", "Listeners", {"LoadBalancerArn": "{given.load_balancer_arn}"}),
        {"Port": "port"},
        "{item.ListenerArn}",
        attributes={"arn": "{item.ListenerArn}"},
    ),
    Adopt(
        "aws_wafv2_web_acl",
        Question("wafv2", "list_web_acls", "WebACLs", {"Scope": "{given.scope}"}),
        {"Name": "name"},
        "{item.Id}/{item.Name}/{given.scope}",
        attributes={"id": "{item.Id}", "arn": "{item.ARN}"},
        tags=Question("wafv2", "list_tags_for_resource", "TagInfoForResource.TagList", {"ResourceARN": "{item.ARN}"}),
    ),
    Adopt(
        "aws_wafv2_web_acl_association",
        Question("wafv2", "get_web_acl_for_resource", "WebACL", {"ResourceArn": "{given.resource_arn}"}),
        {"ARN": "web_acl_arn"},
        "{given.web_acl_arn},{given.resource_arn}",
    ),
    Adopt(
        "aws_wafv2_web_acl_logging_configuration",
        Question("wafv2", "get_logging_configuration", "LoggingConfiguration", {"ResourceArn": "{given.resource_arn}"}),
        {"ResourceArn": "resource_arn"},
        "{given.resource_arn}",
    ),
    Adopt(
        "aws_acm_certificate",
        Question("acm", "list_certificates", "CertificateSummaryList"),
        {"DomainName": "domain_name", "tags.Name": "tags.Name"},
        "{item.CertificateArn}",
        attributes={"arn": "{item.CertificateArn}", "domain_validation_options": _validation_options},
        tags=Question("acm", "list_tags_for_certificate", "Tags", {"CertificateArn": "{item.CertificateArn}"}),
        chosen_by_tags=True,
        detail=Question("acm", "describe_certificate", "Certificate", {"CertificateArn": "{item.CertificateArn}"}),
        dead={"Status": frozenset({"EXPIRED", "FAILED", "REVOKED", "VALIDATION_TIMED_OUT"})},
    ),
    Recreate(
        "aws_acm_certificate_validation",
        "It is no thing in AWS: its create waits until the certificate is issued. The provider has no import of it.",
    ),
    Adopt(
        "aws_route53_record",
        Question(
            "route53",
            "list_resource_record_sets",
            "ResourceRecordSets",
            {"HostedZoneId": "{given.zone_id}"},
            read=_records,
        ),
        {"Name": "name", "Type": "type"},
        "{given.zone_id}_{item.Name}_{item.Type}",
        must_equal={"Leads": "alias.name|records.0"},
    ),
)
