"""What a hostile SAML provider, or somebody between it and the portal, answers: none of it may let anybody in.

Signature wrapping by the names of Somorovsky et al., "On Breaking SAML: Be Whoever You Want to Be" (USENIX Security
2012): the signed assertion is moved to where the verifier finds it, and a forged one stands where the reader looks.
"""

from __future__ import annotations

import base64
import copy
import functools
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from lxml import etree

from devtools.services.saml_provider import (
    NAMESPACES,
    Answer,
    Key,
    Provider,
    element_at,
    encrypted,
    new_key,
    sign,
    written,
)

Twist = Callable[[Provider, Answer], bytes]
HOUR = timedelta(hours=1)
SAML = f"{{{NAMESPACES['saml']}}}"
SAMLP = f"{{{NAMESPACES['samlp']}}}"
XENC = f"{{{NAMESPACES['xenc']}}}"
DS = f"{{{NAMESPACES['ds']}}}"
FORGED = ("stand-in|olivia", ("platform-admins",))


@functools.cache
def another_key() -> Key:
    """Return a key that is not the provider's."""
    return new_key("somebody else")


def claiming(**parts: object) -> Twist:
    """Return an answer that is signed well and says these parts wrongly."""
    return lambda provider, answer: provider.signed(replace(answer, **parts))  # type: ignore[arg-type]


def moved(**hours: int) -> Twist:
    """Return an answer whose moments are so many hours off."""

    def twist(provider: Provider, answer: Answer) -> bytes:
        """Move them."""
        off = {name: getattr(answer, name) + number * HOUR for name, number in hours.items()}
        return provider.signed(replace(answer, **off))

    return twist


def unsigned(provider: Provider, answer: Answer) -> bytes:
    """Leave the signature out."""
    return written(answer.xml())


def response_alone_signed(provider: Provider, answer: Answer) -> bytes:
    """Sign the response, and not the assertion."""
    root = answer.xml()
    sign(root, provider.key)
    return written(root)


def changed(old: bytes, new: bytes) -> Twist:
    """Return an answer that was changed after it was signed."""

    def twist(provider: Provider, answer: Answer) -> bytes:
        """Change it; what is changed must be there."""
        whole = provider.signed(answer)
        assert old in whole
        return whole.replace(old, new)

    return twist


def parts(provider: Provider, answer: Answer) -> tuple[etree._Element, etree._Element, etree._Element]:
    """Return a response, its signed assertion, and a forged copy of that without a signature."""
    root = etree.fromstring(provider.signed(answer))
    signed = element_at(root, "saml:Assertion")
    forged = copy.deepcopy(signed)
    forged.remove(element_at(forged, "ds:Signature"))
    forged.set("ID", "_forged")
    element_at(forged, "saml:Subject/saml:NameID").text = FORGED[0]
    element_at(forged, "saml:AttributeStatement/saml:Attribute[@Name='groups']/saml:AttributeValue").text = FORGED[1][0]
    return root, signed, forged


def beside(provider: Provider, answer: Answer, *, first: bool) -> bytes:
    """Put the forged assertion beside the signed one (XSW3, XSW4)."""
    root, signed, forged = parts(provider, answer)
    signed.addprevious(forged) if first else signed.addnext(forged)
    return written(root)


def around(provider: Provider, answer: Answer) -> bytes:
    """Put the signed assertion into the forged one (XSW4)."""
    root, signed, forged = parts(provider, answer)
    root.replace(signed, forged)
    forged.append(signed)
    return written(root)


def with_its_signature(provider: Provider, answer: Answer, *, same_id: bool, in_object: bool) -> bytes:
    """Give the forged assertion the signature, and hide what it signs (XSW5, XSW6, XSW8)."""
    root, signed, forged = parts(provider, answer)
    signature = element_at(signed, "ds:Signature")
    forged.insert(1, signature)
    if same_id:
        forged.set("ID", signed.get("ID", ""))
    root.replace(signed, forged)
    if in_object:
        etree.SubElement(signature, f"{DS}Object").append(signed)
    else:
        signature.append(signed)
    return written(root)


