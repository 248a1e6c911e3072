"""A stand-in for an organization's SAML 2.0 provider, for the demo and the tests: on the loopback address alone.

It signs in whoever is picked on its page, and can answer as a hostile one does (`saml_hostile`).
Sources: SAML 2.0 Profiles, 4.1 (web browser single sign-on) and 4.4 (single logout); Bindings, 3.4 and 3.5.
"""

from __future__ import annotations

import base64
import contextlib
import html
import secrets
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit
from xml.sax.saxutils import escape, quoteattr

import xmlsec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from lxml import etree

from devtools.services.identity_provider import GROUP_ROLES, MEMBERS, NO_ICON, SIGNED_OUT, Member, choice_of_answer
from devtools.services.loopback_server import Answering, served
from processes.own_pages import is_loopback_name

NAMESPACES = {
    "samlp": "urn:oasis:names:tc:SAML:2.0:protocol",
    "saml": "urn:oasis:names:tc:SAML:2.0:assertion",
    "ds": "http://www.w3.org/2000/09/xmldsig#",
    "xenc": "http://www.w3.org/2001/04/xmlenc#",
}
PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
VALID = timedelta(minutes=5)


@dataclass(frozen=True)
class Key:
    """A key to sign with, and its certificate (PEM)."""

    private: rsa.RSAPrivateKey
    certificate: str

    @property
    def pem(self) -> str:
        """Return the private key as PEM."""
        return self.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def new_key(name: str) -> Key:
    """Make a key, with a certificate that it signs itself."""
    private = rsa.generate_private_key(65537, 2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .sign(private, hashes.SHA256())
    )
    return Key(private, certificate.public_bytes(Encoding.PEM).decode())


@dataclass(frozen=True)
class Answer:
    """What an assertion says, each part of it to be said wrongly."""

    issuer: str
    audience: str
    destination: str
    recipient: str
    in_response_to: str
    name_id: str
    groups: tuple[str, ...]
    issued: datetime
    not_before: datetime
    not_on_or_after: datetime
    authenticated: datetime
    name_format: str = PERSISTENT
    assertion_id: str = field(default_factory=lambda: f"_{secrets.token_hex(16)}")

    def xml(self) -> etree._Element:
        """Return the response, not signed yet."""
        answers = f" InResponseTo={quoteattr(self.in_response_to)}" if self.in_response_to else ""
        user = escape(self.name_id.partition("|")[2] or self.name_id)
        groups = "".join(f"<saml:AttributeValue>{escape(group)}</saml:AttributeValue>" for group in self.groups)
        audience = f"<saml:Audience>{escape(self.audience)}</saml:Audience>"
        text = f"""<samlp:Response xmlns:samlp="{NAMESPACES["samlp"]}" xmlns:saml="{NAMESPACES["saml"]}"
 ID="_{secrets.token_hex(16)}" Version="2.0" IssueInstant="{stamp(self.issued)}"
 Destination={quoteattr(self.destination)}{answers}><saml:Issuer>{escape(self.issuer)}</saml:Issuer><samlp:Status>
<samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>
<saml:Assertion ID="{self.assertion_id}" Version="2.0" IssueInstant="{stamp(self.issued)}">
<saml:Issuer>{escape(self.issuer)}</saml:Issuer><saml:Subject>
<saml:NameID Format={quoteattr(self.name_format)}>{escape(self.name_id)}</saml:NameID>
<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData
 NotOnOrAfter="{stamp(self.not_on_or_after)}" Recipient={quoteattr(self.recipient)}{answers}/>
</saml:SubjectConfirmation></saml:Subject>
<saml:Conditions NotBefore="{stamp(self.not_before)}" NotOnOrAfter="{stamp(self.not_on_or_after)}">{
            f"<saml:AudienceRestriction>{audience}</saml:AudienceRestriction>" if self.audience else ""
        }</saml:Conditions>
<saml:AuthnStatement AuthnInstant="{stamp(self.authenticated)}" SessionIndex="_{secrets.token_hex(8)}">
<saml:AuthnContext><saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport
</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement><saml:AttributeStatement>
<saml:Attribute Name="username"><saml:AttributeValue>{user}</saml:AttributeValue></saml:Attribute>
<saml:Attribute Name="email"><saml:AttributeValue>{user}@organization.example</saml:AttributeValue></saml:Attribute>
<saml:Attribute Name="groups">{groups}</saml:Attribute><saml:Attribute Name="eduPersonTargetedID">
<saml:AttributeValue><saml:NameID>{
            user
        }</saml:NameID></saml:AttributeValue></saml:Attribute></saml:AttributeStatement></saml:Assertion></samlp:Response>"""
        return etree.fromstring(text.encode())


