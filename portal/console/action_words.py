"""The words of a plan's actions, with their icons and tones: of a run's page and of the approvals."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from registry.messages.translation import StrOrPromise

WORDS: dict[str, StrOrPromise] = {
    "delete": _("Destroy"),
    "replace": _("Replace"),
    "update": _("Update"),
    "create": _("Create"),
    "import": _("Import"),
    "move": _("Move"),
    "forget": _("Forget"),
}
ICONS = {"delete": "minus", "replace": "refresh", "update": "pencil", "create": "plus", "forget": "circle-off"}
TONES = {"delete": "red", "replace": "red", "update": "blue", "create": "green"}


@dataclass(frozen=True)
class ActionWord:
    """An action of a plan: its word, icon and tone, and how many changes have it."""

    value: str
    count: int = 0

    @property
    def label(self) -> StrOrPromise:
        """The word."""
        return WORDS.get(self.value, self.value)

    @property
    def icon(self) -> str:
        """The icon's name."""
        return ICONS.get(self.value, "arrow-right")

    @property
    def tone(self) -> str:
        """The colour, by what may be lost."""
        return TONES.get(self.value, "neutral")
