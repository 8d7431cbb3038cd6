"""Requests that no honest client would send, made from the OpenAPI document and a seed."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

HUGE_TEXT = "x" * 20_000
NASTY: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    2**31,
    10**30,
    -0.5,
    1e308,
    float("nan"),
    float("inf"),
    "",
    "  ",
    HUGE_TEXT,
    "a\0b",
    "🚐👩‍🔧",
    "\ud800",
    "'; DROP TABLE orders; --",
    "<script>alert(1)</script>",
    "-1",
    "nan",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "2026-03-29T02:30:00+01:00",
    "2026-03-02T12:00:00",
    "2026-02-30",
    [],
    [[]],
    [None] * 3,
    {},
    {"": ""},
)
TIMES = (
    "2026-03-02T08:00:00Z",
    "2026-03-02T11:00:00Z",
    "2026-03-29T01:30:00Z",
    "1970-01-02T00:00:00Z",
    "2199-12-30T00:00:00Z",
)
DATES = ("2026-03-02", "2026-03-29", "2026-10-25", "1970-01-01", "2199-12-31", "9999-12-31")
SHAPES = (
    [[[9.50, 47.13], [9.53, 47.13], [9.53, 47.15], [9.50, 47.13]]],
    [[[[9.50, 47.13], [9.53, 47.13], [9.53, 47.15], [9.50, 47.13]]]],
    [[[9.50, 47.13], [9.53, 47.15], [9.53, 47.13], [9.50, 47.15], [9.50, 47.13]]],
    [[[47.13, 9.50], [47.13, 9.53], [47.15, 9.53], [47.13, 9.50]]],
    [[[500, 500], [501, 500], [501, 501], [500, 500]]],
    [{"": ""}, "hvac"],
    [],
)
FORMATS: Mapping[str, Sequence[str]] = {
    "date-time": TIMES,
    "date": DATES,
    "local-time": ("08:00", "00:00", "23:59:59", "02:30"),
}
_PLACES = ("9.52,47.14", "9.5086,47.165", "nan,1", "9.5", "0,0")
BY_NAME: Mapping[str, Sequence[Any]] = {
    "coordinates": SHAPES,
    "lon": (9.52, 9.51, -179.9, 180),
    "lat": (47.14, 47.1, -90, 0),
    "from": _PLACES,
    "to": _PLACES,
    "near": _PLACES,
    "url": ("https://example.com/hook", "http://127.0.0.1:1/", "ftp://x"),
    "date": DATES,
    "day": DATES,
}
WORDS = ("repair", "hvac", "best", "Van 01", "gold", "🚐")
VERSIONS = ('"1"', '"2"', '"999999"', "*", "1", '""', '"-1"', "yesterday")


@dataclass
class Hostile:
    """A client that knows the document and the ids of what there is, by kind."""

    document: Mapping[str, Any]
    ids: Mapping[str, Sequence[str]]
    seed: int
    dice: random.Random = field(init=False)
    rudeness: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)

    def requests(self, each: int) -> Iterator[tuple[str, dict[str, Any]]]:
        """Operation id and what to send, several times for each operation that ends."""
        for path, methods in self.document["paths"].items():
            for method, operation in methods.items():
                if not _streams(operation):
                    for _ in range(each):
                        yield operation["operationId"], self.request(path, method, operation)

    def request(self, path: str, method: str, operation: Mapping[str, Any]) -> dict[str, Any]:
        """One request, as arguments of a client; some have many faults, some one, some none."""
        self.rudeness = self.dice.choice([0.0, 0.0, 0.04, 0.2])
        params: dict[str, Any] = {}
        headers: dict[str, str] = {}
        for parameter in operation.get("parameters", ()):
            name, place, schema = parameter["name"], parameter["in"], parameter["schema"]
            if place == "path":
                path = path.replace(f"{{{name}}}", quote(self.identity(name), safe=""))
            elif place == "query":
                if parameter.get("required") or self.dice.random() < 0.5:
                    params[name] = self.typed(self.value(schema, 0, name))
            elif name.lower() == "if-match":
                headers[name] = self.dice.choice(VERSIONS)
            elif name.lower() == "idempotency-key" and self.dice.random() < 0.3:
                headers[name] = self.dice.choice(["again", "", "x" * 300, "a b"])
        request = {"method": method.upper(), "url": path, "params": params, "headers": headers}
        content = operation.get("requestBody", {}).get("content", {})
        if content:
            schema = next(iter(content.values()))["schema"]
            request["json"] = self.value(schema, 0, "body")
        return request

    def identity(self, name: str) -> str:
        """An id of what the name says; of something else or of nothing, if rude."""
        kinds = [kind for kind in self.ids if kind in name]
        if not kinds or self.rude():
            if self.rude():
                return self.dice.choice(["no_such", "🚐", "x" * 400, "%00", "..", "0", "-1"])
            kinds = list(self.ids)
        return self.dice.choice(self.ids[self.dice.choice(kinds)])

    def rude(self) -> bool:
        """Whether to be so now."""
        return self.dice.random() < self.rudeness

    def typed(self, value: Any) -> Any:
        """A value as an address can hold it."""
        if isinstance(value, str):
            return value.encode("utf-8", "replace").decode()[:2000]
        return value if isinstance(value, int | float | None) else str(value)[:200]

    def value(self, schema: Mapping[str, Any], depth: int, name: str) -> Any:
        """Mostly what the schema asks for, now and then not."""
        schema = self.resolved(schema)
        several = schema.get("anyOf") or schema.get("oneOf")
        if several:
            return self.value(self.dice.choice(several), depth, name)
        if depth and self.rude():
            return self.dice.choice(NASTY)
        if name in BY_NAME:
            return self.dice.choice(BY_NAME[name])
        kind = schema.get("type")
        if kind == "object":
            return self.object(schema, depth)
        if kind == "array":
            length = self.dice.choice([0, 1, 1, 2, 3])
            return [self.value(schema.get("items", {}), depth + 1, name) for _ in range(length)]
        return self.dice.choice(self.scalars(schema, kind, name))

    def object(self, schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
        """Its fields; optional ones now and then, rarely one too many."""
        if depth > 8:
            return {}
        needed = schema.get("required", ())
        made = {
            name: self.value(inner, depth + 1, name)
            for name, inner in schema.get("properties", {}).items()
            if (name in needed and not self.rude())
            or self.dice.random() < (0.6 if name.endswith("_id") else 0.25)
        }
        inner = schema.get("additionalProperties")
        if isinstance(inner, Mapping):
            for key in self.dice.sample(["a", "leak", "", "🚐"], 2):
                made[key] = self.value(inner, depth + 1, key)
        if self.rude():
            made["unheard_of"] = 1
        return made

    def scalars(self, schema: Mapping[str, Any], kind: str | None, name: str) -> Sequence[Any]:
        """Texts, numbers or truths that may do; ids are what their names say."""
        if "const" in schema or "enum" in schema:
            return schema.get("enum") or [schema["const"]]
        if kind in ("integer", "number"):
            low = schema.get("minimum", schema.get("exclusiveMinimum", 0))
            high = schema.get("maximum", schema.get("exclusiveMaximum", 2**40))
            turn = int if kind == "integer" else float
            return [turn(number) for number in (low, high, low + 1, 3, 60, 3600)]
        if kind in ("boolean", "null"):
            return [True, False] if kind == "boolean" else [None]
        if schema.get("format") in FORMATS:
            return FORMATS[schema["format"]]
        if name.endswith(("_id", "_ids")) and name != "external_id":
            people = name.replace("lead", "technician").replace("member", "technician")
            return [self.identity(people)]
        return [*WORDS, self.identity(name)]

    def resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """Follow a reference into the document."""
        while "$ref" in schema:
            schema = self.document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]
        return schema


def _streams(operation: Mapping[str, Any]) -> bool:
    content = operation["responses"].get("200", {}).get("content", {})
    return "text/event-stream" in content
