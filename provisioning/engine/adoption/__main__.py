"""``python -m provisioning.engine.adoption`` prints the table of docs/recovery.md."""

from __future__ import annotations

from provisioning.engine.adoption.document import adoption_table
from provisioning.engine.adoption.table import TABLE

if __name__ == "__main__":
    print(adoption_table(TABLE), end="")
