"""What of a district's traffic is not encrypted, said on its page; all else is TLS (docs/security.md, "Encryption")."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from registry.districts.models import District


@dataclass(frozen=True)
class Plain:
    """One way that is plain: from where to where, and what to do about it, where anything can be done."""

    way: str
    remedy: str = ""


def plain_ways(district: District) -> list[Plain]:
    """Return the ways on which a district's data travel without TLS."""
    if district.certificate_arn or district.domain_name:
        return []
    sentence = _("Clients to the load balancer: HTTP, because the district has no certificate.")
    return [Plain(sentence, _("Do not load real records, or set a certificate in the settings."))]
