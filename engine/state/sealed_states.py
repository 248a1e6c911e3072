"""Keeps states that could not be stored on this host, encrypted, until the state bucket takes them.

They lie beside the folders of runs, which are swept, in a folder that nothing sweeps. Fernet is AES-128-CBC with an
HMAC-SHA256 (cryptography, "Fernet"): who reads the disk without the key reads nothing, and nobody exchanges one.
"""

from __future__ import annotations

import base64
import contextlib
import os
import tempfile
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from engine.errors import ErroredStateUnreadableError
from engine.settings import EngineSettings
from messages.message import message

SEALED = ".sealed"


def sealed_folder(settings: EngineSettings) -> Path:
    """Return the folder of what is kept on this host."""
    return settings.work_dir / "errored"


def seal(settings: EngineSettings, key: bytes, name: str, body: bytes) -> None:
    """Keep a state under this name, by a key of 32 bytes; it is on the disk when this returns. Raises OSError."""
    folder = sealed_folder(settings)
    folder.mkdir(parents=True, mode=0o700, exist_ok=True)
    # mkstemp's files are their owner's alone (Python, "tempfile": mode 0600).
    handle, temporary = tempfile.mkstemp(dir=folder, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(_fernet(key).encrypt(body))
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).rename(_path(settings, name))
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            Path(temporary).unlink()
        raise
    parent = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(parent)
    finally:
        os.close(parent)


def unseal(settings: EngineSettings, key: bytes, name: str) -> bytes:
    """Return the state of this name; raises ErroredStateUnreadableError where it is not here, or of another key."""
    try:
        return _fernet(key).decrypt(_path(settings, name).read_bytes())
    except FileNotFoundError as error:
        raise ErroredStateUnreadableError(message("The kept state is not on this host."), detail=str(error)) from error
    except InvalidToken as error:
        sentence = message("The kept state on this host cannot be decrypted: HOMEROOM_SECRET_KEY has changed since.")
        raise ErroredStateUnreadableError(sentence, detail=str(_path(settings, name))) from error


def sealed_names(settings: EngineSettings) -> list[str]:
    """Return the names of all that is kept on this host."""
    return sorted(path.name.removesuffix(SEALED) for path in sealed_folder(settings).glob(f"*{SEALED}"))


def forget_sealed(settings: EngineSettings, name: str) -> None:
    """Remove what is kept under this name; one that is not there is fine."""
    _path(settings, name).unlink(missing_ok=True)


def _path(settings: EngineSettings, name: str) -> Path:
    return sealed_folder(settings) / f"{name}{SEALED}"


def _fernet(key: bytes) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(key))
