"""`geo-dispatch import`, `db` and `tokens`, as people type them."""

import re

import pytest

from geo_dispatch.adapters.sql.store import Store
from geo_dispatch.kernel.actors import Role
from geo_dispatch.services import tokens

SITES = "external_id,name,lon,lat\ns-1,Bakery,9.5209,47.1410\n"


@pytest.fixture
def store(cli, tmp_path):
    assert cli("db", "upgrade")[0] == 0
    store = Store(f"sqlite:///{tmp_path}/var/geo-dispatch.db")
    yield store
    store.close()


def test_before_the_database_is_made_every_command_names_the_remedy(cli, tmp_path):
    (tmp_path / "sites.csv").write_text(SITES)
    for arguments in [("db", "check"), ("tokens", "list"), ("import", "sites", "sites.csv")]:
        status, out, err = cli(*arguments)
        assert (status, out) == (1, "")
        assert "has no tables yet; `geo-dispatch db upgrade`" in err


def test_upgrading_twice_is_upgrading_once(cli, store):
    assert cli("db", "upgrade")[0] == 0
    status, _, err = cli("db", "check")
    assert status == 0
    assert "is of this version" in err


def test_a_file_is_imported_and_counted(cli, store, tmp_path):
    file = tmp_path / "sites.csv"
    file.write_text(SITES)
    assert cli("import", "sites", file, "--dry-run")[1] == (
        "sites: 1 would be created, 0 would be updated, 0 unchanged\n"
    )
    assert cli("import", "sites", file)[1] == "sites: 1 created, 0 updated, 0 unchanged\n"
    assert cli("import", "sites", file)[1] == "sites: 0 created, 0 updated, 1 unchanged\n"


def test_every_fault_has_its_line_on_stderr(cli, store, tmp_path):
    file = tmp_path / "sites.csv"
    file.write_text(SITES + "s-2,,9.5,97\ns-3,Mill,east,47.1\n")
    status, out, err = cli("import", "sites", file)
    assert (status, out) == (1, "")
    assert err.splitlines()[-3:] == [
        f"geo-dispatch: {file}: 2 faults; nothing was imported",
        "  line 3, column name: is blank; write what people call it",
        "  line 4, column lon: 'east' is not a number; write 9.5209",
    ]


def test_the_columns_of_a_file_can_be_asked_for(cli):
    status, out, _ = cli("import", "work-orders", "--columns")
    assert status == 0
    assert re.search(r"site_external_id +required  where, by the site's external id", out)


def test_a_token_is_shown_once_and_works(cli, store):
    _, secret, err = cli("tokens", "create", "--role", "dispatcher", "--name", "front desk")
    assert tokens.authenticate(store, secret.strip()).role is Role.DISPATCHER
    token_id = err.split()[0]
    _, listed, _ = cli("tokens", "list")
    assert token_id in listed
    assert secret.strip() not in listed + err


def test_a_technicians_token_is_made_by_call_sign(cli, store, tmp_path):
    file = tmp_path / "technicians.csv"
    file.write_text("external_id,call_sign\nt-1,Van 07\n")
    cli("import", "technicians", file)
    _, secret, _ = cli("tokens", "create", "--role", "ingest", "--technician", "Van 07")
    assert tokens.authenticate(store, secret.strip()).technician_id is not None
    status, _, err = cli("tokens", "create", "--role", "ingest", "--technician", "Van 99")
    assert status == 1
    assert "no technician 'Van 99'; give a call sign" in err


def test_a_revoked_token_is_listed_as_such(cli, store):
    _, _, err = cli("tokens", "create", "--role", "client")
    token_id = err.split()[0]
    assert cli("tokens", "revoke", token_id)[0] == 0
    assert "revoked" in cli("tokens", "list")[1]
    assert cli("tokens", "revoke", "tok_no")[0] == 1
