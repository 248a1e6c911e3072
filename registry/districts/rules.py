"""Rules of a registration that need no database: pure checks of the facts about a district.

What concerns its stack (slug, CIDR, size, certificate) is checked by the stack's own specification.
"""

from __future__ import annotations

import re
import unicodedata
import zoneinfo
from collections import defaultdict

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from infra.fields import longest
from infra.naming import SLUG_LENGTH
from messages.message import message
from registry.districts.registration import Registration
from registry.look_alikes import hidden, mixed

# fmt: off
STATES = frozenset(
    {
        "AL", "AK", "AZ", "AR", "CA", "CO", "CT", "DE", "DC", "FL", "GA", "HI", "ID", "IL", "IN", "IA", "KS", "KY",
        "LA", "ME", "MD", "MA", "MI", "MN", "MS", "MO", "MT", "NE", "NV", "NH", "NJ", "NM", "NY", "NC", "ND", "OH",
        "OK", "OR", "PA", "RI", "SC", "SD", "TN", "TX", "UT", "VT", "VA", "WA", "WV", "WI", "WY", "AS", "GU", "MP",
        "PR", "VI",
    }
)
# fmt: on
"""USPS codes of the states, the District of Columbia and the territories (USPS Publication 28, appendix B)."""

NAME_LENGTH = longest("name")
NCES_ID = re.compile(r"[0-9]{7}")


def slug_from(name: str) -> str:
    """Return the slug that a name suggests, or nothing where it has no letter that fits."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-").lstrip("0123456789-")
    return words[:SLUG_LENGTH].rstrip("-")


def is_printable(text: str) -> bool:
    """Return whether all of a text is seen, in its own order; people's scripts and signs are all welcome."""
    return not hidden(text)


def problems_of(registration: Registration) -> dict[str, list[str]]:
    """Return for each field what is wrong with it; empty when all is well."""
    problems: dict[str, list[str]] = defaultdict(list)
    name = registration.name.strip()
    if not name:
        problems["name"].append(message("Give the district's name."))
    elif len(name) > NAME_LENGTH:
        problems["name"].append(
            message(
                "The name has {name} characters; shorten it to {name_length}.", name=len(name), name_length=NAME_LENGTH
            )
        )
    elif not is_printable(name):
        problems["name"].append(message("The name holds a letter that nobody sees; type it anew."))
    elif mixed(name):
        problems["name"].append(
            message("A word of the name mixes letters of two scripts that look alike; type it anew.")
        )
    if registration.state_code and registration.state_code.upper() not in STATES:
        problems["state_code"].append(
            message("{state_code} is no state. Use its two letters, such as OH.", state_code=registration.state_code)
        )
    if registration.nces_id and not NCES_ID.fullmatch(registration.nces_id):
        problems["nces_id"].append(
            message("An NCES id has 7 digits, such as 3904380. Leave it empty if you do not know it.")
        )
    if registration.contact_email:
        try:
            validate_email(registration.contact_email)
        except ValidationError:
            problems["contact_email"].append(message("This is no e-mail address. It looks like name@district.org."))
    if registration.time_zone and registration.time_zone not in zoneinfo.available_timezones():
        problems["time_zone"].append(
            message("{time_zone} is no time zone. Use one such as America/Chicago.", time_zone=registration.time_zone)
        )
    for field, text in (("note", registration.note), ("contact_name", registration.contact_name)):
        if not is_printable(text.replace("\n", "").replace("\r", "").replace("\t", "")):
            problems[field].append(message("This holds a letter that nobody sees; type it anew."))
    if len(registration.contact_name) > NAME_LENGTH:
        problems["contact_name"].append(
            message("Shorten the contact's name to {name_length} characters.", name_length=NAME_LENGTH)
        )
    return dict(problems)
