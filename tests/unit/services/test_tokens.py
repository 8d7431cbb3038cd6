"""Tokens are shown once, kept as a digest, and good until revoked."""

import pytest
from sqlalchemy import text

from geo_dispatch.kernel.actors import Role
from geo_dispatch.kernel.errors import InvalidInput, NotFound, Unauthenticated
from geo_dispatch.services import tokens
from geo_dispatch.services.records import keeping as records
from tests.support.records import DISPATCHER, open_office


@pytest.fixture
def office(tmp_path):
    with open_office(tmp_path) as office:
        yield office


def test_whoever_holds_the_secret_is_known(office):
    token, secret = tokens.create(office.desk, Role.DISPATCHER, "front desk")
    actor = tokens.authenticate(office.desk.store, secret)
    assert (actor.name, actor.role, actor.technician_id) == (
        f"token:{token.id}",
        Role.DISPATCHER,
        None,
    )


def test_the_secret_is_nowhere_in_the_database(office, tmp_path):
    _, secret = tokens.create(office.desk, Role.ADMIN)
    office.desk.store.close()
    for file in tmp_path.iterdir():
        assert secret.removeprefix("gd_").encode() not in file.read_bytes()
    with office.desk.store.read() as unit:
        digests = unit.connection.execute(text("SELECT digest FROM tokens")).scalars().all()
    assert [len(digest) for digest in digests] == [64]


@pytest.mark.parametrize("secret", ["", "gd_", "gd_nobody", "nobody"])
def test_unknown_secrets_are_refused(office, secret):
    tokens.create(office.desk, Role.ADMIN)
    with pytest.raises(Unauthenticated, match="tokens create"):
        tokens.authenticate(office.desk.store, secret)


def test_a_revoked_token_is_refused_at_once(office):
    token, secret = tokens.create(office.desk, Role.CLIENT)
    tokens.revoke(office.desk, token.id)
    with pytest.raises(Unauthenticated, match=f"{token.id} was revoked"):
        tokens.authenticate(office.desk.store, secret)


def test_revoking_what_is_not_there_names_it(office):
    with pytest.raises(NotFound, match="tok_no"):
        tokens.revoke(office.desk, "tok_no")


@pytest.mark.parametrize("role", [Role.TECHNICIAN, Role.INGEST])
def test_a_technicians_token_speaks_for_that_technician(office, role):
    technician = office.technician("Van 07")
    token, secret = tokens.create(office.desk, role, technician_id=technician.id)
    assert token.name == "Van 07"
    assert tokens.authenticate(office.desk.store, secret).technician_id == technician.id


@pytest.mark.parametrize(
    ("role", "whose", "said"),
    [
        (Role.TECHNICIAN, None, "needs the technician"),
        (Role.INGEST, None, "needs the technician"),
        (Role.DISPATCHER, "tc_1", "speaks for nobody"),
        (Role.FLEET, "tc_1", "speaks for nobody"),
    ],
)
def test_only_those_roles_have_a_technician(office, role, whose, said):
    with pytest.raises(InvalidInput, match=said):
        tokens.create(office.desk, role, technician_id=whose)


def test_unknown_technicians_get_no_token(office):
    with pytest.raises(NotFound, match="tc_no"):
        tokens.create(office.desk, Role.TECHNICIAN, technician_id="tc_no")


def test_retiring_a_technician_ends_their_tokens(office):
    technician = office.technician()
    other = office.technician("Van 08")
    _, secret = tokens.create(office.desk, Role.TECHNICIAN, technician_id=technician.id)
    _, kept = tokens.create(office.desk, Role.TECHNICIAN, technician_id=other.id)
    records.retire(
        office.desk, records.TECHNICIANS, technician.id, actor=DISPATCHER, expected_version=1
    )
    with pytest.raises(Unauthenticated):
        tokens.authenticate(office.desk.store, secret)
    assert tokens.authenticate(office.desk.store, kept).technician_id == other.id
    with pytest.raises(InvalidInput, match="retired"):
        tokens.create(office.desk, Role.TECHNICIAN, technician_id=technician.id)
