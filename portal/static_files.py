"""Where pages find style sheets, scripts and pictures: collected ones by the hash of their content and compressed.

`manage.py collectstatic` hashes and packs them, and browsers keep such a file for years (WhiteNoise, "Make use of
WhiteNoise's immutable files"). Where nothing was collected, as in tests, they are served as they are under their names.
"""

from __future__ import annotations

from whitenoise.storage import CompressedManifestStaticFilesStorage


class PackedFilesStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """WhiteNoise's storage, which also does without a manifest."""

    keep_only_hashed_files = True

    def stored_name(self, name: str) -> str:
        """Return the name with the content's hash, or the name itself where nothing was collected."""
        if not self.hashed_files:
            return name
        hashed: str = super().stored_name(name)
        return hashed
