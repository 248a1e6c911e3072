"""``make sbom``: writes the bills of materials (CycloneDX 1.6, JSON) of the two images and of what provisions.

Each lists what an image holds beside our own code: Python packages with the hashes that they are installed by, the base
image by its digest, and what is vendored; the portal's also Terraform and its AWS provider. Source: CycloneDX 1.6,
"Component"; package URL specification.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from devtools.paths import ROOT, VAR
from devtools.tool_environment import program
from devtools.toolchain.terraform import VERSION as TERRAFORM

REQUIREMENTS = ROOT / "requirements" / "sbom.txt"
ENVIRONMENT = VAR / "cyclonedx"
OUT = VAR / "sbom"
BASE = re.compile(r"^FROM (?P<name>[\w./-]+):(?P<tag>[\w.-]+)@sha256:(?P<digest>[0-9a-f]{64})", re.MULTILINE)
PROVIDER = re.compile(r'provider "(?P<source>[^"]+)" \{\s*version\s*=\s*"(?P<version>[^"]+)"')
VENDORED = re.compile(r"^\| `[^`]+` \| `(?P<name>[^`]+)`[^|]*\| (?P<version>[\w.]+) \|", re.MULTILINE)
IMAGES = {
    "portal": (ROOT / "requirements" / "base.txt", ROOT / "Dockerfile"),
    "processor": (ROOT / "requirements" / "processor.txt", ROOT / "processor" / "Dockerfile"),
}
"""What each image installs, and what it is built by."""

Component = dict[str, Any]


def base_image(dockerfile: str) -> Component:
    """Return the component of the image that the last stage begins with; raises ValueError for one without digest."""
    matches = list(BASE.finditer(dockerfile))
    if len(matches) != dockerfile.count("\nFROM ") + dockerfile.startswith("FROM "):
        raise ValueError("A base image is not named by its digest.")
    name, tag, digest = matches[-1].group("name", "tag", "digest")
    return {
        "type": "container",
        "bom-ref": f"image:{name}",
        "name": name,
        "version": tag,
        "purl": f"pkg:docker/{name}@sha256%3A{digest}",
        "hashes": [{"alg": "SHA-256", "content": digest}],
    }


def tools() -> list[Component]:
    """Return what the portal's image provisions with: Terraform, and the provider as the lock file pins it."""
    lock = (ROOT / "infra" / "provider.lock.hcl").read_text()
    match = PROVIDER.search(lock)
    if match is None:
        raise ValueError("The lock file names no provider.")
    sums = re.findall(r'"zh:([0-9a-f]{64})"', lock)
    terraform = {
        "type": "application",
        "bom-ref": "terraform",
        "name": "terraform",
        "version": TERRAFORM,
        "purl": f"pkg:generic/hashicorp/terraform@{TERRAFORM}",
    }
    source, version = match.group("source", "version")
    provider = {
        "type": "application",
        "bom-ref": "terraform-provider-aws",
        "name": source.partition("/")[2],
        "version": version,
        "purl": f"pkg:generic/{source.partition('/')[2]}@{version}",
        "hashes": [{"alg": "SHA-256", "content": digest} for digest in sums],
    }
    return [terraform, provider]


def vendored() -> list[Component]:
    """Return the scripts and styles that the console has beside it."""
    table = (ROOT / "portal" / "console" / "static" / "console" / "vendor" / "README.md").read_text()
    return [
        {
            "type": "library",
            "bom-ref": f"vendored:{match['name']}",
            "name": match["name"],
            "version": match["version"],
            "purl": f"pkg:npm/{match['name'].replace('@', '%40')}@{match['version']}",
        }
        for match in VENDORED.finditer(table)
    ]


def packages(requirements: Path) -> dict[str, Any]:
    """Return the bill of a file of hashed requirements, made by CycloneDX's own program."""
    tool = program("cyclonedx-py", REQUIREMENTS, ENVIRONMENT)
    command = [str(tool), "requirements", str(requirements), "--sv", "1.6", "--of", "JSON", "--output-reproducible"]
    completed = subprocess.run(command, capture_output=True, text=True, check=False)
    if completed.returncode:
        raise RuntimeError(f"cyclonedx-py could not read {requirements.name}:\n{completed.stderr[-2000:]}")
    document: dict[str, Any] = json.loads(completed.stdout)
    return document


def bill(name: str) -> dict[str, Any]:
    """Return the whole bill of an image."""
    requirements, dockerfile = IMAGES[name]
    document = packages(requirements)
    more = [base_image(dockerfile.read_text()), *(tools() + vendored() if name == "portal" else [])]
    document["components"] = sorted(
        [*document["components"], *more], key=lambda component: (component["name"], component["version"])
    )
    document.setdefault("metadata", {})["component"] = {
        "type": "container",
        "bom-ref": name,
        "name": f"homeroom-{name}",
    }
    return document


def main(arguments: list[str]) -> int:
    """Write the bills; exit status 0."""
    parser = argparse.ArgumentParser(prog="make sbom", description=__doc__)
    parser.add_argument("--out", type=Path, default=OUT, help="the folder that they go to")
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    for name in IMAGES:
        document = bill(name)
        path = options.out / f"{name}.cdx.json"
        path.write_text(json.dumps(document, indent=1) + "\n")
        print(f"{path}: {len(document['components'])} components")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
