"""Templates are as narrow as the code; their form is djangofmt's, which `make lint` runs."""

from __future__ import annotations

from pathlib import Path

from devtools import templates
from devtools.paths import ROOT


def test_no_line_of_a_template_is_too_wide():
    paths = templates.templates()
    assert len(paths) > 100, "they are looked for where they lie"
    assert list(templates.too_wide(paths)) == []


def test_a_line_that_is_too_wide_is_named_with_its_columns(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(templates, "ROOT", tmp_path)
    (tmp_path / "page.html").write_text("<p>\n" + "x" * 121 + "\n</p>\n" + "x" * 120)
    assert list(templates.too_wide([tmp_path / "page.html"])) == ["page.html:2: 121 columns, 120 at most"]


def test_every_template_lies_where_it_is_formatted():
    elsewhere = {"portal", "processor", "tests"}
    lying = {path for folder in elsewhere for path in (ROOT / folder).rglob("templates/**/*.html")}
    assert lying <= set(templates.templates())
