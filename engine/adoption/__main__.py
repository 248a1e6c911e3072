"""``python -m engine.adoption`` prints the table of docs/recovery.md."""

from __future__ import annotations

from engine.adoption.document import adoption_table
from engine.adoption.table import TABLE

if __name__ == "__main__":
    print(adoption_table(TABLE), end="")
