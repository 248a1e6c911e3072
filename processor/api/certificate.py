"""The API task's own certificate: made anew at each start, so that the load balancer reaches the task over TLS.

A load balancer encrypts to its targets and does not ask who has signed their certificates (Elastic Load Balancing,
"Target groups for your Application Load Balancers", Routing configuration): who may be a target is decided by the
district's network. The key never leaves the task, and lies in a file only while TLS reads it.
"""

from __future__ import annotations

import ssl
import tempfile
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

LIFETIME = timedelta(days=397)
"""Far longer than a task runs: Fargate retires each for its patches (Amazon ECS, "Task retirement and maintenance")."""
SKEW = timedelta(minutes=5)
"""How far a clock may be behind ours."""
NAME = "homeroom-api"


def server_context() -> ssl.SSLContext:
    """Return what the API opens TLS 1.2 and 1.3 with: a new key on P-256 and its self-signed certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # The library reads files alone: this one is for this user's eyes (0600) and is gone at once.
    with tempfile.NamedTemporaryFile(prefix="tls-") as file:
        file.write(_pair(datetime.now(UTC)))
        file.flush()
        context.load_cert_chain(file.name)
    return context


def _pair(now: datetime) -> bytes:
    """Return a new key and its certificate as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - SKEW)
        .not_valid_after(now + LIFETIME)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    kinds = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return key.private_bytes(*kinds) + certificate.public_bytes(serialization.Encoding.PEM)
