"""A PostgreSQL cluster with the portal's tables, made once for what the migrations say, and copied by each session.

Making one takes ten seconds of processor time, in every process of a test run. It lies in ``var/test-database``
by a digest of all that decides what is in it, so that a change of a migration makes another.
"""

from __future__ import annotations

import fcntl
import hashlib
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from devtools.environment import inherited, project_variables
from devtools.paths import ROOT, VAR
from devtools.services.portal import migrate
from processes.postgres import binaries, database_url, running_postgres

FOLDER = VAR / "test-database"
DATA, PASSWORD = "data", "password"
KEPT = 2
"""So many are kept: this branch's, and the one before."""
DECIDING = (
    *("portal/**/migrations/*.py", "provisioning/migrations/*.py", "registry/**/migrations/*.py"),
    *("provisioning/sql/*.sql", "registry/**/sql/*.sql", "requirements/*.txt"),
    *("portal/settings.py", "registry/sql_files.py", "registry/accounts/roles.py", "registry/messages/fields.py"),
    *("registry/districts/fields.py", "registry/districts/models.py", "tests/kept_database.py"),
)
"""What decides what is in it: the migrations, all that they import, and the packages with migrations of their own."""


def digest() -> str:
    """Return the name of the cluster that the tree has now."""
    hasher = hashlib.sha256(str(binaries()).encode())
    for path in _deciding():
        hasher.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes() + b"\0")
    return hasher.hexdigest()[:16]


def copy_to(folder: Path) -> None:
    """Put data and password of a migrated cluster into a folder, as `running_postgres` looks for them there."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        cluster = FOLDER / digest()
        if not cluster.exists():
            _make(cluster)
        cluster.touch()
        folder.mkdir(parents=True, exist_ok=True)
        # With owner and rights, which PostgreSQL looks at.
        subprocess.run(["cp", "-a", cluster / DATA, cluster / PASSWORD, folder], check=True)


def _deciding() -> Iterator[Path]:
    for pattern in DECIDING:
        yield from sorted(ROOT.glob(pattern))


def _make(cluster: Path) -> None:
    draft = cluster.with_name(f"{cluster.name}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    with running_postgres(draft, durable=False) as postgres:
        variables = project_variables(
            var=draft,
            database_url=database_url(postgres.port, postgres.password),
            broker_url="memory://",
            aws_endpoint_url="",
            secret_key=secrets.token_urlsafe(50),
        )
        migrate(inherited() | dict(variables))
    draft.rename(cluster)
    clusters = [path for path in FOLDER.iterdir() if path.is_dir() and path != cluster]
    for old in sorted(clusters, key=lambda path: path.stat().st_mtime, reverse=True)[KEPT - 1 :]:
        shutil.rmtree(old)
