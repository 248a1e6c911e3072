"""uv looks for packages where this machine's pip does."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from devtools import bootstrap, pip_settings

MIRROR = "https://packages.example.org/simple"


def test_what_is_said_nearer_counts_as_with_pip_itself() -> None:
    listing = f"""global.index-url='https://elsewhere.example.org'
install.index-url='{MIRROR}'
global.find-links='\\n/srv/a\\n/srv/b'
:env:.cert='/etc/ours.pem'
global.cert='/etc/theirs.pem'
download.index-url='https://not-for-us.example.org'
"""
    assert pip_settings.parse(listing) == {
        "index-url": MIRROR,
        "find-links": "\n/srv/a\n/srv/b",
        "cert": "/etc/ours.pem",
    }


@pytest.mark.parametrize(
    ("options", "environment", "expected"),
    [
        ({}, {}, {}),
        ({"index-url": MIRROR}, {}, {"UV_DEFAULT_INDEX": MIRROR}),
        ({"index-url": MIRROR}, {"UV_DEFAULT_INDEX": "https://own.example.org"}, {}),
        (
            {"extra-index-url": "https://a.example.org\nhttps://b.example.org"},
            {},
            {"UV_INDEX": "https://a.example.org https://b.example.org", "UV_INDEX_STRATEGY": "unsafe-best-match"},
        ),
        (
            {"find-links": f"{Path(__file__).parent} /not/there {MIRROR}"},
            {},
            {"UV_FIND_LINKS": f"{Path(__file__).parent},{MIRROR}"},
        ),
        ({"no-index": "1"}, {}, {"UV_NO_INDEX": "1"}),
        ({"no-index": "false"}, {}, {}),
        ({"trusted-host": "a b"}, {}, {"UV_INSECURE_HOST": "a b"}),
        ({"default-timeout": "180"}, {}, {"UV_HTTP_TIMEOUT": "180"}),
        ({"cert": "/etc/ours.pem"}, {}, {"SSL_CERT_FILE": "/etc/ours.pem"}),
        ({}, {"REQUESTS_CA_BUNDLE": "/etc/ours.pem"}, {"SSL_CERT_FILE": "/etc/ours.pem"}),
        ({"proxy": "http://proxy.example.org"}, {}, {"ALL_PROXY": "http://proxy.example.org"}),
    ],
)
def test_each_setting_has_its_variable_and_uvs_own_comes_first(
    options: dict[str, str], environment: dict[str, str], expected: dict[str, str]
) -> None:
    assert pip_settings.for_uv(options, environment) == expected


def test_pip_is_asked_for_its_files_and_variables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pip.conf").write_text(f"[global]\nindex-url = {MIRROR}\n")
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    settings = pip_settings.read(sys.executable)
    assert (settings["index-url"], settings["find-links"]) == (MIRROR, str(tmp_path))


@pytest.mark.soak
def test_where_uv_cannot_be_had_pip_installs_and_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    missing, nothing = tmp_path / "missing.txt", tmp_path / "nothing.txt"
    missing.write_text(f"homeroom-is-no-package==1 --hash=sha256:{'0' * 64}\n")
    nothing.write_text("# Nothing is needed.\n")
    monkeypatch.setattr(bootstrap, "INSTALLER", missing)
    bootstrap.install_packages(Path(sys.executable), nothing)
    assert "Now pip does" in capfd.readouterr().out
    with pytest.raises(subprocess.CalledProcessError):
        bootstrap.with_pip(Path(sys.executable), missing)
