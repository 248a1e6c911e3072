"""A service's refusal: a code for programs, a sentence and a remedy for people."""

from __future__ import annotations

from messages.message import Message, sentences


class ServiceRefusedError(Exception):
    """What was asked for cannot be done now."""

    def __init__(self, code: str, sentence: Message, remedy: Message) -> None:
        super().__init__(sentences(sentence, remedy))
        self.code = code
        self.sentence = sentence
        self.remedy = remedy