def stamp(at: datetime) -> str:
    """Return a moment as SAML writes it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def written(root: etree._Element) -> bytes:
    """Return an element as text."""
    text: bytes = etree.tostring(root)
    return text


def element_at(root: etree._Element, path: str) -> etree._Element:
    """Return the first element at a path."""
    return root.xpath(path, namespaces=NAMESPACES)[0]


def sign(element: etree._Element, key: Key, *, method: str = "RSA_SHA256", digest: str = "SHA256") -> None:
    """Sign an element as a whole; the signature stands behind its issuer, with the certificate in it."""
    template = xmlsec.template.create(element, xmlsec.Transform.EXCL_C14N, getattr(xmlsec.Transform, method), ns="ds")
    reference = xmlsec.template.add_reference(template, getattr(xmlsec.Transform, digest), uri=f"#{element.get('ID')}")
    xmlsec.template.add_transform(reference, xmlsec.Transform.ENVELOPED)
    xmlsec.template.add_transform(reference, xmlsec.Transform.EXCL_C14N)
    xmlsec.template.add_x509_data(xmlsec.template.ensure_key_info(template))
    element.insert(1, template)
    xmlsec.tree.add_ids(element, ["ID"])
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(key.pem, xmlsec.KeyFormat.PEM)
    context.key.load_cert_from_memory(key.certificate, xmlsec.KeyFormat.CERT_PEM)
    context.sign(template)


def encrypted(response: bytes, certificate: str, *, cipher: str = "AES256_GCM", transport: str = "RSA_OAEP") -> bytes:
    """Return a response with its assertion encrypted for who has this certificate (PEM)."""
    root = etree.fromstring(response)
    assertion = element_at(root, "saml:Assertion")
    template = xmlsec.template.encrypted_data_create(
        assertion, getattr(xmlsec.Transform, cipher), type=xmlsec.EncryptionType.ELEMENT, ns="xenc"
    )
    xmlsec.template.encrypted_data_ensure_cipher_value(template)
    info = xmlsec.template.encrypted_data_ensure_key_info(template, ns="ds")
    key = xmlsec.template.add_encrypted_key(info, getattr(xmlsec.Transform, transport))
    xmlsec.template.encrypted_data_ensure_cipher_value(key)
    keys = xmlsec.KeysManager()
    keys.add_key(xmlsec.Key.from_memory(certificate, xmlsec.KeyFormat.CERT_PEM))
    context = xmlsec.EncryptionContext(keys)
    kind, bits = (xmlsec.KeyData.DES, 192) if cipher == "DES3" else (xmlsec.KeyData.AES, int(cipher[3:6]))
    context.key = xmlsec.Key.generate(kind, bits, xmlsec.KeyDataType.SESSION)
    around = etree.Element(f"{{{NAMESPACES['saml']}}}EncryptedAssertion", nsmap={"saml": NAMESPACES["saml"]})
    root.replace(assertion, around)
    around.append(assertion)
    context.encrypt_xml(template, assertion)
    return written(root)


def variables(metadata: str, folder: Path) -> dict[str, str]:
    """Return the portal's variables that lead to a provider; its metadata is written into the folder."""
    place = folder / "saml-metadata.xml"
    place.write_text(metadata, encoding="utf-8")
    return {
        "HOMEROOM_SAML_METADATA": str(place),
        "HOMEROOM_SAML_NAME": "the stand-in SAML provider",
        "HOMEROOM_GROUP_ROLES": GROUP_ROLES,
    }


