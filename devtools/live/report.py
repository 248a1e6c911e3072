"""Writes where AWS was otherwise: for people as Markdown, and as JSON whose rows are ready to be a test's cases."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from devtools.live.difference import Difference
from devtools.live.observation import Observation

KINDS = {
    "error": "What failed",
    "drift": "What AWS changed by itself",
    "call": "Calls",
    "answer": "Answers",
    "time": "Times",
}
CELL = 120


@dataclass(frozen=True)
class Report:
    """One run of `make live`: where and when, how it ended, and what was seen."""

    account: str
    region: str
    began: datetime
    ended: datetime
    failure: str
    """Why it did not come through, or what of it is still in AWS; empty where all went well."""
    embedded: Observation
    aws: Observation
    differences: Sequence[Difference]

    def as_data(self) -> dict[str, Any]:
        """Return it as plain JSON data."""
        return {
            "account": self.account,
            "region": self.region,
            "began": self.began.isoformat(),
            "ended": self.ended.isoformat(),
            "failure": self.failure,
            "figures": {"embedded": self.embedded.figures, "aws": self.aws.figures},
            "differences": [difference.as_data() for difference in self.differences],
            "aws": self.aws.as_data(),
        }


def write(report: Report, folder: Path) -> Path:
    """Write both files; return the one for people."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.json").write_text(json.dumps(report.as_data(), indent=1, default=str) + "\n")
    path = folder / "report.md"
    path.write_text(text(report))
    return path


def text(report: Report) -> str:
    """Return the report as Markdown."""
    minutes = (report.ended - report.began).total_seconds() / 60
    lines = [
        f"# A district in {report.account}, {report.region}",
        "",
        f"{report.began:%Y-%m-%d %H:%M} UTC, {minutes:.0f} minutes. "
        + (f"It did not come through: {report.failure}" if report.failure else "It came through."),
        "",
        "Each row below is otherwise than the embedded AWS has it. Where AWS is right, bring the embedded one in step, "
        "add the row of `report.json` to a test's cases, and say so in the table of what is taken for true of AWS.",
    ]
    for kind, title in KINDS.items():
        rows = [difference for difference in report.differences if difference.kind == kind]
        if rows:
            lines += ["", f"## {title}", "", "| what | embedded | AWS |", "|---|---|---|"]
            lines += [
                f"| {_cell(difference.subject)} | {_cell(difference.embedded)} | {_cell(difference.aws)} |"
                for difference in rows
            ]
    if not report.differences:
        lines += ["", "AWS was as the embedded one in all that was compared."]
    return "\n".join(lines) + "\n"


def _cell(value: Any) -> str:
    content = value if isinstance(value, str) else json.dumps(value, default=str)
    content = content.replace("|", "\\|").replace("\n", " ")
    return content if len(content) <= CELL else f"{content[:CELL]}..."