def in_extensions(provider: Provider, answer: Answer) -> bytes:
    """Hide the signed assertion among the response's extensions (XSW7)."""
    root, signed, forged = parts(provider, answer)
    root.replace(signed, forged)
    extensions = etree.Element(f"{SAMLP}Extensions")
    extensions.append(signed)
    root.insert(1, extensions)
    return written(root)


def response_around(provider: Provider, answer: Answer) -> bytes:
    """Put the whole good response into a forged one (XSW1, XSW2)."""
    root, _signed, forged = parts(provider, answer)
    outer = copy.deepcopy(root)
    outer.replace(element_at(outer, "saml:Assertion"), forged)
    outer.set("ID", "_outer")
    outer.append(root)
    return written(outer)


def renamed(provider: Provider, answer: Answer) -> bytes:
    """Let the signature name the response's ID, with the forged assertion in it."""
    root, signed, forged = parts(provider, answer)
    signature = element_at(signed, "ds:Signature")
    element_at(signature, "ds:SignedInfo/ds:Reference").set("URI", f"#{root.get('ID')}")
    forged.insert(1, signature)
    root.replace(signed, forged)
    return written(root)


def twice(path: str) -> Twist:
    """Return an answer with an element doubled before it is signed: two readers could take another each."""

    def twist(provider: Provider, answer: Answer) -> bytes:
        """Double it."""
        root = answer.xml()
        element = element_at(root, path)
        element.addnext(copy.deepcopy(element))
        sign(element_at(root, "saml:Assertion"), provider.key)
        return written(root)

    return twist


def altered(path: str, name: str, value: str | None) -> Twist:
    """Return an answer in which an attribute says something else, or is not there, when it is signed."""

    def twist(provider: Provider, answer: Answer) -> bytes:
        """Alter it."""
        root = answer.xml()
        element = element_at(root, path)
        del element.attrib[name]
        if value is not None:
            element.set(name, value)
        sign(element_at(root, "saml:Assertion"), provider.key)
        return written(root)

    return twist


def styled(provider: Provider, answer: Answer) -> bytes:
    """Have the signature transform what it signs by a style sheet."""
    root = etree.fromstring(provider.signed(answer))
    element_at(root, "//ds:Transform").set("Algorithm", "http://www.w3.org/TR/1999/REC-xslt-19991116")
    return written(root)


def encrypted_beside(provider: Provider, answer: Answer) -> bytes:
    """Put an encrypted assertion beside the signed one."""
    root = etree.fromstring(provider.signed(answer))
    etree.SubElement(root, f"{SAML}EncryptedAssertion")
    return written(root)


def headed(head: bytes) -> Twist:
    """Return a good answer with something before it."""
    return lambda provider, answer: head + provider.signed(answer)


def entity(provider: Provider, answer: Answer) -> bytes:
    """Declare an entity that reads a file, and use it as the name."""
    dtd = b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/hostname">]>'
    return dtd + unsigned(provider, answer).replace(answer.name_id.encode(), b"&x;")


