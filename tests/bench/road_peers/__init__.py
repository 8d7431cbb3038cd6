"""Peers of the road engine, each optional: what is not installed is left out, and said."""

from __future__ import annotations

import sys
from functools import cache
from importlib import import_module
from importlib.metadata import version
from types import ModuleType


@cache
def peer_module(name: str, package: str) -> ModuleType | None:
    """The module of a peer; None, and a line that says so, where it is not installed."""
    try:
        module = import_module(name)
    except ImportError:
        sys.stdout.write(f"{package} is not installed: left out\n")
        return None
    sys.stdout.write(f"{package} {version(package)}\n")
    return module
