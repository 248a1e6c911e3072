"""Which tests stay in one process of a run: those of a file, and those of a folder that shares what is dear.

What is made for a package is torn down behind its last test in a row: file by file, each process would make it, and
make it again when it comes back to the folder.
"""

from __future__ import annotations

from xdist.scheduler import LoadFileScheduling

FOLDERS = ("tests/processor/api/",)
"""A district with six thousand results, its API and its cache: ten seconds of processor time."""


def kept_together(nodeid: str) -> str:
    """Return the name of what a test stays in one process with: a folder or a file."""
    file = nodeid.partition("::")[0]
    return next((folder for folder in FOLDERS if file.startswith(folder)), file)


class Together(LoadFileScheduling):  # type: ignore[misc]
    """Gives a process a file at a time, or one of those folders."""

    def _split_scope(self, nodeid: str) -> str:
        return kept_together(nodeid)
