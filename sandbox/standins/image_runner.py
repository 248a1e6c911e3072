"""Runs a command inside an unpacked image, as a container does: run as ``python -I -S image_runner.py``, as root.

In a mount namespace of its own, so that nothing of it is left when the command ends: the image's files read-only, the
task's volumes at their paths, as the user that the image names, without a way to more rights, with the memory that the
task has. Standard library only.

Sources: Amazon ECS API Reference, ContainerDefinition (`readonlyRootFilesystem`, `mountPoints`); Amazon ECS Developer
Guide, "Use bind mounts with Amazon ECS" (whose a volume is that the image declares); mount_namespaces(7).
"""

from __future__ import annotations

import argparse
import ctypes
import os
import resource
import stat
import sys
from pathlib import Path

CLONE_NEWNS = 0x00020000
MS_RDONLY, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 1, 32, 4096, 16384, 1 << 18
PR_SET_NO_NEW_PRIVS = 38
FROM_THE_HOST = ("/proc", "/dev")
KNOWS_NAMES = ("/etc/resolv.conf", "/etc/hosts")
"""What Docker and Fargate put into a container besides: by it names are found."""
EMPTY_VOLUME = 0o755
"""How Fargate makes a volume that the image does not declare: root's own."""

_libc = ctypes.CDLL(None, use_errno=True)


def _checked(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def mount(source: str | None, target: Path, flags: int) -> None:
    """Mount, as mount(2) does; raises OSError."""
    encoded = None if source is None else source.encode()
    _checked(_libc.mount(encoded, str(target).encode(), None, flags, None), f"mount {source} at {target}")


def enter(root: Path, at: Path, volumes: dict[str, Path], declared: frozenset[str]) -> None:
    """Make the image's files the only ones that this process sees; raises OSError.

    `volumes` are the host's folders by their paths in the container, `declared` the paths that the image declares.
    """
    _checked(_libc.unshare(CLONE_NEWNS), "unshare")
    mount("none", Path("/"), MS_REC | MS_PRIVATE)
    mount(str(root), at, MS_BIND)
    for path in (*FROM_THE_HOST, *KNOWS_NAMES):
        inside = at / path.lstrip("/")
        if inside.exists() and not inside.is_symlink():
            mount(path, inside, MS_BIND | MS_REC)
    for path, folder in volumes.items():
        inside = at / path.lstrip("/")
        as_declared = inside.stat()
        of_image = path in declared
        os.chown(folder, as_declared.st_uid if of_image else 0, as_declared.st_gid if of_image else 0)
        folder.chmod(stat.S_IMODE(as_declared.st_mode) if of_image else EMPTY_VOLUME)
        mount(str(folder), inside, MS_BIND)
    # Last: what lies on the root is mounted upon it.
    mount(None, at, MS_BIND | MS_REMOUNT | MS_RDONLY)
    os.chroot(at)


def become(user: int, group: int, memory: int | None) -> None:
    """Give up every right of root for good, and have no more memory than this many bytes."""
    if memory is not None:
        resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    os.setgroups([])
    os.setresgid(group, group, group)
    os.setresuid(user, user, user)
    _checked(_libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl")


def main() -> int:
    """Run the command; its exit code is this process's."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, required=True, help="the unpacked image")
    parser.add_argument("--at", type=Path, required=True, help="an empty folder to mount it at")
    parser.add_argument("--volume", action="append", default=[], metavar="PATH=FOLDER")
    parser.add_argument("--declared", action="append", default=[], metavar="PATH", help="a volume that the image names")
    parser.add_argument("--user", default="0:0")
    parser.add_argument("--memory", type=int, help="bytes")
    parser.add_argument("--workdir", default="/")
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    volumes = {path: Path(folder) for path, _, folder in (volume.partition("=") for volume in options.volume)}
    user, _, group = options.user.partition(":")
    enter(options.root, options.at, volumes, frozenset(options.declared))
    become(int(user), int(group or user), options.memory)
    os.chdir(options.workdir)
    os.execvp(options.command[0], options.command)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except OSError as error:
        sys.exit(f"The image cannot be run: {error}")
