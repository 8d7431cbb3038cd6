"""What differs between two policies, told by path: what a reviewer has to look at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from geo_dispatch.dispatch.policy.document import Policy


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that is not as it was.

    Attributes
    ----------
    where
        ``"ranking.territory_min"``, ``"rules[gold-boilers].then.max_drive_min"``.
    before, after
        As JSON has them; None: not there. A rule or job type that is new or gone is one value.
    """

    where: str
    before: Any
    after: Any

    def __str__(self) -> str:
        if self.before is None:
            return f"{self.where}: added {_shown(self.after)}"
        if self.after is None:
            return f"{self.where}: removed {_shown(self.before)}"
        return f"{self.where}: {_shown(self.before)} -> {_shown(self.after)}"


def differences(before: Policy, after: Policy) -> list[Difference]:
    """Everything that differs, in the sequence of the document; comments don't count."""
    return list(_compare("", msgspec.to_builtins(before), msgspec.to_builtins(after)))


def _compare(where: str, before: Any, after: Any) -> Iterator[Difference]:
    if before == after:
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in [*before, *(name for name in after if name not in before)]:
            path = f"{where}.{name}" if where else name
            yield from _compare(path, before.get(name), after.get(name))
    elif _labelled(before) and _labelled(after):
        yield from _compare_items(where, _by_label(before), _by_label(after))
    else:
        yield Difference(where, before, after)


def _compare_items(
    where: str, before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[Difference]:
    stayed_before = [label for label in before if label in after]
    stayed_after = [label for label in after if label in before]
    if stayed_before != stayed_after:  # the first rule that applies decides
        yield Difference(f"{where} in the sequence", stayed_before, stayed_after)
    for label in [*before, *(label for label in after if label not in before)]:
        yield from _compare(f"{where}[{label}]", before.get(label), after.get(label))


def _labelled(value: Any) -> bool:
    """Whether it is a list of things with a name or an id of their own."""
    return isinstance(value, list | tuple) and all(
        isinstance(one, Mapping) and ("id" in one or "name" in one) for one in value
    )


def _by_label(items: Any) -> dict[str, Any]:
    return {str(one.get("id") or one.get("name")): one for one in items}


def _shown(value: Any) -> str:
    return msgspec.json.encode(_told(value)).decode()


def _told(value: Any) -> Any:
    """Without what says nothing: empty lists and nulls."""
    if isinstance(value, Mapping):
        told = {name: _told(one) for name, one in value.items()}
        return {name: one for name, one in told.items() if one not in (None, [], {}, (), "")}
    return value