NAME = b">stand-in|oscar</saml:NameID>"
SUBJECT = "saml:Assertion/saml:Subject"
DATA = f"{SUBJECT}/saml:SubjectConfirmation/saml:SubjectConfirmationData"
HOSTILE: dict[str, Twist] = {
    "unsigned": unsigned,
    "only the response signed": response_alone_signed,
    "signed by another": lambda provider, answer: provider.signed(answer, key=another_key()),
    "signed with SHA-1": lambda provider, answer: provider.signed(answer, method="RSA_SHA1", digest="SHA1"),
    "digest of SHA-1": lambda provider, answer: provider.signed(answer, digest="SHA1"),
    "wrong issuer": claiming(issuer="https://evil.example"),
    "wrong audience": claiming(audience="https://another.example/metadata"),
    "no audience": claiming(audience=""),
    "wrong destination": claiming(destination="https://another.example/acs"),
    "wrong recipient": claiming(recipient="https://another.example/acs"),
    "longer destination": lambda provider, answer: provider.signed(
        replace(answer, destination=answer.destination + "x")
    ),
    "longer recipient": lambda provider, answer: provider.signed(replace(answer, recipient=f"x{answer.recipient}")),
    "expired": moved(not_on_or_after=-1),
    "expired a minute ago": lambda provider, answer: provider.signed(
        replace(answer, not_on_or_after=answer.issued - timedelta(minutes=1))
    ),
    "not yet valid": moved(not_before=1, not_on_or_after=2),
    "made long ago": moved(issued=-1),
    "made in time to come": moved(issued=1),
    "unsolicited": claiming(in_response_to=""),
    "asked by nobody": claiming(in_response_to="_never"),
    "replayed": lambda provider, answer: provider.last,
    "forged beside, first": functools.partial(beside, first=True),
    "forged beside, last": functools.partial(beside, first=False),
    "signed within the forged": around,
    "forged with the signature": functools.partial(with_its_signature, same_id=False, in_object=False),
    "forged with the signature and ID": functools.partial(with_its_signature, same_id=True, in_object=False),
    "signed within the signature": functools.partial(with_its_signature, same_id=False, in_object=True),
    "signed within the signature, same ID": functools.partial(with_its_signature, same_id=True, in_object=True),
    "signed within extensions": in_extensions,
    "response within a response": response_around,
    "signature of another element": renamed,
    "name changed": changed(NAME, b">stand-in|olivia</saml:NameID>"),
    "group changed": changed(b">platform-operators<", b">platform-admins<"),
    "comment in the name": changed(NAME, b">stand-in|<!---->oscar</saml:NameID>"),
    "comment behind the name": changed(NAME, b">stand-in|oscar<!-- .evil --></saml:NameID>"),
    "instruction in the name": changed(NAME, b">stand-in|<?a b?>oscar</saml:NameID>"),
    "CDATA in the name": changed(NAME, b"><![CDATA[stand-in|oscar]]></saml:NameID>"),
    "a DTD": headed(b"<!DOCTYPE r>"),
    "an entity of a file": entity,
    "entities without end": headed(b'<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>'),
    "another charset": lambda provider, answer: provider.signed(answer).decode().encode("utf-16"),
    "a charset that is said": headed(b'<?xml version="1.0" encoding="UTF-7"?>'),
    "two names": twice(f"{SUBJECT}/saml:NameID"),
    "two subjects": twice(SUBJECT),
    "two conditions": twice("saml:Assertion/saml:Conditions"),
    "two issuers": twice("saml:Assertion/saml:Issuer"),
    "another request in the response": altered("//samlp:Response", "InResponseTo", "_another"),
    "a failure": altered("samlp:Status/samlp:StatusCode", "Value", "urn:oasis:names:tc:SAML:2.0:status:Responder"),
    "holder of a key": altered(
        f"{SUBJECT}/saml:SubjectConfirmation", "Method", "urn:oasis:names:tc:SAML:2.0:cm:holder-of-key"
    ),
    "no recipient": altered(DATA, "Recipient", None),
    "no end": altered(DATA, "NotOnOrAfter", None),
    "no end of the conditions": altered("saml:Assertion/saml:Conditions", "NotOnOrAfter", None),
    "another time zone": altered(DATA, "NotOnOrAfter", "2999-01-01T00:00:00+05:00"),
    "a style sheet": styled,
    "encrypted beside": encrypted_beside,
    "nobody": claiming(name_id=""),
    "an endless name": claiming(name_id="a" * 5000),
    "a name of a day": claiming(name_format="urn:oasis:names:tc:SAML:2.0:nameid-format:transient"),
    "no XML": lambda provider, answer: b"<samlp:Response",
    "nothing": lambda provider, answer: b"",
}


def enciphered(provider: Provider, answer: Answer, **how: str) -> bytes:
    """Encrypt a good answer for the portal; `another_key` is its own in the tests."""
    return encrypted(provider.signed(answer), another_key().certificate, **how)


