"""`geo-dispatch policy` and `performance`, as people type them."""

import pytest

from geo_dispatch.adapters.sql.store import Store

GOOD = '[ranking]\nterritory_min = 5\n[[rules]]\nid = "all"\nthen = { assign = "best" }\n'
REVIEWED = ("--author", "Ann", "--reviewed-by", "Ben", "--note", "nearer is enough")


@pytest.fixture
def cli(cli):
    assert cli("db", "upgrade")[0] == 0
    return cli


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "policy.toml"
    path.write_text(GOOD)
    return path


def test_what_show_prints_can_be_published_again_once_it_says_something_else(cli, file):
    status, text, _ = cli("policy", "show")
    assert status == 0
    file.write_text(text)
    status, _, err = cli("policy", "publish", file, *REVIEWED)
    assert status == 1
    assert "says the same as version 0" in err
    file.write_text(text.replace("margin_min = 2.0", "margin_min = 4.0"))
    status, out, _ = cli("policy", "publish", file, *REVIEWED)
    assert status == 0
    assert out == ("version 1 is in force; it changes 1 value\n  review.margin_min: 2.0 -> 4.0\n")
    assert cli("policy", "show")[1] == file.read_text()


def test_check_tells_what_would_change_and_keeps_nothing(cli, file):
    status, out, _ = cli("policy", "check", file)
    assert status == 0
    assert out.splitlines()[0] == f"{file} may be published; it changes 3 values"
    assert "  ranking.territory_min: 10.0 -> 5.0" in out
    assert cli("policy", "versions")[1] == "0  comes with geo-dispatch\n"


def test_check_tells_every_fault_and_ends_with_one(cli, file):
    file.write_text("[ranking]\nterritory_min = -5\nlateness = 1\n[[rules]]\nid = 3\n")
    status, out, err = cli("policy", "check", file)
    assert (status, out) == (1, "")
    assert err.splitlines() == [
        f"geo-dispatch: {file} has 3 faults",
        "  ranking.lateness: is not known; did you mean 'lateness_price'?",
        "  ranking.territory_min: -5.0 is not a number from 0 to 1e+06",
        "  rules[0].id: 3: should be text",
    ]


def test_a_file_that_is_not_there_is_told(cli, tmp_path):
    status, _, err = cli("policy", "check", tmp_path / "none.toml")
    assert status == 1
    assert "none.toml cannot be read: No such file" in err


def test_nobody_reviews_their_own_policy(cli, file):
    status, _, err = cli(
        "policy", "publish", file, "--author", "Ann", "--reviewed-by", "ann ", "--note", "x"
    )
    assert status == 1
    assert "'ann ' wrote it; somebody else has to look at it" in err


def test_versions_tell_who_changed_what_and_why(cli, file):
    cli("policy", "publish", file, *REVIEWED)
    out = cli("policy", "versions")[1]
    assert "by Ann, reviewed by Ben: nearer is enough" in out
    assert "  ranking.territory_min: 10.0 -> 5.0" in out
    status, _, err = cli("policy", "publish", file, *REVIEWED, "--based-on", "0")
    assert status == 1
    assert "version 1 of the policy is in force, not 0" in err


def test_version_and_show_agree(cli, file):
    cli("policy", "publish", file, *REVIEWED)
    assert cli("policy", "show", "--version", "1")[1] == GOOD
    status, _, err = cli("policy", "show", "--version", "7")
    assert status == 1
    assert "no version of the policy '7'" in err


def test_a_dry_run_over_nothing_says_so(cli, file):
    status, out, err = cli("policy", "simulate", file)
    assert (status, err) == (0, "")
    assert out == "0 decisions judged again: 0 same, 0 elsewhere, 0 assigned, 0 flagged\n"


def test_figures_are_worked_out_when_asked(cli, tmp_path):
    assert "nothing was worked out so far" in cli("performance", "show")[1]
    status, out, _ = cli("performance", "refresh")
    assert (status, out) == (0, "version 1 is in force: 0 figures of technicians, 0 durations\n")
    store = Store(f"sqlite:///{tmp_path}/var/geo-dispatch.db")
    with store.read() as unit:
        assert unit.performances.in_force().version == 1
    store.close()
