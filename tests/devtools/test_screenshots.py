"""Taking the documentation's pictures: what is said where there is no browser."""

from __future__ import annotations

from devtools.screenshots.__main__ import main
from devtools.toolchain.browser import INSTALL


def test_without_a_browser_nothing_is_started_and_the_command_that_installs_one_is_told(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("HOMEROOM_BROWSER", str(tmp_path / "none"))
    assert main() == 1
    captured = capsys.readouterr()
    assert INSTALL in captured.err
    assert "Starting" not in captured.out
