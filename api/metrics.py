"""What Prometheus may ask of this process."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate
from typing import Final

import prometheus_client
from prometheus_client import CollectorRegistry, Gauge, Metric, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from geo_dispatch.services.tracking.pings import PingVerdict
from geo_dispatch.services.tracking.process import ShardHealth

_BOUNDS_S: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

Request = tuple[str, str, int]
"""Method, route and status."""


class _Counts(Collector):
    """A counter with one label, for one event loop: that of prometheus_client locks each step."""

    def __init__(self, name: str, told: str, label: str) -> None:
        self._about = (name, told)
        self._label = label
        self.counts: Counter[str] = Counter()

    def collect(self) -> Iterator[Metric]:
        """What was counted so far."""
        family = CounterMetricFamily(*self._about, labels=[self._label])
        for value, count in self.counts.items():
            family.add_metric([value], count)
        yield family


class _Durations(Collector):
    """A histogram of what requests took, for one event loop, as `_Counts` is."""

    def __init__(self) -> None:
        self._counts: dict[Request, list[int]] = {}
        self._sums_s: dict[Request, float] = {}

    def observe(self, request: Request, duration_s: float) -> None:
        """Take one more."""
        counts = self._counts.get(request)
        if counts is None:
            counts = self._counts[request] = [0] * (len(_BOUNDS_S) + 1)
            self._sums_s[request] = 0.0
        counts[bisect_left(_BOUNDS_S, duration_s)] += 1
        self._sums_s[request] += duration_s

    def collect(self) -> Iterator[Metric]:
        """What was seen so far."""
        family = HistogramMetricFamily(
            "geo_dispatch_http_request_duration_seconds",
            "Time to answer a request; of a stream, until its end.",
            labels=["method", "route", "status"],
        )
        bounds = [*map(floatToGoString, _BOUNDS_S), "+Inf"]
        for request, counts in self._counts.items():
            buckets = list(zip(bounds, accumulate(counts), strict=True))
            family.add_metric([*map(str, request)], buckets, self._sums_s[request])
        yield family


class Metrics:
    """The counters of one app; each app has its own registry, so that two never share counts."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self._requests = _Durations()
        self._pings = _Counts("geo_dispatch_pings", "Pings received, by verdict.", "verdict")
        self._quarantined = _Counts(
            "geo_dispatch_quarantined",
            "Pings put in quarantine, by what was wrong with them.",
            "code",
        )
        for one in (self._requests, self._pings, self._quarantined):
            self.registry.register(one)
        self.stream_clients = Gauge(
            "geo_dispatch_stream_clients", "Open event streams.", registry=self.registry
        )
        self.stream_resets = prometheus_client.Counter(
            "geo_dispatch_stream_resets",
            "Streams ended because their reader was too slow.",
            registry=self.registry,
        )
        self._mirror_age = Gauge(
            "geo_dispatch_mirror_age_seconds",
            "Time since the mirror of positions last heard of Redis; NaN before it is ready.",
            registry=self.registry,
        )
        self._mirror_positions = Gauge(
            "geo_dispatch_mirror_positions",
            "Technicians whose position the mirror holds.",
            registry=self.registry,
        )
        self._shard_worked = Gauge(
            "geo_dispatch_shard_worked",
            "1 while a worker brings the shard's fixes into SQL, 0 while nobody does.",
            ["shard"],
            registry=self.registry,
        )
        self._shard_waiting = Gauge(
            "geo_dispatch_shard_waiting_batches",
            "Batches of fixes that are in Redis and not yet in SQL.",
            ["shard"],
            registry=self.registry,
        )
        self._shard_stuck = Gauge(
            "geo_dispatch_shard_stuck_technicians",
            "Technicians whose fixes can't be folded: quarantine says why.",
            ["shard"],
            registry=self.registry,
        )

    def observe_request(self, request: Request, duration_s: float) -> None:
        """A request was answered."""
        self._requests.observe(request, duration_s)

    def count_pings(self, verdicts: Iterable[PingVerdict]) -> None:
        """Count what became of the pings of a request."""
        for one in verdicts:
            self._pings.counts[one.verdict] += 1
            if one.code:
                self._quarantined.counts[one.code] += 1

    def note_shards(self, shards: Iterable[ShardHealth]) -> None:
        """Take over how each shard stands; shards left out are no longer told of."""
        self._shard_worked.clear()
        self._shard_waiting.clear()
        self._shard_stuck.clear()
        for shard in shards:
            self._shard_worked.labels(str(shard.shard)).set(shard.worker is not None)
            self._shard_waiting.labels(str(shard.shard)).set(shard.waiting)
            self._shard_stuck.labels(str(shard.shard)).set(len(shard.stuck))

    def watch_mirror(self, age_s: Callable[[], float], positions: Callable[[], int]) -> None:
        """Ask the mirror for its figures whenever Prometheus asks us."""
        self._mirror_age.set_function(age_s)
        self._mirror_positions.set_function(positions)

    def exposition(self) -> bytes:
        """All figures in Prometheus's text format."""
        return generate_latest(self.registry)
