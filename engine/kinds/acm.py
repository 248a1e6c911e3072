"""AWS Certificate Manager: certificates."""

from __future__ import annotations

from engine.kinds.adoption import Adopt, Asking, Item, Question, Recreate
from engine.kinds.kind import Box, Charge, Coverage, Drift, Kind, Service, goes_with

SERVICE = Service("Certificate Manager", ("aws_acm",))


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


KINDS: tuple[Kind, ...] = (
    Kind(
        "aws_acm_certificate",
        SERVICE,
        adoption=Adopt(
            Question("acm", "list_certificates", "CertificateSummaryList"),
            {"DomainName": "domain_name", "tags.Name": "tags.Name"},
            "{item.CertificateArn}",
            attributes={"arn": "{item.CertificateArn}", "domain_validation_options": _validation_options},
            tags=Question("acm", "list_tags_for_certificate", "Tags", {"CertificateArn": "{item.CertificateArn}"}),
            chosen_by_tags=True,
            detail=Question("acm", "describe_certificate", "Certificate", {"CertificateArn": "{item.CertificateArn}"}),
            dead={"Status": frozenset({"EXPIRED", "FAILED", "REVOKED", "VALIDATION_TIMED_OUT"})},
        ),
        charge=Charge.FREE,
        seen=Coverage(tag="acm certificate"),
        drift=Drift(
            by_aws={
                "not_before": "AWS renews the certificate",
                "not_after": "AWS renews the certificate",
                "renewal_summary": "AWS renews the certificate",
                "pending_renewal": "AWS renews the certificate",
                "renewal_eligibility": "AWS finds it eligible once a listener uses it",
            }
        ),
        boxes=(Box("certificate", "Certificate", "DOOR"),),
    ),
    Kind(
        "aws_acm_certificate_validation",
        SERVICE,
        adoption=Recreate(
            "It is no thing in AWS: its create waits until the certificate is issued. The provider has no import of "
            "it.",
        ),
        charge=Charge.FREE,
        seen=goes_with("aws_acm_certificate", "It is Terraform's wait, and nothing in AWS."),
    ),
)
