"""Sets moto up for one process: no Docker, AWS's managed policies, our gaps, what AWS does late.

Runs before any service of moto is loaded. Never changes the process's AWS credentials: nothing here calls AWS.
"""

from __future__ import annotations

import os
import sys

from sandbox.filling import fill_all

SETTINGS = {
    "MOTO_EC2_LOAD_DEFAULT_AMIS": "false",
    "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",
    # moto would let the script of every web page read every answer.
    "MOTO_DISABLE_GLOBAL_CORS": "true",
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
}

FORKABLE = {"MOTO_S3_DEFAULT_KEY_BUFFER_SIZE": str(2**40)}
"""Keeps S3's large objects in memory: a file, and the place up to which it is read, would be shared with every fork."""


def configure(*, forkable: bool = False, lives: bool = True) -> None:
    """Configure moto and fill its gaps, once per process; raises RuntimeError where moto has read its settings.

    Without `lives` nothing happens later than it is asked.
    """
    if "moto.settings" in sys.modules:
        raise RuntimeError("A module of the embedded AWS loads moto before moto is configured: import it later.")
    os.environ.update(SETTINGS | (FORKABLE if forkable else {}))
    from moto.core.config import default_user_config

    default_user_config["lambda"] = {"use_docker": False}
    default_user_config["batch"] = {"use_docker": False}
    fill_all("sandbox.gaps")
    if lives:
        fill_all("sandbox.lives")
