"""The roads of the moment: the area's streets as built, under the changes that are in force.

Every process has its own, and keeps it true by itself (`road_keeper`). A change of the roads is a
new engine in the place of the old one: whoever is at work goes on with the one that they have.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import numpy as np

from geo_dispatch.adapters.hierarchy_files import open_metric, write_metric
from geo_dispatch.adapters.sql.store import Store
from geo_dispatch.dispatch.records.road_changes import RoadChangeRecord
from geo_dispatch.kernel.errors import GraphUnavailable
from geo_dispatch.kernel.geo import LonLat
from geo_dispatch.roads.changes import RoadChange, closing, reweighted, touched
from geo_dispatch.roads.engine import RoadEngine
from geo_dispatch.roads.graph import RoadGraph
from geo_dispatch.roads.hierarchy.customisation import Metric, arc_weights, customised
from geo_dispatch.roads.touching import Touched


@dataclass(frozen=True, slots=True, eq=False)
class InForce:
    """The roads at one moment; never changes.

    Attributes
    ----------
    version
        Of the changes in SQL that it was made of.
    records
        The changes that one drives by, by age.
    since
        When this process noticed; None for those that it began with.
    remarks
        What whoever runs the deployment should know of it.
    """

    engine: RoadEngine
    version: int
    records: tuple[RoadChangeRecord, ...]
    since: datetime | None
    remarks: tuple[str, ...] = ()


@dataclass(slots=True)
class LiveRoads:
    """The engine of the moment, and what it is made of.

    Attributes
    ----------
    built
        The roads without any change: what is driven is looked up on these.
    metric_path
        Where the weights in force lie for the deployment's other processes; None: nowhere.
    trouble
        Why changes may have been missed; empty while all is well.
    """

    built: RoadEngine
    metric_path: Path | None = None
    trouble: str = ""
    _in_force: InForce = field(init=False)
    _standing: list[RoadChangeRecord] = field(default_factory=list)
    _touched: dict[str, Touched] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._in_force = InForce(self.built, -1, (), None)

    @property
    def in_force(self) -> InForce:
        """The roads of the moment: read it once for what must be of one piece."""
        return self._in_force

    @property
    def standing(self) -> Sequence[RoadChangeRecord]:
        """Changes that hold now or later, as last read."""
        return self._standing

    def follow(self, store: Store, scope: str, now: datetime) -> None:
        """Drive by what SQL says is in force now; answers are right when it returns.

        Raises
        ------
        DatabaseUnavailable
            The database does not answer; the roads stay as they are.
        """
        with self._lock:
            with store.read() as unit:
                version = unit.road_changes.version(scope)
                if version != self._in_force.version:
                    self._standing = unit.road_changes.standing(scope, now)
                    known, self._touched = self._touched, {}
                    for one in self._standing:
                        if one.id in known:
                            self._touched[one.id] = known[one.id]
            records = tuple(one for one in self._standing if one.holds_at(now))
            before = self._in_force
            same = [one.id for one in records] == [one.id for one in before.records]
            if same and version == before.version:
                return
            if same:
                self._in_force = replace(before, version=version)
                return
            engine, remarks = self._driven(records, version)
            since = None if before.version < 0 else now
            self._in_force = InForce(engine, version, records, since, remarks)

    def require(self) -> None:
        """Raise `GraphUnavailable` while changes may have been missed."""
        if self.trouble:
            raise GraphUnavailable(self.trouble)

    def on(self, record: RoadChangeRecord) -> Touched:
        """The streets that a change is about."""
        found = self._touched.get(record.id)
        if found is None:
            found = touched(self.built.graph, record.change)
            self.remember(record, found)
        return found

    def remember(self, record: RoadChangeRecord, on: Touched) -> None:
        """These are the streets that the change is about: finding them takes a while."""
        self._touched[record.id] = on

    def what_if(self, change: RoadChange) -> RoadEngine:
        """The roads of the moment under one more change."""
        changes = [*self._with_streets(self._in_force.records)]
        changes.append((change, touched(self.built.graph, change)))
        return self.built.with_weights(reweighted(self.built.graph, changes))

    def cutting_off(self, source: LonLat, target: LonLat) -> list[RoadChangeRecord]:
        """The closures on the way that one would take, if there is none because of them."""
        now = self._in_force
        if not now.records or len(now.engine.streets_between(source, target)):
            return []
        streets = self.built.streets_between(source, target)
        met = closing(streets, list(self._with_streets(now.records)))
        return [now.records[at] for at in met]

    def _with_streets(
        self, records: Iterable[RoadChangeRecord]
    ) -> Iterable[tuple[RoadChange, Touched]]:
        return ((one.change, self.on(one)) for one in records)

    def _driven(
        self, records: Sequence[RoadChangeRecord], version: int
    ) -> tuple[RoadEngine, tuple[str, ...]]:
        """The roads under these changes, ready to be asked, and what to remark."""
        if not records:
            return self.built, ()
        remarks = [
            f"{one.id}: OSM ways {self.on(one).lacking} are no streets of this area"
            for one in records
            if self.on(one).lacking
        ]
        graph = reweighted(self.built.graph, list(self._with_streets(records)))
        metric = self._metric(graph)
        if metric is None:
            metric = customised(self.built.topology, arc_weights(graph))
            remarks += self._shared(metric, version)
        engine = self.built.with_weights(graph, metric)
        west, south, _, _ = engine.bounds
        engine.snap(np.array([[west, south]]))  # the first question is not to wait for the index
        _ = engine.fastest_mps
        return engine, tuple(remarks)

    def _metric(self, graph: RoadGraph) -> Metric | None:
        """The weights on the hierarchy that another process has made, if they are the same."""
        if self.metric_path is None:
            return None
        try:
            _, theirs = open_metric(self.metric_path, self.built.topology)
        except GraphUnavailable:  # there is none yet, or of another program or area
            return None
        return theirs if np.array_equal(theirs.weights, arc_weights(graph)) else None

    def _shared(self, metric: Metric, version: int) -> list[str]:
        """Leave the weights to the others; what to remark if that can't be."""
        if self.metric_path is not None:
            try:
                write_metric(self.metric_path, metric, self.built.topology, version)
            except OSError as error:
                return [f"weights stay in memory: {self.metric_path}: {error.strerror}"]
        return []
