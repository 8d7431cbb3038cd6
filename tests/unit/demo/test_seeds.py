"""The seeds: twelve vans, forty real buildings, every job doable."""

from geo_dispatch.demo.seeds import load_seeds
from geo_dispatch.kernel.geo import haversine_m

SEEDS = load_seeds()


def test_twelve_technicians_are_known_by_call_sign():
    assert [t.call_sign for t in SEEDS.technicians] == [f"Van {n:02}" for n in range(1, 13)]


def test_forty_sites_lie_apart_from_each_other():
    places = [site.location for site in SEEDS.sites]
    assert len(places) == 40
    assert len({site.customer for site in SEEDS.sites}) == 40
    assert all(haversine_m(a, b) > 20 for i, a in enumerate(places) for b in places[:i])


def test_every_job_finds_a_site_and_two_technicians_who_can_do_it():
    for kind in (*SEEDS.jobs, SEEDS.emergency):
        assert not kind.kinds or any(site.kind in kind.kinds for site in SEEDS.sites), kind.title
        able = [
            t
            for t in SEEDS.technicians
            if all(t.skills.get(name, 0) >= level for name, level in kind.skills.items())
        ]
        assert len(able) >= 2, kind.title
