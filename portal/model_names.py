"""Makes the names of models and fields, as the admin shows them, texts that are translated.

Models keep plain names, and so do migrations: a name in another language is no change of the database.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.apps import apps
from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

from registry.messages.translation import StrOrPromise

CONTEXT = "model"
"""The names' context in the catalogue."""

APPS = ("accounts", "audit", "districts", "provisioning")

NAMES: set[str] = set()
"""Every name in English, for `devtools.messages`."""


def translate_names(labels: Iterable[str] = APPS) -> None:
    """Put a text of the reader's language in the place of each name; those that Django translates itself stay."""
    for label in labels:
        config = apps.get_app_config(label)
        config.verbose_name = _shown(str(config.verbose_name))
        for model in config.get_models():
            options = model._meta
            if not isinstance(options.verbose_name, Promise):
                plural = str(options.verbose_name_plural)
                options.verbose_name = _shown(str(options.verbose_name))
                options.verbose_name_plural = _shown(plural)
            for field in options.fields:
                if not isinstance(field.verbose_name, Promise):
                    field.verbose_name = _shown(str(field.verbose_name))


def _shown(name: str) -> StrOrPromise:
    NAMES.add(name)
    return pgettext_lazy(CONTEXT, name)
