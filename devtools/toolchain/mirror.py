"""Finds the AWS provider on this machine, and tells Terraform where it is in a configuration file of our own.

Looks where Terraform looks by itself (Terraform CLI configuration, "Implied Local Mirror Directories") and below /opt.
Without a mirror the provider comes from the registry, once, into a cache below var/.
"""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterable
from pathlib import Path

from devtools.paths import TERRAFORM_RC
from devtools.toolchain.terraform import MACHINES

PROVIDER = "registry.terraform.io/hashicorp/aws"
VERSION = "5.100.0"


def target() -> str:
    """Return this machine's platform in Terraform's words, such as linux_amd64."""
    return f"{sys.platform}_{MACHINES.get(platform.machine().lower(), platform.machine().lower())}"


def candidates(home: Path | None = None, optional: Path = Path("/opt")) -> list[Path]:
    """Return the folders that may be mirrors, best first."""
    home = home or Path.home()
    data = Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share")
    system = (os.environ.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share").split(":")
    folders = [home / ".terraform.d" / "plugins", data / "terraform" / "plugins"]
    folders += [Path(folder) / "terraform" / "plugins" for folder in system if folder]
    below = sorted(path.parent for path in optional.glob("*/registry.terraform.io")) if optional.is_dir() else []
    return [*folders, *below]


def holds_provider(folder: Path) -> bool:
    """Return whether the folder has the very version for this platform, unpacked or packed."""
    base = folder / PROVIDER
    packed = base / f"terraform-provider-aws_{VERSION}_{target()}.zip"
    return (base / VERSION / target()).is_dir() or packed.is_file()


def find(folders: Iterable[Path] | None = None) -> Path | None:
    """Return the first mirror that has the provider."""
    return next((folder for folder in (candidates() if folders is None else folders) if holds_provider(folder)), None)


def configuration(mirror: Path | None) -> str:
    """Return Terraform's CLI configuration: the provider from the mirror, all else from where it is published."""
    if mirror is None:
        return "provider_installation {\n  direct {}\n}\n"
    path = str(mirror).replace("\\", "\\\\").replace('"', '\\"')
    return (
        "provider_installation {\n"
        f'  filesystem_mirror {{\n    path    = "{path}"\n    include = ["{PROVIDER}"]\n  }}\n'
        f'  direct {{\n    exclude = ["{PROVIDER}"]\n  }}\n'
        "}\n"
    )


def write(mirror: Path | None, path: Path = TERRAFORM_RC) -> Path:
    """Write the configuration, and return where."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = configuration(mirror)
    if not path.exists() or path.read_text() != text:
        path.write_text(text)
    return path
