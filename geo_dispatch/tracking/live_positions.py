"""Where everybody is, from fixes as they come: a jump is not shown until a second fix agrees.

The judge is that of the track, `plausibility.believe`; here fixes are judged as they come in,
there in the order of their times. Where the two differ, as after a late fix, the next two fixes
settle it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from geo_dispatch.kernel.ids import TechnicianId
from geo_dispatch.tracking.fixes import Fix
from geo_dispatch.tracking.nearest import PositionIndex
from geo_dispatch.tracking.plausibility import Trust, believe
from geo_dispatch.tracking.positions import fix_to_position


class LivePositions:
    """The newest believed position of each technician, indexed.

    Attributes
    ----------
    index
        Who only ever sent fixes that their device calls made up stands in it where those say.
    """

    def __init__(self, trusts: Mapping[TechnicianId, Trust] | None = None) -> None:
        self.index = PositionIndex()
        self._trusts: dict[TechnicianId, Trust] = {}
        self._made_up_ms: dict[TechnicianId, int] = {}
        for technician_id, trust in (trusts or {}).items():
            if trust.last is not None:
                self._trusts[technician_id] = trust

    def take(self, fix: Fix) -> bool:
        """Take the next fix; say whether what is shown of its technician changed."""
        technician_id = fix.technician_id
        trust = self._trusts.get(technician_id) or Trust()
        if fix.mock:
            return self._note_made_up(fix, trust)
        doubted = trust.suspect
        late = trust.last is not None and fix.key < trust.last.key
        again = doubted is not None and fix.key == doubted.key
        believed: tuple[Fix, ...] = ()
        if doubted is not None and fix.key < doubted.key and not late:
            trust, believed = believe(replace(trust, suspect=None), fix)
            trust, further = believe(trust, doubted)
            believed = (*believed, *further)
        elif not late and not again:
            trust, believed = believe(trust, fix)
        self._trusts[technician_id] = trust
        if not believed and trust.last is not None and self.index.get(technician_id) is None:
            believed = (trust.last,)
        for one in believed:
            self._show(one)
        return bool(believed)

    def forget(self, technician_id: TechnicianId) -> None:
        """Know nothing of the technician any more."""
        self._trusts.pop(technician_id, None)
        self._made_up_ms.pop(technician_id, None)
        self.index.remove(technician_id)

    def keep_only(self, technician_ids: Collection[TechnicianId]) -> None:
        """Forget everybody else."""
        known = {*self._trusts, *(position.technician_id for position in self.index)}
        for technician_id in known - set(technician_ids):
            self.forget(technician_id)

    def is_made_up(self, technician_id: TechnicianId) -> bool:
        """Whether the device calls its newest fix made up; what is shown is the last believed."""
        position = self.index.get(technician_id)
        made_up_ms = self._made_up_ms.get(technician_id)
        return made_up_ms is not None and (position is None or position.at_ms <= made_up_ms)

    def _note_made_up(self, fix: Fix, trust: Trust) -> bool:
        before = self._made_up_ms.get(fix.technician_id)
        if before is not None and fix.at_ms < before:
            return False
        was = self.is_made_up(fix.technician_id)
        self._made_up_ms[fix.technician_id] = fix.at_ms
        nobody = self.index.get(fix.technician_id) is None
        if trust.last is None or nobody:
            self._show(trust.last or fix)
        return trust.last is None or nobody or was != self.is_made_up(fix.technician_id)

    def _show(self, fix: Fix) -> None:
        known = self.index.get(fix.technician_id)
        if known is not None and known.mock and not fix.mock:
            self.index.remove(fix.technician_id)
        self.index.update(fix_to_position(fix))


def live_positions(
    fixes: Iterable[Fix], trusts: Mapping[TechnicianId, Trust] | None = None
) -> LivePositions:
    """Those of the newest fix of each technician, given what their tracks believed before."""
    found = LivePositions(trusts)
    for fix in fixes:
        found.take(fix)
    return found
