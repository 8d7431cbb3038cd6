"""What Prometheus may ask of this process."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

from geo_dispatch.services.tracking.pings import PingVerdict
from geo_dispatch.services.tracking.process import ShardHealth


class Metrics:
    """The counters of one app; each app has its own registry, so that two never share counts."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self.request_duration = Histogram(
            "geo_dispatch_http_request_duration_seconds",
            "Time to answer a request; of a stream, until its end.",
            ["method", "route", "status"],
            registry=self.registry,
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
        )
        self.pings = Counter(
            "geo_dispatch_pings",
            "Pings received, by verdict.",
            ["verdict"],
            registry=self.registry,
        )
        self._requests: dict[tuple[str, str, int], Histogram] = {}
        self._verdicts: dict[str, Counter] = {}
        """Finding a child by its labels takes longer than counting: they are kept."""
        self.quarantined = Counter(
            "geo_dispatch_quarantined",
            "Pings put in quarantine, by what was wrong with them.",
            ["code"],
            registry=self.registry,
        )
        self.stream_clients = Gauge(
            "geo_dispatch_stream_clients", "Open event streams.", registry=self.registry
        )
        self.stream_resets = Counter(
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

    def observe_request(self, method: str, route: str, status: int, duration_s: float) -> None:
        """A request of the fast path was answered."""
        key = (method, route, status)
        known = self._requests.get(key)
        if known is None:
            known = self._requests[key] = self.request_duration.labels(method, route, str(status))
        known.observe(duration_s)

    def count_pings(self, verdicts: Iterable[PingVerdict]) -> None:
        """Count what became of the pings of a request."""
        counts: dict[str, int] = {}
        for one in verdicts:
            counts[one.verdict] = counts.get(one.verdict, 0) + 1
            if one.code:
                self.quarantined.labels(one.code).inc()
        for verdict, count in counts.items():
            known = self._verdicts.get(verdict)
            if known is None:
                known = self._verdicts[verdict] = self.pings.labels(verdict)
            known.inc(count)

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
