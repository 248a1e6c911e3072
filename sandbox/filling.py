"""Finds the modules of a folder that change moto: each has a `fill`, and none is listed."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType


def modules_of(package: str) -> list[ModuleType]:
    """Return the modules of a package that have a `fill`, by name; one that says `COMES_FIRST` before the others."""
    modules = [import_module(f"{package}.{module.name}") for module in iter_modules(import_module(package).__path__)]
    filling = [module for module in modules if callable(getattr(module, "fill", None))]
    return sorted(filling, key=lambda module: (not getattr(module, "COMES_FIRST", False), module.__name__))


def fill_all(package: str) -> None:
    """Have each of them change moto, once per process."""
    for module in modules_of(package):
        module.fill()
