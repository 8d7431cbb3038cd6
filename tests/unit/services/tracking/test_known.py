"""Who is known at the door: in memory, and as SQL has it all the same."""

import asyncio

import pytest

from geo_dispatch.kernel.actors import CLI, Role
from geo_dispatch.kernel.errors import Unauthenticated
from geo_dispatch.services import tokens
from geo_dispatch.services.records import keeping as records
from geo_dispatch.services.tracking.known import Known
from tests.support.tracking import open_tracking


@pytest.fixture
def office(tmp_path, empty_redis):
    with open_tracking(tmp_path, empty_redis) as office:
        yield office


@pytest.fixture
def van(office):
    return office.office.technician()


def run(work):
    async def bounded():
        return await asyncio.wait_for(work(), 30)

    return asyncio.run(bounded())


def test_what_is_known_is_at_hand_after_the_first_question(office, van):
    _, secret = tokens.create(office.ctx, Role.INGEST, technician_id=van.id)

    async def work():
        known = Known(office.ctx, check_s=60)
        assert known.actor_at_hand(secret.encode()) is None
        assert van.id not in known.at_hand()
        actor = await known.actor(secret.encode())
        await known.members([van.id])
        assert known.actor_at_hand(secret.encode()) == actor
        assert known.at_hand()[van.id].technician == van

    run(work)


def test_a_token_that_was_revoked_is_refused_from_the_next_look_on(office, van):
    token, secret = tokens.create(office.ctx, Role.INGEST, technician_id=van.id)

    async def work():
        known = Known(office.ctx, check_s=60)
        await known.actor(secret.encode())
        tokens.revoke(office.ctx, token.id)
        assert (await known.actor(secret.encode())).technician_id == van.id
        known.doubt()
        with pytest.raises(Unauthenticated, match="was revoked"):
            await known.actor(secret.encode())

    run(work)


def test_a_changed_technician_is_read_again_and_a_new_one_found(office, van):
    async def work():
        known = Known(office.ctx, check_s=60)
        assert set(await known.members([van.id, "tc_new"])) == {van.id}
        new = office.office.technician("Van 08")
        change = {"call_sign": "Van 70"}
        kind = records.TECHNICIANS
        records.change(office.ctx, kind, van.id, change, actor=CLI, expected_version=None)
        known.doubt()
        found = await known.members([van.id, new.id, "tc_new"])
        return {one.technician.call_sign for one in found.values()}

    assert run(work) == {"Van 70", "Van 08"}


def test_however_long_looking_takes_nobody_waits_for_more_than_two_looks(office, van):
    """With nothing believed for any time, each question is a look; many share one."""

    async def work():
        known = Known(office.ctx, check_s=0)

        async def ask(times):
            for _ in range(times):
                assert van.id in await known.members([van.id])
                await asyncio.sleep(0)

        await asyncio.gather(*(ask(20) for _ in range(40)))

    run(work)
