"""What other rooms tell of, and a notice is kept for, in the transaction of what happened."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from messages.message import Message
from provisioning.notices.outbox import announce_credential
from registry.accounts.credentials import credential_changed
from registry.accounts.models import CredentialChange


@receiver(credential_changed)
def on_credential(sender: object, change: CredentialChange, sentence: Message, **kwargs: Any) -> None:
    """Tell the person whose password or role was set."""
    announce_credential(change, sentence)
