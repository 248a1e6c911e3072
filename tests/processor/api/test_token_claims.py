"""What a token has to be: for how long it lives, what it calls itself, whom it names, and when it was taken back."""

from __future__ import annotations

import json
import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from processor.api.keys import Keys
from processor.api.keys import given as given_keys
from processor.api.settings import ApiSettings
from processor.api.tokens import LONGEST_LIFE, Right, TokenRefusedError, Tokens

ISSUER, AUDIENCE = "https://issuer.example", "maple-test"
KEY = ec.generate_private_key(ec.SECP256R1())
PUBLIC = {**json.loads(jwt.algorithms.ECAlgorithm.to_jwk(KEY.public_key())), "kid": "one", "use": "sig", "alg": "ES256"}
TOKENS = Tokens(
    Keys(ISSUER, fetch=given_keys(ISSUER, json.dumps({"keys": [PUBLIC]}))), issuer=ISSUER, audience=AUDIENCE
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


def token(headers: dict[str, Any] | None = None, **claims: Any) -> str:
    now = int(time.time())
    payload = {"iss": ISSUER, "aud": AUDIENCE, "sub": "office@maple", "iat": now, "exp": now + 600, "scope": "ingest"}
    return jwt.encode({**payload, **claims}, KEY, algorithm="ES256", headers={"kid": "one", **(headers or {})})


def test_a_good_one_is_taken():
    caller = TOKENS.caller(token({"typ": "at+jwt"}))
    assert (caller.actor, caller.rights) == ("office@maple", frozenset({Right.INGEST}))
    assert len(caller.token_digest) == 32


@pytest.mark.parametrize("kind", ["logout+jwt", "dpop+jwt", "secevent+jwt", "x", 5, ["jwt"]])
def test_one_of_another_kind_is_refused(kind: Any):
    with pytest.raises(TokenRefusedError):
        TOKENS.caller(token({"typ": kind}))


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": int(time.time()) + LONGEST_LIFE + 3600},
        {"exp": 10**30},
        {"iat": None},
        {"sub": ""},
        {"sub": "  "},
        {"sub": 5},
        {"sub": "a" * 256},
        {"sub": "a\x00b"},
        {"act": {"sub": ""}},
        {"act": {"sub": 7}},
        {"scope": 5},
        {"scope": {"ingest": True}},
        {"scope": ["ingest", 5]},
    ],
)
def test_claims_that_do_not_hold_are_refused(claims: dict[str, Any]):
    with pytest.raises(TokenRefusedError):
        TOKENS.caller(token(**claims))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["sub", "scope", "scp", "act", "exp", "iat", "nbf", "aud", "iss", "jti"]), JSON)
def test_whatever_a_claim_holds_it_is_taken_or_refused(name: str, value: Any):
    try:
        encoded = token(**{name: value})
    except (TypeError, ValueError):
        # The library does not sign it; an issuer that is not one could.
        return
    try:
        caller = TOKENS.caller(encoded)
    except TokenRefusedError:
        return
    assert caller.actor
    assert caller.expires_at <= time.time() + LONGEST_LIFE + 60


@pytest.mark.parametrize(
    ("host", "own"),
    [
        ("localhost:8080", True),
        ("lakeside-1.us-east-1.elb.amazonaws.com", True),
        ("results.lakeside.example", True),
        ("evil.example", False),
        ("evil.example:443", False),
        ("x.elb.amazonaws.com.evil.example", False),
        ("evil.example/.us-east-1.elb.amazonaws.com", False),
        ("", False),
    ],
)
def test_an_upload_leads_back_to_hosts_of_ours_alone(host: str, own: bool):
    assert ApiSettings.read({"SERVICE_HOSTS": "results.lakeside.example"}).is_own_host(host) is own
