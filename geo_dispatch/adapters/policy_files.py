"""Policy documents as TOML: the one that the package ships, and a company's own."""

from __future__ import annotations

import hashlib
import re
import tomllib
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Final

from geo_dispatch.dispatch.policy.checks import MOST_FAULTS, policy_faults
from geo_dispatch.dispatch.policy.document import Policy, PolicyVersion
from geo_dispatch.kernel.errors import Fault, InvalidFile, InvalidInput
from geo_dispatch.kernel.tables import read_table

_DEEPEST: Final = 30
_PART: Final = r"""(?:[\w-]++|"(?:[^"\\\n]|\\.)*+"|'[^'\n]*+')[ \t]*+"""
_DEEP_KEY: Final = re.compile(rf"""(?<![\w"'-])(?:{_PART}\.[ \t]*+){{{_DEEPEST}}}""")
"""A key of so many parts: `tomllib` takes the square of their number, minutes for a whole page."""


@lru_cache(maxsize=1)
def default_version() -> PolicyVersion:
    """Version 0: the policy that holds until one is published."""
    text = (resources.files("geo_dispatch.dispatch.policy") / "policy.toml").read_text("utf-8")
    return PolicyVersion(
        version=0,
        digest=digest_of(text),
        text=text,
        policy=read_policy(text, "policy.toml"),
        note="comes with geo-dispatch",
    )


def policy_text(path: Path) -> str:
    """The text of the file.

    Raises
    ------
    InvalidFile
        It can't be read, or is not UTF-8.
    """
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise InvalidFile(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InvalidFile(f"{path} is not UTF-8: {error}; save it as UTF-8") from error


@lru_cache(maxsize=16)
def read_policy(text: str, where: str = "the policy") -> Policy:
    """The policy from its TOML text, checked by itself.

    Raises
    ------
    InvalidFile
        The text is not TOML.
    InvalidInput
        Every fault found, each naming rule or table, field, value and remedy.
    """
    if (deep := _DEEP_KEY.search(text)) is not None:
        line = text.count("\n", 0, deep.start()) + 1
        told = f"a name of {_DEEPEST} parts and more in line {line}; no table of ours is so deep"
        raise InvalidFile(f"{where} is no policy: {told}", [Fault(where, told)])
    try:
        table = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # numbers and nesting beyond all measure, too
        raise InvalidFile(f"{where} is not TOML: {error}", [Fault(where, str(error))]) from error
    try:
        policy = read_table(table, Policy)
    except InvalidInput as error:
        raise refusal(where, error.faults) from error
    faults = policy_faults(policy)
    if faults:
        raise refusal(where, faults)
    return policy


def refusal(where: str, faults: list[Fault] | tuple[Fault, ...]) -> InvalidInput:
    """What to raise for a document with faults."""
    count = len(faults)
    told = f"{count} fault{'' if count == 1 else 's'}"
    return InvalidInput(f"{where} has {told}{' or more' * (count >= MOST_FAULTS)}", faults)


def digest_of(text: str) -> str:
    """sha256 of the text."""
    return hashlib.sha256(text.encode()).hexdigest()
