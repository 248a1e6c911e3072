"""Where the project keeps what set-up and runs make. Everything lies inside the project folder."""

from __future__ import annotations

from processes.project import ROOT as ROOT

VENV = ROOT / ".venv"
VAR = ROOT / "var"
TOOLS = VAR / "tools"
TERRAFORM_RC = VAR / "terraform.rc"
