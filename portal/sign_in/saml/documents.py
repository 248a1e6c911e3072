"""Reads what came as XML, and refuses every shape in which a signature covers something else than what is read.

python3-saml and xmlsec verify the signature. What they verify has to be what is read afterwards, so a document is taken
only where there is nothing to mix up: one assertion, signed as a whole, in plain UTF-8 without comments or a DTD.
Sources: SAML 2.0 Core, 5.4 ("XML Signature Profile"); Somorovsky et al., "On Breaking SAML: Be Whoever You Want to Be"
(USENIX Security 2012), on signature wrapping.
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib

from lxml import etree

SAMLP = "{urn:oasis:names:tc:SAML:2.0:protocol}"
SAML = "{urn:oasis:names:tc:SAML:2.0:assertion}"
DS = "{http://www.w3.org/2000/09/xmldsig#}"
LARGEST = 256 * 1024
"""Bytes of a document; those of providers have some ten thousand."""
DIGESTS = frozenset(
    {
        "http://www.w3.org/2001/04/xmlenc#sha256",
        "http://www.w3.org/2001/04/xmldsig-more#sha384",
        "http://www.w3.org/2001/04/xmlenc#sha512",
    }
)
SIGNATURES = frozenset(
    f"http://www.w3.org/2001/04/xmldsig-more#{name}"
    for name in ("rsa-sha256", "rsa-sha384", "rsa-sha512", "ecdsa-sha256", "ecdsa-sha384", "ecdsa-sha512")
)
CANONICAL = "http://www.w3.org/2001/10/xml-exc-c14n#"
TRANSFORMS = frozenset({"http://www.w3.org/2000/09/xmldsig#enveloped-signature", CANONICAL})
_DECLARATION = re.compile(r"\A<\?xml\s[^<>]*?\?>")
_ENCODING = re.compile(r"encoding\s*=\s*[\"'](?!utf-8[\"'])", re.IGNORECASE)


class NotHoldingError(Exception):
    """What a provider sent is no sign-in; the text says why, for the log, and quotes nothing of it."""


def decoded(encoded: str) -> str:
    """Return the XML of a form's field, without its declaration; raises NotHoldingError."""
    try:
        raw = base64.b64decode("".join(encoded.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise NotHoldingError("The answer is not base64.") from error
    return plain(raw)


def inflated(encoded: str) -> str:
    """Return the XML of an address's parameter (HTTP-Redirect, DEFLATE); raises NotHoldingError."""
    try:
        stream = zlib.decompressobj(-zlib.MAX_WBITS)
        raw = stream.decompress(base64.b64decode(encoded, validate=True), LARGEST)
    except (binascii.Error, ValueError, zlib.error) as error:
        raise NotHoldingError("The message is not deflated base64.") from error
    if not stream.eof:
        raise NotHoldingError("The message is too large.")
    return plain(raw)


def plain(raw: bytes) -> str:
    """Return a document's text; raises NotHoldingError for what two readers could read differently.

    A DTD, an entity, a comment and CDATA all begin with `<!`, a processing instruction with `<?`: none of them belongs
    into a message, and a name that a comment cuts in two has been read as its first half.
    """
    if len(raw) > LARGEST:
        raise NotHoldingError("The message is too large.")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotHoldingError("The message is not UTF-8.") from error
    declaration = _DECLARATION.match(text)
    if declaration is not None and _ENCODING.search(declaration[0]):
        raise NotHoldingError("The message is not UTF-8.")
    text = text[declaration.end() :] if declaration is not None else text
    if "<!" in text or "<?" in text or "\x00" in text:
        raise NotHoldingError("The message has a DTD, a comment, CDATA or an instruction.")
    return text.lstrip()


def parsed(text: str) -> etree._Element:
    """Return a document's first element; raises NotHoldingError where it is no XML."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, encoding="utf-8")
    try:
        root = etree.fromstring(text.encode(), parser)
    except etree.XMLSyntaxError as error:
        raise NotHoldingError("The message is no XML.") from error
    if root.getroottree().docinfo.doctype:
        raise NotHoldingError("The message has a DTD.")
    return root


def signed_assertion(root: etree._Element) -> etree._Element:
    """Return the one assertion of a response, whose signature names it; raises NotHoldingError for any other shape."""
    if root.tag != f"{SAMLP}Response":
        raise NotHoldingError("The message is no response.")
    assertions = [element for element in root.iter() if etree.QName(element).localname.endswith("Assertion")]
    if len(assertions) != 1 or assertions[0].tag != f"{SAML}Assertion" or assertions[0].getparent() is not root:
        raise NotHoldingError("A response must hold one assertion, where it belongs.")
    names = [
        value
        for element in root.iter()
        for name, value in element.attrib.items()
        if etree.QName(name).localname.lower() == "id"
    ]
    if len(names) != len(set(names)):
        raise NotHoldingError("Two elements have the same ID.")
    assertion = assertions[0]
    signatures = [element for element in root.iter() if etree.QName(element).localname == "Signature"]
    parents = [signature.getparent() for signature in signatures]
    if parents.count(assertion) != 1 or not all(parent is assertion or parent is root for parent in parents):
        raise NotHoldingError("The assertion must be signed, and nothing else but the response with it.")
    for signature in signatures:
        check_signature(signature)
    return assertion


def check_signature(signature: etree._Element) -> None:
    """Raise NotHoldingError unless a signature covers the whole of its parent, by sound algorithms."""
    references = list(signature.iter(f"{DS}Reference"))
    parent = signature.getparent()
    if signature.tag != f"{DS}Signature" or parent is None or len(references) != 1:
        raise NotHoldingError("A signature must cover one element.")
    if not parent.get("ID") or references[0].get("URI") != f"#{parent.get('ID')}":
        raise NotHoldingError("A signature must cover the element that it stands in.")
    used = {
        kind: [element.get("Algorithm") for element in signature.iter(f"{DS}{kind}")]
        for kind in ("SignatureMethod", "DigestMethod", "CanonicalizationMethod", "Transform")
    }
    sound = (
        len(used["SignatureMethod"]) == len(used["DigestMethod"]) == len(used["CanonicalizationMethod"]) == 1
        and used["SignatureMethod"][0] in SIGNATURES
        and used["DigestMethod"][0] in DIGESTS
        and used["CanonicalizationMethod"][0] == CANONICAL
        and set(used["Transform"]) <= TRANSFORMS
    )
    if not sound or signature.find(f"{DS}Object") is not None:
        raise NotHoldingError("A signature is made in a way that is not taken.")


def only(parent: etree._Element, tag: str) -> etree._Element:
    """Return the one child of this name; raises NotHoldingError for none and for several."""
    children = parent.findall(tag)
    if len(children) != 1:
        raise NotHoldingError(f"There must be one {etree.QName(tag).localname}.")
    return children[0]


def text_of(element: etree._Element) -> str:
    """Return an element's text; raises NotHoldingError where other elements stand in it."""
    if len(element):
        raise NotHoldingError(f"{etree.QName(element).localname} must hold text alone.")
    return element.text or ""
