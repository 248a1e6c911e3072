"""``make image``: builds both images where no Docker engine runs, unpacks them, and starts each as its own user.

What is built is for trying out on this machine: in place of the base image that a Dockerfile names by its digest, which
lies in a registry, stands a Debian of the same release, made by mmdebstrap from the machine's own package sources, with
Debian's Python; Terraform is the machine's own. What goes to AWS is built of the Dockerfile as it is (see
docs/deployment.md). The embedded AWS runs its tasks out of what is unpacked where ``SANDBOX_IMAGE`` names its folder.
Sources: buildah-build(1), buildah-mount(1), mmdebstrap(1), OCI Image Specification.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from devtools.paths import ROOT, VAR
from devtools.toolchain import terraform
from processes.errors import RemediedError, ToolMissingError
from sandbox.standins.images import CONFIGURATION, FILES

FOLDER = VAR / "images"
BASE = "localhost/homeroom-base"
RELEASE = "bookworm"
PACKAGES = "python3,python3-venv,python3-pip,ca-certificates"
TOOLS = ("buildah", "mmdebstrap")
PROGRAMS = {"processor": ["python", "-m", "processor", "--help"], "portal": ["terraform", "version"]}
"""By what each image is tried."""
DOCKERFILES = {"processor": ROOT / "processor" / "Dockerfile", "portal": ROOT / "Dockerfile"}
PIP_SETTINGS = (Path("/etc/pip.conf"), Path("/etc/xdg/pip"), Path("/etc/ssl/certs"))
"""What pip on this machine goes by, and whom it trusts: lent to the build, and in no image."""
FROM = re.compile(r"^FROM python:\S+", re.MULTILINE)
DOWNLOAD = re.compile(r"^ARG TERRAFORM_VERSION=.*?(?=^WORKDIR )", re.MULTILINE | re.DOTALL)
OWN_TERRAFORM = (
    "ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1\nCOPY --from=tools terraform /usr/local/bin/terraform\n\n"
)
BASE_RECIPE = """FROM scratch
ADD base.tar /
RUN ln -s /usr/bin/python3 /usr/local/bin/python && rm -f /usr/lib/python3*/EXTERNALLY-MANAGED
"""
SECONDS = 3_600.0


def recipe(dockerfile: str) -> str:
    """Return a Dockerfile that needs neither a registry nor HashiCorp's server; raises ValueError for another base."""
    text, bases = FROM.subn(f"FROM {BASE}", dockerfile)
    if bases != len(re.findall(r"^FROM ", dockerfile, re.MULTILINE)):
        raise ValueError("a stage begins with another image than Python's")
    return DOWNLOAD.sub(OWN_TERRAFORM, text)


def check_tools() -> None:
    """Raise ToolMissingError where images cannot be built here, RemediedError where this user may not."""
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        raise ToolMissingError(
            f"Images are built here without Docker by {' and '.join(TOOLS)}; {' and '.join(missing)} cannot be found.",
            remedy=f"Run `apt-get install --no-install-recommends {' '.join(missing)}` on Debian, or build where a "
            "Docker engine runs, as docs/deployment.md says.",
        )
    if os.geteuid() != 0:
        raise RemediedError(
            "Images are built here as root: the base's files belong to it.", remedy="Run it as root, or in a container."
        )


def make_base(folder: Path) -> None:
    """Make the base image, where it is not there yet."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "policy.json").write_text(json.dumps({"default": [{"type": "insecureAcceptAnything"}]}))
    tree = folder / "base"
    if not (tree / "base.tar").exists():
        tree.mkdir(exist_ok=True)
        part = tree / "part.tar"
        _run(["mmdebstrap", "--variant=minbase", f"--include={PACKAGES}", RELEASE, str(part)])
        part.rename(tree / "base.tar")
    (tree / "Dockerfile").write_text(BASE_RECIPE)
    _run([*_buildah(folder, "build"), *_isolated(folder), "--tag", BASE, str(tree)])


def build(name: str, folder: Path) -> str:
    """Build one image, start it as its own user on its own files, unpack it, and return its name."""
    tag, tools = f"localhost/homeroom-{name}", folder / "tools"
    dockerfile = folder / f"{name}.Dockerfile"
    dockerfile.write_text(recipe(DOCKERFILES[name].read_text()))
    tools.mkdir(exist_ok=True)
    if (program := terraform.find()) is not None:
        shutil.copy2(program, tools / "terraform")
    lent = [f"--volume={path}:{path}:ro" for path in PIP_SETTINGS if path.exists()]
    context = [f"--build-context=tools={tools}", "--file", str(dockerfile), "--tag", tag, str(ROOT)]
    _run([*_buildah(folder, "build"), *_isolated(folder), *lent, *context])
    completed = _run([*_buildah(folder, "from"), "--signature-policy", str(folder / "policy.json"), tag])
    container = completed.stdout.split()[-1]
    try:
        user = ["--user", "10001:10001"] if name == "processor" else []
        _run([*_buildah(folder, "run"), "--isolation", "chroot", *user, container, "--", *PROGRAMS[name]])
        unpack(container, folder, folder / name)
    finally:
        _run([*_buildah(folder, "rm"), container])
    return tag


def unpack(container: str, folder: Path, to: Path) -> None:
    """Copy a container's files, and write its configuration beside them, in place of what lay there."""
    description = json.loads(_run([*_buildah(folder, "inspect"), "--type", "container", container]).stdout)
    mounted = _run([*_buildah(folder, "mount"), container]).stdout.strip()
    part = to.with_suffix(".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    _run(["cp", "--archive", mounted, str(part / FILES)])
    (part / CONFIGURATION).write_text(json.dumps(description["OCIv1"]["config"], indent=1) + "\n")
    shutil.rmtree(to, ignore_errors=True)
    part.rename(to)


def _buildah(folder: Path, command: str) -> list[str]:
    driver = os.environ.get("STORAGE_DRIVER", "overlay")
    stored = ["--root", str(folder / "storage"), "--runroot", str(folder / "run"), "--storage-driver", driver]
    return ["buildah", *stored, command]


def _isolated(folder: Path) -> list[str]:
    return ["--isolation", "chroot", "--signature-policy", str(folder / "policy.json")]


def _run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run a command; raises RemediedError with the end of what it said."""
    completed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=False)
    if completed.returncode:
        output = "\n".join((completed.stdout + completed.stderr).strip().splitlines()[-15:])
        raise RemediedError(f"{command[0]} ended with {completed.returncode}:\n{output}", remedy="See what it says.")
    return completed


def main(names: Sequence[str]) -> int:
    """Build the named images, or both."""
    unknown = [name for name in names if name not in DOCKERFILES]
    if unknown:
        print(f"There is no image {', '.join(unknown)}. There are: {', '.join(DOCKERFILES)}.", file=sys.stderr)
        return 2
    check_tools()
    print("The base ...", flush=True)
    make_base(FOLDER)
    for name in names or DOCKERFILES:
        print(f"{name} ...", flush=True)
        print(f"  {build(name, FOLDER)} is built, and starts", flush=True)
    print("For this machine: its base is Debian's own, and not the one that the Dockerfiles name by digest.")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except RemediedError as error:
        sys.exit(str(error))