def within(path: str, change: Callable[[etree._Element], object]) -> Twist:
    """Return an encrypted answer of which an element was changed afterwards."""

    def twist(provider: Provider, answer: Answer) -> bytes:
        """Change it."""
        root = etree.fromstring(enciphered(provider, answer))
        change(element_at(root, path))
        return written(root)

    return twist


def fetched(value: etree._Element) -> None:
    """Name a file in place of the text."""
    value.getparent().replace(value, etree.Element(f"{XENC}CipherReference", URI="file:///etc/hostname"))


def turned(value: etree._Element) -> None:
    """Turn a bit in the middle of the text."""
    text = bytearray(base64.b64decode(value.text))
    text[len(text) // 2] ^= 1
    value.text = base64.b64encode(bytes(text)).decode()


def doubled(element: etree._Element) -> None:
    """Double an element."""
    element.addnext(copy.deepcopy(element))


def plain_beside(provider: Provider, answer: Answer) -> bytes:
    """Put a forged assertion in plain text beside the good one, which is encrypted."""
    root = etree.fromstring(enciphered(provider, answer))
    _root, _signed, forged = parts(provider, answer)
    root.append(forged)
    return written(root)


def enclosed(provider: Provider, answer: Answer, text: str) -> bytes:
    """Encrypt something else in the assertion's place."""
    root = etree.fromstring(provider.signed(answer))
    inner = etree.fromstring(text)
    element = etree.SubElement(root, f"{SAML}Assertion")
    root.remove(element_at(root, "saml:Assertion"))
    element.append(inner)
    return encrypted(written(root), another_key().certificate)


CIPHER = "saml:EncryptedAssertion/xenc:EncryptedData/xenc:CipherData/xenc:CipherValue"
KEY_CIPHER = "//xenc:EncryptedKey/xenc:CipherData/xenc:CipherValue"
ENCRYPTED: dict[str, Twist] = {
    "for another": lambda provider, answer: encrypted(provider.signed(answer), provider.key.certificate),
    "with RSA 1.5": lambda provider, answer: enciphered(provider, answer, transport="RSA_PKCS1"),
    "with triple DES": lambda provider, answer: enciphered(provider, answer, cipher="DES3"),
    "unsigned within": lambda provider, answer: encrypted(unsigned(provider, answer), another_key().certificate),
    "signed by another within": lambda provider, answer: encrypted(
        provider.signed(answer, key=new_key("nobody")), another_key().certificate
    ),
    "for another audience within": lambda provider, answer: enciphered(
        provider, replace(answer, audience="https://another.example/metadata")
    ),
    "expired within": lambda provider, answer: enciphered(
        provider, replace(answer, not_on_or_after=answer.issued - timedelta(minutes=1))
    ),
    "changed before it was encrypted": lambda provider, answer: encrypted(
        changed(NAME, b">stand-in|olivia</saml:NameID>")(provider, answer), another_key().certificate
    ),
    "a comment within": lambda provider, answer: encrypted(
        changed(NAME, b">stand-in|<!---->oscar</saml:NameID>")(provider, answer), another_key().certificate
    ),
    "wrapped within": lambda provider, answer: encrypted(around(provider, answer), another_key().certificate),
    "something else within": functools.partial(enclosed, text="<a>b</a>"),
    "a text that was changed": within(CIPHER, turned),
    "a key that was changed": within(KEY_CIPHER, turned),
    "a text that is fetched": within(CIPHER, fetched),
    "a key that is fetched": within(
        "//ds:KeyInfo", lambda info: etree.SubElement(info, f"{DS}RetrievalMethod", URI="file:///etc/hostname")
    ),
    "no key": within("//xenc:EncryptedKey", lambda key: key.getparent().remove(key)),
    "two keys": within("//xenc:EncryptedKey", doubled),
    "two texts": within("//xenc:EncryptedData", doubled),
    "two encrypted": within("//saml:EncryptedAssertion", doubled),
    "an empty one": within("//saml:EncryptedAssertion", lambda element: element.clear()),
    "a forged one in plain text beside": plain_beside,
}
"""What somebody who knows the portal's certificate encrypts for it."""
