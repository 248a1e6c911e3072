"""Tools are found where they are, and what is missing comes with its remedy."""

from __future__ import annotations

import hashlib
import io
import zipfile

import pytest

from devtools import doctor
from devtools.errors import ToolMissingError
from devtools.toolchain import browser, mirror, terraform


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
    found = mirror.candidates(home=tmp_path, optional=tmp_path / "opt")
    assert tmp_path / ".terraform.d" / "plugins" in found
    assert tmp_path / "opt" / "plugins" in found


def test_the_configuration_names_the_mirror_or_the_registry(tmp_path):
    path = mirror.write(tmp_path / 'a "quoted" folder', tmp_path / "var" / "terraform.rc")
    assert 'a \\"quoted\\" folder' in path.read_text()
    assert "filesystem_mirror" not in mirror.write(None, path).read_text()


def a_release(tmp_path, *, checksum: str | None = None):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("terraform", '#!/bin/sh\necho \'{"terraform_version": "1.13.5"}\'\n')
    name = terraform.archive_name()
    folder = tmp_path / "releases" / terraform.VERSION
    folder.mkdir(parents=True)
    (folder / name).write_bytes(content.getvalue())
    told = checksum or hashlib.sha256(content.getvalue()).hexdigest()
    (folder / f"terraform_{terraform.VERSION}_SHA256SUMS").write_text(f"{told}  {name}\n")
    return (tmp_path / "releases").as_uri()


@pytest.fixture
def no_terraform(monkeypatch, tmp_path):
    monkeypatch.delenv("HOMEROOM_TERRAFORM", raising=False)
    monkeypatch.setattr("devtools.toolchain.terraform.shutil.which", lambda name: None)


def test_terraform_is_downloaded_by_its_published_checksum(no_terraform, tmp_path):
    found = terraform.install(tmp_path / "tools", a_release(tmp_path))
    assert terraform.version_of(found) == "1.13.5"
    assert terraform.find(tmp_path / "tools") == found


def test_a_terraform_that_does_not_match_its_checksum_is_thrown_away(no_terraform, tmp_path):
    with pytest.raises(ToolMissingError, match="does not match"):
        terraform.install(tmp_path / "tools", a_release(tmp_path, checksum="0" * 64))
    assert terraform.find(tmp_path / "tools") is None


def test_a_terraform_that_cannot_be_had_comes_with_the_remedy(no_terraform, tmp_path):
    with pytest.raises(ToolMissingError) as missing:
        terraform.install(tmp_path / "tools", (tmp_path / "nowhere").as_uri())
    assert "HOMEROOM_TERRAFORM" in missing.value.remedy


def test_doctor_names_the_remedy_of_what_is_missing(monkeypatch, capsys):
    monkeypatch.setattr(browser, "find", lambda: None)
    assert doctor.main() == 1
    told = capsys.readouterr().out
    assert "missing  Chromium" in told
    assert browser.INSTALL in told
    assert "ok       Python" in told


def test_a_browser_test_without_a_browser_says_how_to_get_one(monkeypatch):
    monkeypatch.setenv("HOMEROOM_BROWSER", "/nowhere/chromium")
    with pytest.raises(ToolMissingError) as missing:
        browser.require()
    assert browser.INSTALL in missing.value.remedy
