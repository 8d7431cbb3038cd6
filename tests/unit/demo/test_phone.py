"""What a technician of the demo does next."""

from geo_dispatch.demo.phone import in_turn


def job(name, sequence, status="assigned", **more):
    return {"id": name, "sequence": sequence, "status": status, **more}


def turns(*jobs):
    return [one["id"] for one in in_turn(jobs)]


def test_jobs_are_done_in_the_sequence_that_the_office_sees():
    later = {"start": "2026-07-01T10:00:00Z", "end": "2026-07-01T12:00:00Z"}
    assert turns(job("b", 2), job("a", 1, window=later), job("c", 3)) == ["a", "b", "c"]


def test_where_one_is_comes_before_where_one_goes_and_that_before_the_rest():
    jobs = [job("next", 1), job("going", 3, "en_route"), job("here", 4, "on_the_tools")]
    assert turns(*jobs) == ["here", "going", "next"]
