"""The state bucket as Terraform's S3 backend uses it: a state, and a lock that one alone can make.

Standard library only, and little of it: it is loaded by each of thousands of commands (`program.py`). Requests are
signed by Signature Version 4 (IAM User Guide, "Create a signed AWS API request"), over plain HTTP to the embedded AWS.
"""

import hashlib
import hmac
import os
import socket
import time

ANSWER_SECONDS = 300.0
"""A machine on which hundreds of commands start at a time takes its time."""


class Bucket:
    """One bucket at an address such as ``http://127.0.0.1:5000``, by the credentials of the environment."""

    def __init__(self, name: str, region: str, endpoint: str) -> None:
        self.name, self.region = name, region
        self.host = endpoint.partition("://")[2].rstrip("/")

    def get(self, key: str) -> bytes | None:
        """Return an object, None where there is none."""
        status, body = self._ask("GET", key)
        if status == 404:
            return None
        _require(status, body)
        return body

    def put(self, key: str, body: bytes) -> None:
        """Store an object."""
        _require(*self._ask("PUT", key, body))

    def create(self, key: str, body: bytes) -> bool:
        """Store an object unless there is one; say whether it was stored (S3, "Conditional writes")."""
        status, answer = self._ask("PUT", key, body, {"if-none-match": "*"})
        if status in (409, 412):
            return False
        _require(status, answer)
        return True

    def delete(self, key: str) -> None:
        """Delete an object; one that is not there is fine."""
        _require(*self._ask("DELETE", key))

    def _ask(self, method: str, key: str, body: bytes = b"", more: dict[str, str] | None = None) -> tuple[int, bytes]:
        path = f"/{self.name}/{key}"
        headers = self._signed(method, path, body, more or {})
        head = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        head += [f"content-length: {len(body)}", "connection: close", "", ""]
        address, _, port = self.host.partition(":")
        with socket.create_connection((address, int(port or 80)), timeout=ANSWER_SECONDS) as link:
            link.sendall("\r\n".join(head).encode() + body)
            answer = b"".join(iter(lambda: link.recv(1 << 16), b""))
        top, _, content = answer.partition(b"\r\n\r\n")
        return int(top.split(b" ", 2)[1]), content

    def _signed(self, method: str, path: str, body: bytes, more: dict[str, str]) -> dict[str, str]:
        now = time.gmtime()
        day, moment = time.strftime("%Y%m%d", now), time.strftime("%Y%m%dT%H%M%SZ", now)
        digest = hashlib.sha256(body).hexdigest()
        headers = {"host": self.host, "x-amz-content-sha256": digest, "x-amz-date": moment, **more}
        names = ";".join(sorted(headers))
        lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
        request = f"{method}\n{path}\n\n{lines}\n{names}\n{digest}"
        scope = f"{day}/{self.region}/s3/aws4_request"
        signed = f"AWS4-HMAC-SHA256\n{moment}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
        key = f"AWS4{os.environ['AWS_SECRET_ACCESS_KEY']}".encode()
        for part in (day, self.region, "s3", "aws4_request"):
            key = hmac.digest(key, part.encode(), "sha256")
        signature = hmac.digest(key, signed.encode(), "sha256").hex()
        credential = f"{os.environ['AWS_ACCESS_KEY_ID']}/{scope}"
        headers["authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, Signature={signature}"
        )
        return headers


def _require(status: int, body: bytes) -> None:
    if status >= 300:
        raise OSError(f"The bucket answers {status}: {body[:300].decode(errors='replace')}")
