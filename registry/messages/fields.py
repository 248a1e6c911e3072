"""Columns for messages: JSON that holds the English text, its code, its template and its values.

One column holds all of it, so that no way of writing (`save`, `update`, `bulk_create`) writes one without the other.
In queries such a column is its English text.
"""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Func, JSONField, TextField
from django.db.models.lookups import Lookup

from messages.message import Message, verbatim
from messages.stored import loaded, packed, stored, unpacked

if TYPE_CHECKING:
    TextOrMessage = models.Field[str, Message]
else:
    TextOrMessage = models.Field


class EnglishText(Func):
    """The English text of a column of messages, in SQL."""

    template = "(%(expressions)s ->> 'text')"
    output_field = TextField()


class MessageField(TextOrMessage):
    """A message, or somebody's own words; what is read is a `Message`."""

    description = "Message"
    empty_strings_allowed = True

    def get_internal_type(self) -> str:
        """Return what kind of column it is."""
        return "JSONField"

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        """Return what is stored of a text."""
        if value is None or hasattr(value, "as_sql"):
            return value
        return connection.ops.adapt_json_value(stored(str(value)), None)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Message | None:
        """Return the message that was stored."""
        if value is None:
            return None
        return loaded(json.loads(value) if isinstance(value, str) else value)

    def to_python(self, value: Any) -> Any:
        """Return a message of what forms and fixtures hold."""
        return value if value is None else verbatim(str(value))

    def get_lookup(self, lookup_name: str) -> type[Lookup[Any]] | None:
        """Return a lookup of the English text; whether there is any text at all is asked of the column itself."""
        return super().get_lookup(lookup_name) if lookup_name == "isnull" else _of_text(lookup_name)

    def formfield(self, *args: Any, **kwargs: Any) -> Any:
        """Return a field for text."""
        return TextField(blank=self.blank, verbose_name=self.verbose_name).formfield(**kwargs)

    def value_to_string(self, obj: models.Model) -> str:
        """Return the English text, as fixtures have it."""
        return str(self.value_from_object(obj))


class PackedField(JSONField):
    """JSON in which messages may stand: findings, reasons."""

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        """Return JSON in which each message has its parts."""
        return super().get_db_prep_value(value if hasattr(value, "as_sql") else packed(value), connection, prepared)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        """Return the data with its messages."""
        return unpacked(super().from_db_value(value, expression, connection))


@cache
def _of_text(name: str) -> type[Lookup[Any]] | None:
    """Return a lookup of text that looks at the text within a column of messages."""
    kind = TextField().get_lookup(name)
    if kind is None:
        return None

    class OfText(kind):  # type: ignore[misc, valid-type]
        def __init__(self, lhs: Any, rhs: Any) -> None:
            super().__init__(EnglishText(lhs), rhs)

    OfText.__name__ = OfText.__qualname__ = f"{kind.__name__}OfMessage"
    return OfText
