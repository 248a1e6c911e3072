"""The certificate of the district's domain, made and proven in its hosted zone."""

from __future__ import annotations

from infra.cdk import (
    AcmCertificate,
    AcmCertificateValidation,
    Construct,
    Route53Record,
    TerraformResourceLifecycle,
)
from infra.frame import Frame

ADDRESS = "aws_acm_certificate.edge_certificate_certificate"
"""The certificate's own address; CDKTF has no way to index a set of objects."""


class Certificate(Construct):
    """A certificate with its proof by DNS; `arn` is known once AWS has seen the proof."""

    def __init__(self, scope: Construct, frame: Frame, *, zone_id: str, domain: str) -> None:
        super().__init__(scope, "certificate")
        certificate = AcmCertificate(
            self,
            "certificate",
            domain_name=domain,
            validation_method="DNS",
            tags=frame.tagged("api"),
            # A listener needs one at every moment: the next stands before the last goes.
            lifecycle=TerraformResourceLifecycle(create_before_destroy=True),
        )
        # A set in Terraform: one domain has one proof.
        options = f"tolist({ADDRESS}.domain_validation_options)[0]"
        record = Route53Record(
            self,
            "proof",
            zone_id=zone_id,
            name=f"${{{options}.resource_record_name}}",
            type=f"${{{options}.resource_record_type}}",
            records=[f"${{{options}.resource_record_value}}"],
            ttl=60,
            allow_overwrite=True,
        )
        proven = AcmCertificateValidation(
            self, "proven", certificate_arn=certificate.arn, validation_record_fqdns=[record.fqdn]
        )
        self.arn: str = proven.certificate_arn
