"""A service's refusal: a code for programs, a sentence and a remedy for people."""

from __future__ import annotations


class ServiceRefusedError(Exception):
    """What was asked for cannot be done now."""

    def __init__(self, code: str, sentence: str, remedy: str) -> None:
        super().__init__(f"{sentence} {remedy}")
        self.code = code
        self.sentence = sentence
        self.remedy = remedy
