"""Takes an assertion out of its encryption, and refuses every shape in which that would read something else.

Anybody can encrypt for the portal, whose certificate is public: what is in it is believed by its signature alone, and
is looked at as any other. What xmlsec is given to decrypt holds its key and its text itself: nothing is fetched.
Sources: SAML 2.0 Core, 6 ("SAML and XML Encryption"); XML Encryption 1.1, 5.5.2 (RSA-OAEP) and 5.2.4 (AES-GCM).
"""

from __future__ import annotations

from lxml import etree
from onelogin.saml2.response import OneLogin_Saml2_Response
from onelogin.saml2.settings import OneLogin_Saml2_Settings

from portal.sign_in.saml.documents import DS, SAML, NotHoldingError, only, plain

XENC = "{http://www.w3.org/2001/04/xmlenc#}"
XENC11 = "{http://www.w3.org/2009/xmlenc11#}"
WSS = "{http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd}"
CIPHERS = frozenset(
    {
        *(f"http://www.w3.org/2009/xmlenc11#aes{bits}-gcm" for bits in (128, 192, 256)),
        *(f"http://www.w3.org/2001/04/xmlenc#aes{bits}-cbc" for bits in (128, 192, 256)),
    }
)
"""CBC proves nothing of its text; the signature within does."""
KEY_TRANSPORTS = frozenset(
    {"http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p", "http://www.w3.org/2009/xmlenc11#rsa-oaep"}
)
"""Not RSA with PKCS #1 v1.5, whose answers tell the key (Bleichenbacher, CRYPTO 1998)."""
PARTS = frozenset(
    {
        *(f"{XENC}{name}" for name in ("EncryptedData", "EncryptedKey", "EncryptionMethod", "CipherData")),
        *(f"{XENC}{name}" for name in ("CipherValue", "ReferenceList", "DataReference", "CarriedKeyName", "KeySize")),
        *(f"{DS}{name}" for name in ("KeyInfo", "KeyName", "DigestMethod", "RetrievalMethod", "X509Data")),
        *(f"{DS}{name}" for name in ("X509Certificate", "X509SubjectName", "X509SKI", "X509IssuerSerial")),
        *(f"{DS}{name}" for name in ("X509IssuerName", "X509SerialNumber")),
        f"{XENC11}MGF",
        # By this Microsoft's providers name the certificate that they encrypt for.
        f"{WSS}SecurityTokenReference",
    }
)
"""What an encrypted assertion is made of; whatever else could be fetched or computed."""
ELEMENT = "http://www.w3.org/2001/04/xmlenc#Element"


def is_encrypted(root: etree._Element) -> bool:
    """Return whether a response holds its assertion encrypted; raises NotHoldingError for any shape but the one."""
    names = [etree.QName(element).localname for element in root.iter()]
    if "EncryptedAssertion" not in names:
        return False
    encrypted = only(root, f"{SAML}EncryptedAssertion")
    if names.count("EncryptedAssertion") != 1 or "Assertion" in names:
        raise NotHoldingError("A response must hold one assertion, encrypted or not.")
    if not all(element.tag in PARTS for element in encrypted.iterdescendants()):
        raise NotHoldingError("An encrypted assertion must hold its key and its text, and nothing else.")
    data = only(encrypted, f"{XENC}EncryptedData")
    keys = list(encrypted.iter(f"{XENC}EncryptedKey"))
    if len(keys) != 1 or len(list(encrypted.iter(f"{XENC}EncryptedData"))) != 1:
        raise NotHoldingError("An assertion must be encrypted once, and for one key.")
    if data.get("Type", ELEMENT) != ELEMENT:
        raise NotHoldingError("What is encrypted must be an element.")
    for part, algorithms in ((data, CIPHERS), (keys[0], KEY_TRANSPORTS)):
        if only(part, f"{XENC}EncryptionMethod").get("Algorithm") not in algorithms:
            raise NotHoldingError("The assertion is encrypted in a way that is not taken.")
        only(only(part, f"{XENC}CipherData"), f"{XENC}CipherValue")
    if not all(method.get("URI", "").startswith("#") for method in encrypted.iter(f"{DS}RetrievalMethod")):
        raise NotHoldingError("A key must stand beside what it encrypts.")
    return True


def decrypted(settings: OneLogin_Saml2_Settings, encoded: str) -> str:
    """Return the text of a response (base64) with its assertion in place of the encrypted one.

    Raises NotHoldingError without a key of ours; python3-saml and xmlsec raise their own where it does not open it.
    """
    if not settings.get_sp_key():
        raise NotHoldingError("The assertion is encrypted, and HOMEROOM_SAML_OWN_KEY names no key to decrypt it with.")
    document = OneLogin_Saml2_Response(settings, encoded).get_xml_document()
    return plain(etree.tostring(document))
