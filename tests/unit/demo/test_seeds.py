"""The seeds: twelve vans, forty real buildings, every job doable."""

import osmium
import shapely

from geo_dispatch.adapters.territory_files import read_territories
from geo_dispatch.demo.seeds import load_seeds
from geo_dispatch.kernel.geo import haversine_m
from geo_dispatch.territory.cover import Assigner
from geo_dispatch.territory.model import name_to_id
from tests.support.extract import LIECHTENSTEIN, MUNICIPALITIES

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
            and all(t.certificates.get(name, -1) >= 0 for name in kind.certificates)
        ]
        assert len(able) >= 2, kind.title


def test_every_site_is_a_building_of_the_extract():
    factory = osmium.geom.WKBFactory()
    outlines = [
        shapely.from_wkb(factory.create_multipolygon(area))
        for area in osmium.FileProcessor(LIECHTENSTEIN).with_areas(
            osmium.filter.KeyFilter("building")
        )
        if area.is_area() and "building" in area.tags
    ]
    tree = shapely.STRtree(outlines)
    sites = [shapely.Point(site.location) for site in SEEDS.sites]
    standing, _ = tree.query(sites, predicate="within")
    assert set(range(len(sites))) - set(standing.tolist()) == set()


def test_every_site_and_home_lies_in_its_municipality():
    assigner = Assigner(read_territories(MUNICIPALITIES))
    for site in SEEDS.sites:
        assert assigner.territory_of(site.location) == name_to_id(site.municipality), site.customer
    for technician in SEEDS.technicians:
        assert assigner.territory_of(technician.home) == name_to_id(technician.territory)


def test_the_project_is_at_a_site_of_the_seeds_and_its_crew_can_do_it():
    project, vans = SEEDS.project, {t.call_sign: t for t in SEEDS.technicians}
    assert project.customer in {site.customer for site in SEEDS.sites}
    needed = {name for stage in project.stages for name in stage.certificates}
    assert needed <= vans[project.lead].certificates.keys()
    assert project.member in vans
    provided = {name for provides in project.resources.values() for name in provides}
    assert {name for stage in project.stages for name in stage.needs} <= provided


def test_some_certificate_has_ended_and_some_site_closes():
    assert any(left < 0 for t in SEEDS.technicians for left in t.certificates.values())
    assert any(site.closes for site in SEEDS.sites)
    assert {site.tier for site in SEEDS.sites} == {"standard", "silver", "gold"}
