"""What the command line shows when something goes wrong, or takes long."""

from geo_dispatch.cli import console
from geo_dispatch.kernel.errors import Fault, InvalidFile, RedisUnavailable


def test_an_error_is_one_line(capsys):
    console.fail(RedisUnavailable("no Redis here; install it with: apt-get install redis-server"))
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "geo-dispatch: no Redis here; install it with: apt-get install redis-server\n"


def test_faults_follow_the_line_unless_it_names_them(capsys):
    faults = [Fault("line 2, column skills", "'x' is not a skill"), Fault("", "not UTF-8")]
    console.fail(InvalidFile("vans.csv is not usable: not UTF-8", faults))
    assert capsys.readouterr().err.splitlines() == [
        "geo-dispatch: vans.csv is not usable: not UTF-8",
        "  line 2, column skills: 'x' is not a skill",
    ]


def test_away_from_a_terminal_each_step_is_one_line(capsys):
    with console.bars() as progress:
        progress("reading streets", 1, 10)
        progress("reading streets", 10, 10)
        progress("writing", 0, 0)
    assert capsys.readouterr().err.splitlines() == ["reading streets ...", "writing ..."]
