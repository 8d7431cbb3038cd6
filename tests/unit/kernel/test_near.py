"""Names that were meant."""

from geo_dispatch.kernel.near import did_you_mean, nearest


def test_the_known_name_that_looks_most_like_it_comes_first():
    assert nearest("hvca", ["plumbing", "hvac", "gas"]) == ["hvac"]
    assert nearest("GAS", ["gas", "glass"]) == ["gas", "glass"]


def test_a_name_like_no_other_gets_the_remedy():
    assert did_you_mean("zzz", ["hvac"]) == ""
    assert did_you_mean("zzz", ["hvac"], "enter it first") == "; enter it first"
    assert did_you_mean("hvca", ["hvac"], "enter it first") == "; did you mean 'hvac'?"
