"""Whether HashiCorp signed the checksums of a release: by its key in this folder, `hashicorp.asc`.

The key is told by its fingerprint, which HashiCorp publishes on its security page (hashicorp.com/security): whatever
file it came in, it is that key. gpgv decides; it comes with GnuPG, and with Debian's and Ubuntu's package manager.
"""

from __future__ import annotations

import base64
import re
import subprocess
import tempfile
from pathlib import Path

from processes.errors import ToolMissingError

KEY = Path(__file__).parent / "hashicorp.asc"
FINGERPRINT = "C874011F0AB405110D02105534365D9472D7468F"
"""Of the primary key, whose subkeys sign."""
GPGV = "gpgv"
SECONDS = 30
ARMOR = re.compile(r"-----BEGIN PGP [A-Z ]+-----\n(?:[A-Za-z]+: .*\n)*\n(?P<body>[A-Za-z0-9+/=\n]+?)\n=", re.ASCII)


def unarmored(text: str) -> bytes:
    """Return the packets of an armored block, as gpgv reads them (RFC 9580); raises ValueError for what is none."""
    match = ARMOR.search(text)
    if match is None:
        raise ValueError("This is no armored PGP block.")
    return base64.b64decode(match["body"])


def verify(content: bytes, signature: bytes, *, key: Path = KEY, fingerprint: str = FINGERPRINT) -> None:
    """Raise ToolMissingError unless the key with this fingerprint signed the content, with the remedy."""
    remedy = "Download Terraform from HashiCorp by hand, check it, and set HOMEROOM_TERRAFORM to its path."
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        for name, data in (("key.gpg", unarmored(key.read_text())), ("content", content), ("signature", signature)):
            (folder / name).write_bytes(data)
        command = [GPGV, "--status-fd", "1", "--homedir", directory, "--keyring", str(folder / "key.gpg")]
        command += [str(folder / "signature"), str(folder / "content")]
        try:
            completed = subprocess.run(command, capture_output=True, text=True, check=False, timeout=SECONDS)
        except FileNotFoundError:
            raise ToolMissingError(
                "The signature of Terraform's checksums cannot be verified: there is no gpgv on this machine.",
                remedy="Install GnuPG (the package gpgv or gnupg), or put a Terraform of your own on PATH.",
            ) from None
    valid = re.search(r"^\[GNUPG:\] VALIDSIG .*\b([0-9A-F]{40})$", completed.stdout, re.MULTILINE)
    if completed.returncode != 0 or valid is None or valid[1] != fingerprint:
        raise ToolMissingError(
            f"HashiCorp's key {fingerprint} did not sign these checksums of Terraform; they were thrown away.\n"
            f"{completed.stderr.strip()}",
            remedy=remedy,
        )
