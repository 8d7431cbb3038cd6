"""The open dispatch engine for field service."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("geo-dispatch")
except PackageNotFoundError:  # running from a tree that was never installed
    __version__ = "0.0.0"
