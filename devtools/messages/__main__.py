"""`python -m devtools.messages`: bring the translations in step with the texts, and compile them."""

from __future__ import annotations

import os
import sys

import django

from devtools.messages.catalogue import LOCALE, NAMES, compile_all, merged, missing, read, written
from devtools.paths import ROOT


def main() -> int:
    """Merge and compile; say what has no translation yet. Status 1 while something has none."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    from devtools.messages.sources import texts

    extracted = texts()
    status = 0
    for locale in NAMES:
        path = LOCALE / locale / "LC_MESSAGES" / "django.po"
        catalogue = merged(read(path, locale), extracted, locale)
        path.parent.mkdir(parents=True, exist_ok=True)
        content = written(catalogue, locale)
        if not path.exists() or path.read_bytes() != content:
            path.write_bytes(content)
        open_ones = missing(catalogue)
        print(f"{locale}: {len(extracted)} texts, {len(open_ones)} without a translation")
        for message in open_ones:
            print(f"  {message.context or '-'}: {message.id}")
        status = status or int(bool(open_ones))
    for compiled in compile_all():
        print(f"compiled {compiled.relative_to(ROOT)}")
    return status


if __name__ == "__main__":
    sys.exit(main())
