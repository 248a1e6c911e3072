"""A passkey of software: what a browser and its authenticator answer to the portal's questions, without either.

Source: W3C, "Web Authentication, Level 3", 5.2, 6.1 and 6.3.
"""

from __future__ import annotations

import hashlib
import json
import os
from typing import Any

from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import Client
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

from registry.accounts.models import User

HOST = "testserver"
ORIGIN = f"http://{HOST}"
LOGIN = "/account/factors/passkeys/login/"
FLAG = AuthenticatorData.FLAG


class Passkey:
    """A key of one person, which its holder has shown to be theirs by a finger or a PIN."""

    def __init__(self, user: User) -> None:
        self.handle = websafe_encode(user_pk_to_url_str(user).encode())
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.credential_id = os.urandom(32)

    @classmethod
    def of(cls, user: User) -> Passkey:
        """Return a passkey that the person has added."""
        passkey = cls(user)
        data = {"name": "Key", "credential": passkey.created("unasked")}
        Authenticator.objects.create(user=user, type=Authenticator.Type.WEBAUTHN, data=data)
        return passkey

    def created(self, challenge: str) -> dict[str, Any]:
        """Return the answer to a question for a new passkey."""
        public = AttestedCredentialData.create(
            bytes(16), self.credential_id, ES256.from_cryptography_key(self.key.public_key())
        )
        seen = AuthenticatorData.create(_host(), FLAG.UP | FLAG.UV | FLAG.AT, 0, public)
        attestation = AttestationObject.create("none", seen, {})
        return self._answer({"attestationObject": websafe_encode(attestation)}, "webauthn.create", challenge)

    def shown(self, challenge: str) -> dict[str, Any]:
        """Return the answer to a question for a passkey."""
        seen = AuthenticatorData.create(_host(), FLAG.UP | FLAG.UV, 0)
        told = CollectedClientData.create("webauthn.get", challenge, ORIGIN)
        signature = self.key.sign(seen + told.hash, ec.ECDSA(hashes.SHA256()))
        content = {
            "authenticatorData": websafe_encode(seen),
            "signature": websafe_encode(signature),
            "userHandle": self.handle,
        }
        return self._answer(content, "webauthn.get", challenge)

    def sign_in(self, client: Client) -> Any:
        """Sign in by the passkey alone, as the sign-in page does, and return the answer."""
        asked = client.get(LOGIN, headers={"accept": "application/json"}).json()
        challenge = asked["request_options"]["publicKey"]["challenge"]
        return client.post(LOGIN, {"credential": json.dumps(self.shown(challenge))})

    def _answer(self, content: dict[str, str], kind: str, challenge: str) -> dict[str, Any]:
        told = CollectedClientData.create(kind, challenge, ORIGIN)
        name = websafe_encode(self.credential_id)
        return {
            "id": name,
            "rawId": name,
            "type": "public-key",
            "response": {"clientDataJSON": websafe_encode(told), **content},
            "clientExtensionResults": {},
        }


def _host() -> bytes:
    return hashlib.sha256(HOST.encode()).digest()
