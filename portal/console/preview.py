"""What a registration would make, shown beside its form. Writes nothing and promises nothing: the plan is the truth."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network

from infra import naming
from portal.console.forms import RegistrationForm, environment_code
from portal.districts import network, rules, services


@dataclass(frozen=True)
class Preview:
    """The suffix that ends every name, and the network."""

    suffix: str
    cidr: IPv4Network | None
    is_next_free: bool


def preview(form: RegistrationForm) -> Preview:
    """Return what can be said of a form that may be half filled in."""
    slug = str(form["slug"].value() or "").strip() or rules.slug_from(str(form["name"].value() or ""))
    code = environment_code(str(form["environment"].value() or ""))
    suffix = naming.suffix_for(slug, str(form["environment"].value())) if naming.is_slug(slug) and code else ""
    typed = str(form["cidr"].value() or "").strip()
    return Preview(suffix, _network(typed), not typed)


def _network(typed: str) -> IPv4Network | None:
    try:
        return IPv4Network(typed) if typed else services.next_free_network()
    except (ValueError, network.PoolExhausted):
        return None
