"""Where technicians are believed to be: what jumped or was made up moves nobody."""

import pytest

from geo_dispatch.services.tracking import whereabouts
from tests.support.fixes import fix_at
from tests.support.tracking import open_tracking


@pytest.fixture
def office(tmp_path, empty_redis):
    with open_tracking(tmp_path, empty_redis) as office:
        office.later()
        yield office


@pytest.mark.parametrize("more", [{}, {"mock": True}], ids=["jump", "made up"])
def test_after_a_fix_that_cannot_be_believed_the_last_place_stands(office, more):
    van = office.office.technician()
    home = fix_at(0, 0, 0, technician_id=van.id)
    office.track([home])
    office.track([fix_at(9000, 0, 5, technician_id=van.id, **more)])
    assert office.ctx.live.positions()[0].at_ms != home.at_ms
    assert whereabouts.believed(office.ctx, [van])[van.id].place == home.place
    assert whereabouts.everybody(office.ctx).get(van.id).place == home.place


def test_a_fix_that_the_worker_has_not_seen_yet_is_judged_all_the_same(office):
    van = office.office.technician()
    home, near = fix_at(0, 0, 0, technician_id=van.id), fix_at(40, 0, 5, technician_id=van.id)
    office.track([home])
    office.send([near])
    assert whereabouts.believed(office.ctx, [van])[van.id].place == near.place
    office.send([fix_at(9000, 0, 10, technician_id=van.id)])
    assert whereabouts.believed(office.ctx, [van])[van.id].place == home.place


def test_who_only_made_fixes_up_is_believed_to_be_nowhere(office):
    van = office.office.technician()
    office.track([fix_at(0, 0, 0, technician_id=van.id, mock=True)])
    assert whereabouts.believed(office.ctx, [van]) == {}
