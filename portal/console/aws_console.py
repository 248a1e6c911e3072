"""Where AWS's own console shows a resource: by its ARN where the service has a page for one, else by id. Pure.

Source: AWS Management Console User Guide, "Go to a resource by its ARN", and each service's console addresses.
"""

from __future__ import annotations

from urllib.parse import quote

from provisioning.aws_kinds import CONSOLE_PAGES


def console_host(region: str) -> str:
    """Return the address of AWS's console for a region."""
    return f"https://{region}.console.aws.amazon.com"


def console_url(kind: str, provider_id: str, arn: str, region: str) -> str:
    """Return the address of the resource in AWS's console; empty where neither its type nor its ARN leads to one."""
    host = console_host(region)
    if kind in CONSOLE_PAGES and provider_id:
        path, sharp, fragment = CONSOLE_PAGES[kind](provider_id).partition("#")
        query = f"{'&' if '?' in path else '?'}region={region}"
        return f"{host}/{path}{query}{sharp}{fragment}"
    return f"{host}/go/view?arn={quote(arn, safe=':/')}" if arn.startswith("arn:aws:") else ""
