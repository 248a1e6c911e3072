"""How this machine's pip is configured, in the words of uv, which reads none of it.

A machine that takes its packages from a mirror says so to pip: in its configuration files or in PIP_ variables. Uses
the standard library only; no address stands in the project.
"""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Mapping
from pathlib import Path

# Where one option is set in more than one place, the later of these counts, as with pip itself.
SECTIONS = ("global", "install", ":env:")
FALSE = ("", "0", "false", "no", "off")


def parse(listing: str) -> dict[str, str]:
    """Return the options that `pip config list` shows, by their names without the section."""
    sections: dict[str, dict[str, str]] = {section: {} for section in SECTIONS}
    for line in listing.splitlines():
        name, equals, value = line.partition("=")
        section, _, option = name.strip().rpartition(".")
        if equals and section in sections:
            sections[section][option] = str(ast.literal_eval(value.strip()))
    return {option: value for section in SECTIONS for option, value in sections[section].items()}


def read(python: str) -> dict[str, str]:
    """Return the options that this interpreter's pip goes by; raises CalledProcessError with pip's own words."""
    command = [python, "-m", "pip", "--disable-pip-version-check", "config", "list"]
    return parse(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)


def _exists(place: str) -> bool:
    """Return whether a place to look for packages is an address or a folder that exists: pip passes over the rest."""
    return "://" in place or Path(place).expanduser().exists()


def for_uv(options: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that let uv find packages where pip does; what the machine tells uv itself comes first."""
    indexes = options.get("extra-index-url", "").split()
    links = [place for place in options.get("find-links", "").split() if _exists(place)]
    certificates = environment.get("REQUESTS_CA_BUNDLE") or environment.get("CURL_CA_BUNDLE")
    variables = {
        "UV_DEFAULT_INDEX": options.get("index-url"),
        "UV_INDEX": " ".join(indexes),
        # All places count alike to pip; the hashes say which package is meant.
        "UV_INDEX_STRATEGY": "unsafe-best-match" if indexes else None,
        "UV_FIND_LINKS": ",".join(links),
        "UV_NO_INDEX": None if options.get("no-index", "").lower() in FALSE else "1",
        "UV_INSECURE_HOST": " ".join(options.get("trusted-host", "").split()),
        "UV_HTTP_TIMEOUT": options.get("timeout") or options.get("default-timeout"),
        "SSL_CERT_FILE": options.get("cert") or certificates,
        "SSL_CLIENT_CERT": options.get("client-cert"),
        "ALL_PROXY": options.get("proxy"),
    }
    return {name: value for name, value in variables.items() if value and name not in environment}
