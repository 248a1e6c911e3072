"""Messages as JSON: the English text, and beside it code, template and values, or the messages that it consists of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from messages.message import SAID, VERBATIM, Joined, Message, Sentence, Value, Verbatim, verbatim

MARK = "~message"
"""Under this key a message stands within other JSON."""


def stored(text: str) -> dict[str, Any]:
    """Return a message, or plain text, as what is stored."""
    plain = str.__str__(text)
    if isinstance(text, Sentence):
        values = {name: stored(value) if isinstance(value, Message) else value for name, value in text.values.items()}
        data: dict[str, Any] = {"text": plain, "code": text.code, "template": text.template, "values": values}
        if text.context != SAID:
            data["context"] = text.context
        if text.is_small:
            data["small"] = True
        return data
    if isinstance(text, Joined):
        return {"text": plain, "parts": [stored(part) for part in text.parts], "between": text.between}
    return {"text": plain}


def loaded(data: Mapping[str, Any]) -> Message:
    """Return what was stored.

    The text is what counts, as audit record and certificates have sealed it: parts that do not give the same text again
    are not believed, and then it is shown as it stands.
    """
    text = str(data.get("text") or "")
    message = _message_of(data)
    return message if message == text else Verbatim(text)


def codes_of(text: str) -> list[dict[str, Any]]:
    """Return code and values of a message for programs, of each of its parts in their order."""
    if isinstance(text, Joined):
        return [code for part in text.parts for code in codes_of(part)]
    if isinstance(text, Sentence):
        return [{"code": text.code, "values": {name: _plain(value) for name, value in text.values.items()}}]
    return [{"code": VERBATIM, "values": {"text": str.__str__(text)}}] if text else []


def packed(value: Any) -> Any:
    """Return JSON data with every message in it as what is stored."""
    if isinstance(value, Message):
        return {MARK: stored(value)}
    if isinstance(value, Mapping):
        return {key: packed(part) for key, part in value.items()}
    return [packed(part) for part in value] if isinstance(value, list | tuple) else value


def unpacked(value: Any) -> Any:
    """Return JSON data with every message in it as it was packed."""
    if isinstance(value, dict):
        inner = value.get(MARK)
        if isinstance(inner, dict) and len(value) == 1:
            return loaded(inner)
        return {key: unpacked(part) for key, part in value.items()}
    return [unpacked(part) for part in value] if isinstance(value, list) else value


def within(value: Any) -> list[dict[str, Any]]:
    """Return every message within JSON data as what is stored, each once: for files whose own texts stay plain."""
    messages: dict[str, dict[str, Any]] = {}
    if isinstance(value, Sentence | Joined):
        messages[value] = stored(value)
    elif isinstance(value, Mapping | list | tuple):
        for part in value.values() if isinstance(value, Mapping) else value:
            messages |= {message["text"]: message for message in within(part)}
    return list(messages.values())


def restored(value: Any, messages: Iterable[Mapping[str, Any]]) -> Any:
    """Return JSON data in which the texts of these stored messages are messages again."""
    return _restored(value, {str(message.get("text", "")): loaded(message) for message in messages})


def _restored(value: Any, messages: Mapping[str, Message]) -> Any:
    if isinstance(value, Mapping):
        return {key: _restored(part, messages) for key, part in value.items()}
    if isinstance(value, list):
        return [_restored(part, messages) for part in value]
    return messages.get(value, value) if isinstance(value, str) else value


def _message_of(data: Mapping[str, Any]) -> Message:
    template, parts, values = data.get("template"), data.get("parts"), data.get("values")
    if isinstance(template, str):
        template_values = {name: _value(value) for name, value in values.items()} if isinstance(values, Mapping) else {}
        return Sentence(template, template_values, str(data.get("context", SAID)), is_small=data.get("small") is True)
    if isinstance(parts, list):
        return Joined((loaded(part) for part in parts if isinstance(part, Mapping)), str(data.get("between", " ")))
    return verbatim(str(data.get("text") or ""))


def _value(value: Any) -> Value:
    if isinstance(value, Mapping):
        return loaded(value)
    return value if isinstance(value, int) else str(value)


def _plain(value: Value) -> Value:
    return str.__str__(value) if isinstance(value, str) else value
