"""Keeps what synthesis made on this host's disk, so that the same code synthesizes a specification once.

A stack is kept by a key of all that it is made of (`stack_key`): where any of that differs, nothing is found. Files lie
by their content's SHA-256, which is compared when they are read, so that what is torn or swapped is not found either.
Every file is renamed to its place when it is whole; any number of processes may write and read at a time. There is no
secret in a stack, and so there is none here.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import json
import os
import shutil
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from engine.settings import EngineSettings

FOLDER = "stacks"
LAYOUT = 1
"""Of what lies in the folder; another number finds nothing that was kept before."""
MOST_BYTES = 512 << 20
"""How much may be kept: some 20 KiB a stack, so that the stacks of 13,000 districts are half of it."""
AFTER_A_SWEEP = 0.8
"""How full the folder is when what was used longest ago has gone: else every further stack would sweep again."""
NEW, ABANDONED_SECONDS = ".new-", 3600
"""How a file's name begins until it is whole, and after how long nobody can be writing it any more."""
STARTED_WITH = ("JSII_NODE", "NODE_OPTIONS")
"""What of the environment says which Node makes the stack, and how."""


def stack_key(settings: EngineSettings, spec_json: str, project: Path) -> str:
    """Return the key of a stack: of its specification, and of all the code and packages that synthesis runs.

    These are the files of the stack's own package, of `infra` and of the rotation function that it packs; every
    distribution on Python's path by name, version and when it was installed; Python, and which Node is used. Read anew
    each time: a worker outlives many a change of the code.
    """
    module = project.joinpath(*settings.stack_module.split("."))
    own = module if module.is_dir() else module.parent
    folders = sorted({own, project / "infra", project / "processor" / "rotation"})
    environment = settings.child_environment()
    made_of = {
        "layout": LAYOUT,
        "spec": spec_json,
        "module": settings.stack_module,
        "code": [_code(folder, project) for folder in folders],
        "packages": _packages(),
        "python": [str(settings.python), sys.version],
        "environment": {name: environment.get(name, "") for name in STARTED_WITH},
    }
    return hashlib.sha256(json.dumps(made_of, sort_keys=True).encode()).hexdigest()


def _code(folder: Path, project: Path) -> list[tuple[str, str]]:
    """Return path and SHA-256 of every file below a folder but what Python compiled; nothing where it is not there."""
    if not folder.is_dir():
        return []
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return [(path.relative_to(project).as_posix(), hashlib.sha256(path.read_bytes()).hexdigest()) for path in paths]


def _packages() -> list[tuple[str, int]]:
    """Return each installed distribution by the folder that has its name and version, and when that was written."""
    packages = []
    for place in sys.path:
        with contextlib.suppress(OSError), os.scandir(place or ".") as entries:
            packages += [(part.name, part.stat().st_mtime_ns) for part in entries if part.name.endswith(".dist-info")]
    return sorted(packages)


def take_kept(settings: EngineSettings, key: str, out_dir: Path) -> bool:
    """Write the files of the stack that is kept by this key into a folder; false, with nothing written, where none is.

    What is found is marked as used. Raises OSError where the folder cannot be written.
    """
    folder = settings.work_dir / FOLDER
    manifest = folder / f"{key}.json"
    try:
        names: dict[str, str] = json.loads(manifest.read_text(encoding="utf-8"))
        contents = {name: _read(folder, sha256) for name, sha256 in names.items()}
    except (OSError, EOFError, ValueError, zlib.error):
        # Another process may sweep at this moment; a host that was cut off may have left a file without its end.
        return False
    for name, content in contents.items():
        (out_dir / name).write_bytes(content)
    for path in (manifest, *(_part(folder, sha256) for sha256 in names.values())):
        with contextlib.suppress(OSError):
            os.utime(path)
    return True


def keep(settings: EngineSettings, key: str, files: Mapping[str, bytes]) -> None:
    """Keep a stack's files, by name, under its key; nothing where this host has no room to spare. Raises OSError."""
    folder = settings.work_dir / FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if shutil.disk_usage(folder).free < settings.least_free_bytes:
        return
    names = {}
    for name, content in files.items():
        names[name] = hashlib.sha256(content).hexdigest()
        # Also where one lies there already: it may be the one that could not be read.
        _write(_part(folder, names[name]), gzip.compress(content, mtime=0))
    _write(folder / f"{key}.json", json.dumps(names, sort_keys=True).encode())
    sweep(folder, MOST_BYTES)


def sweep(folder: Path, most: int) -> None:
    """Remove what was used longest ago, while all that is kept takes more than so many bytes."""
    entries = sorted(_measured(folder), key=lambda entry: entry[0])
    size = sum(size for _, size, _ in entries)
    if size <= most:
        return
    for _, own, path in entries:
        if size <= most * AFTER_A_SWEEP:
            return
        path.unlink(missing_ok=True)
        size -= own


def _measured(folder: Path) -> Iterator[tuple[float, int, Path]]:
    """Yield when each file was used last, its bytes, and where it lies; one that is being written is passed over."""
    with os.scandir(folder) as entries:
        for entry in entries:
            with contextlib.suppress(FileNotFoundError):
                stat = entry.stat()
                if not entry.name.startswith(NEW) or time.time() - stat.st_mtime > ABANDONED_SECONDS:
                    yield stat.st_mtime, stat.st_size, Path(entry.path)


def _part(folder: Path, sha256: str) -> Path:
    return folder / f"{sha256}.gz"


def _read(folder: Path, sha256: str) -> bytes:
    """Return a file's content; raises ValueError where it is another one than was kept."""
    content = gzip.decompress(_part(folder, sha256).read_bytes())
    if hashlib.sha256(content).hexdigest() != sha256:
        raise ValueError(sha256)
    return content


def _write(path: Path, content: bytes) -> None:
    """Put a file in its place when it is whole."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=NEW)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def read_files(folder: Path, given: frozenset[str]) -> dict[str, bytes]:
    """Return the files of a folder by name, without those that were given to synthesis."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file() and path.name not in given}
