"""Tools are found where they are, and what is missing comes with its remedy."""

from __future__ import annotations

import hashlib
import io
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from devtools import doctor
from devtools.toolchain import browser, mirror, signature, terraform
from processes.errors import ToolMissingError


def test_a_mirror_is_found_by_the_very_version_for_this_platform(tmp_path):
    empty, other, right = tmp_path / "empty", tmp_path / "other", tmp_path / "right"
    (other / mirror.PROVIDER / "4.0.0" / mirror.target()).mkdir(parents=True)
    (right / mirror.PROVIDER / mirror.VERSION / mirror.target()).mkdir(parents=True)
    assert mirror.find([empty, other]) is None
    assert mirror.find([empty, other, right]) == right


def test_a_packed_mirror_counts_too(tmp_path):
    folder = tmp_path / mirror.PROVIDER
    folder.mkdir(parents=True)
    (folder / f"terraform-provider-aws_{mirror.VERSION}_{mirror.target()}.zip").touch()
    assert mirror.find([tmp_path]) == tmp_path


def test_mirrors_are_looked_for_where_terraform_looks_and_below_opt(tmp_path):
    (tmp_path / "opt" / "plugins" / "registry.terraform.io").mkdir(parents=True)
    candidates = mirror.candidates(home=tmp_path, optional=tmp_path / "opt")
    assert tmp_path / ".terraform.d" / "plugins" in candidates
    assert tmp_path / "opt" / "plugins" in candidates


def test_the_configuration_names_the_mirror_or_the_registry(tmp_path):
    path = mirror.write(tmp_path / 'a "quoted" folder', tmp_path / "var" / "terraform.rc")
    assert 'a \\"quoted\\" folder' in path.read_text()
    assert "filesystem_mirror" not in mirror.write(None, path).read_text()


@dataclass(frozen=True)
class Signer:
    """A key of a test's own, in a folder of its own, and the programs' way to it."""

    home: Path
    key: Path
    fingerprint: str

    def gpg(self, *arguments: str) -> str:
        command = ["gpg", "--homedir", str(self.home), "--batch", "--passphrase", "", "--pinentry-mode", "loopback"]
        completed = subprocess.run([*command, *arguments], capture_output=True, text=True, check=True)
        return completed.stdout


@pytest.fixture(scope="module")
def signer() -> Iterator[Signer]:
    """Make a key; its folder has a short name, since gpg's agent listens at a socket in there."""
    with TemporaryDirectory(dir="/tmp") as folder:
        home = Path(folder)
        key = home / "key.asc"
        signer = Signer(home, key, "")
        signer.gpg("--quick-generate-key", "tests", "ed25519", "sign", "never")
        key.write_text(signer.gpg("--armor", "--export"))
        listing = signer.gpg("--with-colons", "--fingerprint")
        yield replace(
            signer, fingerprint=next(line.split(":")[9] for line in listing.splitlines() if line[:4] == "fpr:")
        )
        subprocess.run(["gpgconf", "--homedir", folder, "--kill", "all"], check=True)


def a_release(tmp_path, signer: Signer, *, checksum: str | None = None) -> str:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("terraform", '#!/bin/sh\necho \'{"terraform_version": "1.13.5"}\'\n')
    name = terraform.archive_name()
    folder = tmp_path / "releases" / terraform.VERSION
    folder.mkdir(parents=True)
    (folder / name).write_bytes(content.getvalue())
    digest = checksum or hashlib.sha256(content.getvalue()).hexdigest()
    sums = folder / f"terraform_{terraform.VERSION}_SHA256SUMS"
    sums.write_text(f"{digest}  {name}\n")
    signer.gpg("--detach-sign", str(sums))
    return str((tmp_path / "releases").as_uri())


def by(signer: Signer) -> dict[str, Any]:
    return {"key": signer.key, "fingerprint": signer.fingerprint}


@pytest.fixture
def no_terraform(monkeypatch, tmp_path):
    monkeypatch.delenv("HOMEROOM_TERRAFORM", raising=False)
    monkeypatch.setattr("devtools.toolchain.terraform.shutil.which", lambda name: None)


def test_terraform_is_downloaded_by_its_signed_checksum(no_terraform, tmp_path, signer):
    binary = terraform.install(tmp_path / "tools", a_release(tmp_path, signer), **by(signer))
    assert terraform.version_of(binary) == "1.13.5"
    assert terraform.find(tmp_path / "tools") == binary


def test_a_terraform_that_does_not_match_its_checksum_is_thrown_away(no_terraform, tmp_path, signer):
    with pytest.raises(ToolMissingError, match="does not match"):
        terraform.install(tmp_path / "tools", a_release(tmp_path, signer, checksum="0" * 64), **by(signer))
    assert terraform.find(tmp_path / "tools") is None


def test_checksums_that_somebody_else_signed_or_changed_are_thrown_away(no_terraform, tmp_path, signer):
    releases = a_release(tmp_path, signer)
    with pytest.raises(ToolMissingError, match="did not sign these checksums"):
        terraform.install(tmp_path / "tools", releases)
    with pytest.raises(ToolMissingError, match="did not sign these checksums"):
        terraform.install(tmp_path / "tools", releases, key=signer.key)
    sums = tmp_path / "releases" / terraform.VERSION / f"terraform_{terraform.VERSION}_SHA256SUMS"
    sums.write_text(sums.read_text() + "\n")
    with pytest.raises(ToolMissingError, match="did not sign these checksums"):
        terraform.install(tmp_path / "tools", releases, **by(signer))
    assert not (tmp_path / "tools").exists()


def test_without_gpgv_nothing_is_taken_on_trust(no_terraform, tmp_path, signer, monkeypatch):
    monkeypatch.setattr(signature, "GPGV", "/nowhere/gpgv")
    with pytest.raises(ToolMissingError, match="there is no gpgv") as missing:
        terraform.install(tmp_path / "tools", a_release(tmp_path, signer), **by(signer))
    assert "Install GnuPG" in missing.value.remedy


def test_the_key_is_hashicorps_by_the_fingerprint_that_it_publishes():
    """Computed from the key itself: version, time, algorithm and numbers (RFC 9580, 5.5.4)."""
    packets = signature.unarmored(signature.KEY.read_text())
    assert packets[0] == 0x99, "an old-format packet of a public key, with a length of two octets"
    length = int.from_bytes(packets[1:3])
    assert hashlib.sha1(packets[: 3 + length]).hexdigest().upper() == signature.FINGERPRINT
    published = "C874 011F 0AB4 0511 0D02 1055 3436 5D94 72D7 468F"
    assert published.replace(" ", "") == signature.FINGERPRINT


def test_a_terraform_that_cannot_be_had_comes_with_the_remedy(no_terraform, tmp_path):
    with pytest.raises(ToolMissingError) as missing:
        terraform.install(tmp_path / "tools", (tmp_path / "nowhere").as_uri())
    assert "HOMEROOM_TERRAFORM" in missing.value.remedy


def test_doctor_names_the_remedy_of_what_is_missing(monkeypatch, capsys):
    monkeypatch.setattr(browser, "find", lambda: None)
    assert doctor.main() == 1
    output = capsys.readouterr().out
    assert "missing  Chromium" in output
    assert browser.INSTALL in output
    assert "ok       Python" in output


def test_a_browser_test_without_a_browser_says_how_to_get_one(monkeypatch):
    monkeypatch.setenv("HOMEROOM_BROWSER", "/nowhere/chromium")
    with pytest.raises(ToolMissingError) as missing:
        browser.require()
    assert browser.INSTALL in missing.value.remedy
