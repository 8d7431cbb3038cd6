"""Everything that can go wrong, in one tree.

GeoDispatchError
├── InvalidInput              the caller's data; carries every fault found, not just the first
│   ├── InvalidPosition       a position off the earth, or not a number
│   ├── InvalidGeometry       a polygon that crosses itself, is empty or has no area
│   ├── InvalidFile           a file that is not what it should be
│   └── UnsupportedMediaType  a body of a kind that is not taken there
├── NotFound                  no such thing
├── Conflict                  the world is not as the caller thinks
│   ├── VersionConflict       someone else changed it first
│   ├── TransitionNotAllowed  the order's state forbids this step
│   ├── AssignmentConflict    the assignment breaks rules; may be forced with a reason
│   ├── IdempotencyKeyReused  the same key came with another request
│   └── AnswerLost            the request was carried out, but its answer is gone
├── PreconditionRequired      a change without the version that it is based on
├── Unauthenticated           no token, or one that is not valid
├── Forbidden                 a valid token that may not do this
├── Busy                      too much at once; try again later
└── Unavailable               something we stand on is away
    ├── RedisUnavailable
    ├── DatabaseUnavailable
    └── GraphUnavailable      no road graph, or one of another version

Every leaf has a stable ``code``. HTTP statuses appear only in ``api.errors``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Final

_MAX_SHOWN: Final = 80


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with an input.

    Attributes
    ----------
    where
        A path to the value: ``"pings[3].lat"``, ``"line 12, column skills"``.
    message
        What is wrong, with the value, and what would be right.
    """

    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" if self.where else self.message


class GeoDispatchError(Exception):
    """Base of all errors that geo-dispatch raises on purpose."""

    code: ClassVar[str] = "error"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class InvalidInput(GeoDispatchError):
    """The caller's data is wrong; ``faults`` lists all that was found."""

    code = "invalid-input"

    def __init__(self, message: str, faults: Iterable[Fault] = ()) -> None:
        super().__init__(message)
        self.faults = tuple(faults)


class InvalidPosition(InvalidInput):
    """A position off the earth, or not a number."""

    code = "invalid-position"


class InvalidGeometry(InvalidInput):
    """A polygon that crosses itself, is empty or has no area."""

    code = "invalid-geometry"


class InvalidFile(InvalidInput):
    """A file that is not what it should be."""

    code = "invalid-file"


class UnsupportedMediaType(InvalidInput):
    """A body of a kind that is not taken there."""

    code = "unsupported-media-type"


class NotFound(GeoDispatchError):
    """There is no such thing."""

    code = "not-found"

    def __init__(self, kind: str, key: str, remedy: str = "") -> None:
        shown = key if len(key) <= _MAX_SHOWN else f"{key[:_MAX_SHOWN]}…"
        super().__init__(f"no {kind} {shown!r}" + (f"; {remedy}" if remedy else ""))
        self.kind = kind
        self.key = key


class Conflict(GeoDispatchError):
    """The world is not as the caller thinks; ``conflicts`` lists why."""

    code = "conflict"

    def __init__(self, message: str, conflicts: Iterable[Fault] = ()) -> None:
        super().__init__(message)
        self.conflicts = tuple(conflicts)


class VersionConflict(Conflict):
    """Someone else changed the thing first."""

    code = "version-conflict"


class TransitionNotAllowed(Conflict):
    """The state of the order forbids this step."""

    code = "transition-not-allowed"


class AssignmentConflict(Conflict):
    """The assignment breaks rules that a person may override with a reason."""

    code = "assignment-conflict"


class IdempotencyKeyReused(Conflict):
    """The same Idempotency-Key came with another request."""

    code = "idempotency-key-reused"


class AnswerLost(Conflict):
    """A request with an Idempotency-Key was carried out, but its answer is gone."""

    code = "idempotency-answer-lost"


class PreconditionRequired(GeoDispatchError):
    """A change that does not say which version it is based on."""

    code = "precondition-required"


class Unauthenticated(GeoDispatchError):
    """No token, or one that is not valid."""

    code = "unauthenticated"


class Forbidden(GeoDispatchError):
    """A valid token that may not do this."""

    code = "forbidden"


class Busy(GeoDispatchError):
    """Too much at once; ``retry_after_s`` says when to try again."""

    code = "busy"

    def __init__(self, message: str, retry_after_s: float) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Unavailable(GeoDispatchError):
    """Something we stand on is away."""

    code = "unavailable"


class RedisUnavailable(Unavailable):
    """Redis is missing, too old or not answering."""

    code = "redis-unavailable"


class DatabaseUnavailable(Unavailable):
    """The database does not answer, or is of another schema version."""

    code = "database-unavailable"


class GraphUnavailable(Unavailable):
    """There is no compiled road graph, or it is of another version."""

    code = "graph-unavailable"
