"""What a verified assertion says, and whether it was said to us, about now, for a sign-in that began here.

python3-saml looks at most of it as well. It takes an assertion without an audience, a destination that only begins like
ours, and clocks that are five minutes apart; here each is looked at to the letter.
Source: SAML 2.0 Profiles, 4.1.4.2 and 4.1.4.3 (what a bearer assertion must say, and what has to be checked).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from lxml import etree

from portal.sign_in.saml.documents import SAML, NotHoldingError, only, text_of

BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
TRANSIENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
LEEWAY = timedelta(seconds=30)
"""How far the provider's clock may be from ours."""
FRESH = timedelta(seconds=300)
"""How old an assertion may be, and a sign-in that was asked for again."""
LONGEST_NAME = 200
MOST_VALUES = 2000


@dataclass(frozen=True)
class Expected:
    """Who must have said it, and to whom: the provider's entity id, ours, and the address that takes answers."""

    issuer: str
    audience: str
    address: str


@dataclass(frozen=True)
class AssertionClaims:
    """What an assertion says of one sign-in."""

    id: str
    request: str
    """The request that it answers, by its ID."""
    name_id: str
    name_format: str
    authenticated_at: str
    """When the person showed the provider who they are (ISO 8601)."""
    session_index: str
    attributes: dict[str, list[str]]


def read(root: etree._Element, assertion: etree._Element, expected: Expected, *, now: datetime) -> AssertionClaims:
    """Return what a response says; raises NotHoldingError unless it was made for us, and holds now."""
    for where in (root, assertion):
        if where.get("Version") != "2.0":
            raise NotHoldingError("The message is of another version of SAML.")
        issuers = where.findall(f"{SAML}Issuer")
        if len(issuers) != 1 and (issuers or where is assertion):
            raise NotHoldingError("There must be one issuer.")
        if any(text_of(issuer) != expected.issuer for issuer in issuers):
            raise NotHoldingError("The message is of another issuer.")
    if root.get("Destination", expected.address) != expected.address:
        raise NotHoldingError("The response was sent to another address.")
    issued = moment(assertion.get("IssueInstant"))
    if not now - FRESH - LEEWAY <= issued <= now + LEEWAY:
        raise NotHoldingError("The assertion is too old for a sign-in of now, or of a time to come.")
    check_conditions(only(assertion, f"{SAML}Conditions"), expected, now=now)
    subject = only(assertion, f"{SAML}Subject")
    request = confirmed_request(subject, expected, now=now)
    if root.get("InResponseTo", request) != request:
        raise NotHoldingError("The response and its assertion answer two requests.")
    statement = only(assertion, f"{SAML}AuthnStatement")
    at = moment(statement.get("AuthnInstant"))
    ends = statement.get("SessionNotOnOrAfter")
    if at > now + LEEWAY or (ends is not None and moment(ends) <= now):
        raise NotHoldingError("The sign-in at the provider is over, or of a time to come.")
    name = only(subject, f"{SAML}NameID")
    return AssertionClaims(
        id=assertion.get("ID", ""),
        request=request,
        name_id=person_name(text_of(name)),
        name_format=name.get("Format", ""),
        authenticated_at=at.isoformat(),
        session_index=statement.get("SessionIndex", ""),
        attributes=attributes(assertion),
    )


def check_conditions(conditions: etree._Element, expected: Expected, *, now: datetime) -> None:
    """Raise NotHoldingError unless the conditions hold now, and name us as an audience in every restriction."""
    begins = conditions.get("NotBefore")
    if begins is not None and moment(begins) > now + LEEWAY:
        raise NotHoldingError("The assertion does not hold yet.")
    if moment(conditions.get("NotOnOrAfter")) <= now - LEEWAY:
        raise NotHoldingError("The assertion has expired.")
    restrictions = conditions.findall(f"{SAML}AudienceRestriction")
    audiences = [
        {text_of(audience) for audience in restriction.findall(f"{SAML}Audience")} for restriction in restrictions
    ]
    if not audiences or not all(expected.audience in some for some in audiences):
        raise NotHoldingError("The assertion is for another audience.")


def confirmed_request(subject: etree._Element, expected: Expected, *, now: datetime) -> str:
    """Return the request that a bearer's confirmation answers; raises NotHoldingError where there is not just one."""
    bearers = [
        confirmation
        for confirmation in subject.findall(f"{SAML}SubjectConfirmation")
        if confirmation.get("Method") == BEARER
    ]
    if len(bearers) != 1:
        raise NotHoldingError("There must be one bearer's confirmation.")
    data = only(bearers[0], f"{SAML}SubjectConfirmationData")
    if data.get("Recipient") != expected.address:
        raise NotHoldingError("The assertion is for another recipient.")
    if moment(data.get("NotOnOrAfter")) <= now - LEEWAY:
        raise NotHoldingError("The assertion's confirmation has expired.")
    if data.get("NotBefore") is not None:
        raise NotHoldingError("A bearer's confirmation has no beginning.")
    request: str = data.get("InResponseTo", "")
    if not request:
        raise NotHoldingError("Nobody asked for this assertion.")
    return request


def attributes(assertion: etree._Element) -> dict[str, list[str]]:
    """Return the attributes' values by name; raises NotHoldingError for more than anybody has.

    A value of other elements, such as eduPersonTargetedID's, is none that is asked for.
    """
    by_name: dict[str, list[str]] = {}
    for attribute in assertion.iterfind(f"{SAML}AttributeStatement/{SAML}Attribute"):
        values = [text_of(value) for value in attribute.findall(f"{SAML}AttributeValue") if not len(value)]
        by_name.setdefault(attribute.get("Name", ""), []).extend(values)
    if sum(len(values) for values in by_name.values()) > MOST_VALUES:
        raise NotHoldingError("The assertion has too many attributes.")
    return by_name


def person_name(text: str) -> str:
    """Return the text by which the provider knows a person; raises NotHoldingError where it is none."""
    if not text or text != text.strip() or len(text) > LONGEST_NAME or not text.isprintable():
        raise NotHoldingError("The assertion names nobody.")
    return text


def moment(text: str | None) -> datetime:
    """Return a moment (xs:dateTime in UTC: SAML 2.0 Core, 1.3.3); raises NotHoldingError."""
    try:
        at = datetime.fromisoformat(text or "")
    except ValueError as error:
        raise NotHoldingError("A moment is missing, or none.") from error
    if at.utcoffset() != timedelta(0):
        raise NotHoldingError("A moment is not in UTC.")
    return at