@dataclass
class Provider:
    """A running provider: its address, its key, and how it twists what it answers."""

    url: str = ""
    key: Key = field(default_factory=lambda: new_key("stand-in SAML provider"))
    twist: Callable[[Provider, Answer], bytes] | None = None
    """Makes the response in place of `signed`."""
    offered: Mapping[str, Callable[[Provider, Answer], bytes]] = field(default_factory=dict)
    """What the page offers in place of the right response, for the sign-in that is being picked."""
    authenticated_at: datetime | None = None
    """What it tells of the moment of the sign-in, where that is not now."""
    encrypts_for: str = ""
    """The certificate (PEM) of the portal's key, where what it answers is encrypted."""
    last: bytes = b""

    @property
    def entity_id(self) -> str:
        """Return what it is called."""
        return f"{self.url}/metadata"

    @property
    def metadata(self) -> str:
        """Return what it says of itself."""
        certificate = "".join(self.key.certificate.splitlines()[1:-1])
        redirect = 'Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"'
        return f"""<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{self.entity_id}">
<IDPSSODescriptor protocolSupportEnumeration="{NAMESPACES["samlp"]}"><KeyDescriptor use="signing">
<KeyInfo xmlns="{NAMESPACES["ds"]}"><X509Data><X509Certificate>{certificate}</X509Certificate></X509Data></KeyInfo>
</KeyDescriptor><SingleLogoutService {redirect} Location="{self.url}/sign-out"/>
<SingleSignOnService {redirect} Location="{self.url}/sso"/></IDPSSODescriptor></EntityDescriptor>"""

    def signed(self, answer: Answer, *, key: Key | None = None, **how: str) -> bytes:
        """Return a response with a signed assertion."""
        root = answer.xml()
        sign(element_at(root, "saml:Assertion"), key or self.key, **how)
        return written(root)

    def answer(self, saml_request: str, member: Member, chosen: str = "") -> tuple[str, str]:
        """Return where a browser goes on to once somebody was picked, and the field that it carries there.

        `chosen` is the name of one of the answers that are offered; the right one goes out for any other.
        """
        request = etree.fromstring(zlib.decompress(base64.b64decode(saml_request), -zlib.MAX_WBITS))
        destination = request.get("AssertionConsumerServiceURL", "")
        now = datetime.now(UTC)
        answer = Answer(
            issuer=self.entity_id,
            audience=element_at(request, "saml:Issuer").text,
            destination=destination,
            recipient=destination,
            in_response_to=request.get("ID", ""),
            name_id=f"stand-in|{member.name}",
            groups=member.groups,
            issued=now,
            not_before=now - timedelta(seconds=30),
            not_on_or_after=now + VALID,
            authenticated=self.authenticated_at or now,
        )
        twist = self.offered.get(chosen, self.twist)
        response = twist(self, answer) if twist is not None else self.signed(answer)
        response = encrypted(response, self.encrypts_for) if self.encrypts_for else response
        self.last = response
        return destination, base64.b64encode(response).decode()

    def sign_out(self, there: str, name_id: str, *, key: Key | None = None) -> str:
        """Return the address by which this provider asks the portal, whose own `there` is, to end a session."""
        text = (
            f'<samlp:LogoutRequest xmlns:samlp="{NAMESPACES["samlp"]}" xmlns:saml="{NAMESPACES["saml"]}" '
            f'ID="_{secrets.token_hex(16)}" Version="2.0" IssueInstant="{stamp(datetime.now(UTC))}" '
            f'Destination="{there}"><saml:Issuer>{self.entity_id}</saml:Issuer>'
            f"<saml:NameID>{escape(name_id)}</saml:NameID></samlp:LogoutRequest>"
        )
        packed = zlib.compress(text.encode(), wbits=-zlib.MAX_WBITS)
        query = urlencode({"SAMLRequest": base64.b64encode(packed).decode(), "SigAlg": RSA_SHA256})
        signature = (key or self.key).private.sign(query.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{there}?{query}&{urlencode({'Signature': base64.b64encode(signature).decode()})}"


def page(parameters: Mapping[str, str], offered: Iterable[str] = ()) -> str:
    """Return the page on which somebody is picked, and which of the offered answers goes out."""
    hidden = f'<input type="hidden" name="SAMLRequest" value="{html.escape(parameters.get("SAMLRequest", ""))}">'
    buttons = "".join(f'<button name="member" value="{member.name}">{member.name}</button>' for member in MEMBERS)
    return (
        f'<!doctype html><html lang="en">{NO_ICON}<title>Stand-in SAML provider</title><h1>Who signs in?</h1>'
        f'<form action="/pick" method="get">{hidden}{choice_of_answer(offered)}{buttons}</form></html>'
    )


def carried(destination: str, response: str) -> str:
    """Return the page that carries an answer to the portal (HTTP-POST)."""
    return (
        f'<!doctype html><html lang="en">{NO_ICON}<title>Stand-in SAML provider</title>'
        f'<form action="{html.escape(destination)}" method="post"><input type="hidden" name="SAMLResponse" '
        f'value="{response}"><button>Go on</button></form><script>document.forms[0].submit()</script></html>'
    )


@contextlib.contextmanager
def running_saml_provider(
    port: int = 0, offered: Mapping[str, Callable[[Provider, Answer], bytes]] | None = None
) -> Iterator[Provider]:
    """Serve a provider, whose page offers answers beside the right one; it ends with us."""
    provider = Provider(offered=offered or {})

    class Handler(Answering, BaseHTTPRequestHandler):
        """Answers a browser."""

        def do_GET(self) -> None:
            """Answer metadata, the page on which somebody is picked, and the one that carries the answer on."""
            parts = urlsplit(self.path)
            parameters = {name: values[0] for name, values in parse_qs(parts.query).items()}
            members = {member.name: member for member in MEMBERS}
            if not is_loopback_name(self.headers.get("Host", "")):
                self.send_error(403)
            elif parts.path == "/metadata":
                self.answer(provider.metadata, "application/samlmetadata+xml")
            elif parts.path == "/sign-out":
                self.answer(SIGNED_OUT, "text/html; charset=utf-8")
            elif parts.path == "/sso":
                self.answer(page(parameters, provider.offered), "text/html; charset=utf-8")
            elif parts.path == "/pick" and parameters.get("member") in members:
                chosen = parameters.get("answer", "")
                reply = provider.answer(parameters["SAMLRequest"], members[parameters["member"]], chosen)
                self.answer(carried(*reply), "text/html; charset=utf-8")
            else:
                self.send_error(404)

    with served(Handler, port, "SAML provider") as provider.url:
        yield provider
