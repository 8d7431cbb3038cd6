"""Address search: what people type finds what they mean, and the best answer is first."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor

import pytest

from geo_dispatch.adapters.places import Places, build_places, fold
from geo_dispatch.kernel.errors import InvalidFile, Unavailable
from geo_dispatch.kernel.geo import LonLat, haversine_m
from tests.support.extract import LIECHTENSTEIN, write_osm

LANDESMUSEUM = LonLat(9.5223, 47.1388)


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    out = tmp_path_factory.mktemp("places") / "places.db"
    assert build_places(LIECHTENSTEIN, out) > 1000
    return Places(out)


@pytest.fixture
def drawn(tmp_path):
    """Search over places drawn in place."""

    def build(*points, lines=()):
        build_places(write_osm(tmp_path / "x.osm", points=points, lines=lines), tmp_path / "p.db")
        return Places(tmp_path / "p.db")

    return build


def labels(found):
    return [place.label for place in found]


@pytest.mark.parametrize(
    "typed",
    [
        "Städtle 43, Vaduz",
        "stadtle 43",
        "STAEDTLE 43",
        "43 Städtle",
        "städt 43 vad",
        "  städtle,43  ",
    ],
)
def test_an_address_is_found_however_it_is_typed(places, typed):
    first = places.search(typed)[0]
    assert (first.label, first.kind) == ("Städtle 43, Vaduz", "address")
    assert haversine_m(first.lonlat, LANDESMUSEUM) < 100


@pytest.mark.parametrize("typed", ["Landstr. Triesen", "landstraße triesen", "landst tries"])
def test_streets_answer_to_their_abbreviations(places, typed):
    assert labels(places.search(typed))[0] == "Landstrasse, Triesen"


def test_streets_of_one_name_in_several_towns_are_told_apart(places):
    found = places.search("Dorfstrasse")
    assert labels(found)[:3] == [
        "Dorfstrasse, Planken",
        "Dorfstrasse, Ruggell",
        "Dorfstrasse, Triesen",
    ]


def test_among_equals_the_near_one_wins(places):
    triesen = LonLat(9.53, 47.107)
    assert labels(places.search("Dorfstrasse", near=triesen))[0] == "Dorfstrasse, Triesen"


def test_an_exact_name_comes_before_one_that_begins_so(places):
    first = places.search("Vaduz")[0]
    assert (first.label, first.kind) == ("Vaduz", "place")


def test_without_a_number_streets_come_before_places_venues_and_addresses(drawn):
    found = drawn(
        ((9.5, 47.1), {"place": "hamlet", "name": "Mill Hill"}),
        ((9.51, 47.1), {"shop": "yes", "name": "Mill Shop"}),
        ((9.52, 47.1), {"addr:street": "Mill Road", "addr:housenumber": "7"}),
        lines=[(((9.53, 47.1), (9.54, 47.1)), {"highway": "residential", "name": "Mill Road"})],
    ).search("mill")
    assert labels(found) == ["Mill Road", "Mill Hill", "Mill Shop", "Mill Road 7"]


def test_a_number_that_no_address_has_leads_to_the_street(places):
    found = places.search("Landstrasse 9999")
    assert found[0].label.startswith("Landstrasse,")
    assert found[0].kind == "street"


def test_whole_house_numbers_come_before_longer_ones(drawn):
    found = drawn(
        *(
            ((9.5, 47.1 + n / 1000), {"addr:street": "Rue", "addr:housenumber": number})
            for n, number in enumerate(["41", "4", "4a", "400"])
        )
    ).search("rue 4")
    assert labels(found)[0] == "Rue 4"
    assert len(found) == 4


def test_venues_are_found_by_name(places):
    assert labels(places.search("landesspital")) == ["Liechtensteinisches Landesspital, Vaduz"]


def test_a_place_without_a_municipality_belongs_to_the_nearest_town(drawn):
    found = drawn(
        ((9.5, 47.1), {"place": "village", "name": "Near"}),
        ((9.7, 47.1), {"place": "village", "name": "Far"}),
        lines=[(((9.51, 47.1), (9.52, 47.1)), {"highway": "residential", "name": "Lane"})],
    ).search("lane")
    assert labels(found) == ["Lane, Near"]


@pytest.mark.parametrize("typed", ["", "  ", "?!,", '"', "qqqqq", "99999", "* OR NEAR(", "'; DROP"])
def test_what_matches_nothing_finds_nothing(places, typed):
    assert places.search(typed) == []


def test_at_most_the_limit_is_found(places):
    assert len(places.search("s", limit=3)) == 3


def test_markup_in_a_name_stays_text(drawn):
    name = "<b>Bold</b> & Söhne"
    assert labels(drawn(((9.5, 47.1), {"shop": "yes", "name": name})).search("sohne")) == [name]


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Straße", "strasse"),
        ("Bahnhofstr. 5", "bahnhofstrasse 5"),
        ("Praça de São João", "praca de sao joao"),
        ("Łódź", "lodz"),
        ("Sankt-Luzi-Gasse", "sankt luzi gasse"),
        ("Αθήνα", "αθηνα"),
        ("Industriering", "industriering"),
    ],
)
def test_folding_forgets_case_accents_and_punctuation(text, folded):
    assert fold(text) == folded


def test_several_threads_may_search_at_once(places):
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: labels(places.search("städtle 43")), range(64)))
    assert found == [["Städtle 43, Vaduz"]] * 64


def test_an_extract_without_names_makes_an_empty_index(drawn):
    assert drawn(lines=[(((9.5, 47.1), (9.6, 47.1)), {"highway": "service"})]).search("a") == []


def test_the_same_extract_makes_the_same_answers(tmp_path, places):
    build_places(LIECHTENSTEIN, tmp_path / "again.db")
    assert Places(tmp_path / "again.db").search("im") == places.search("im")


def test_a_missing_index_is_named_with_the_remedy(tmp_path):
    with pytest.raises(Unavailable, match=r"there is no address index .*roads build"):
        Places(tmp_path / "places.db")


def test_a_file_that_is_no_index_is_named_with_the_remedy(tmp_path):
    (tmp_path / "places.db").write_text("x" * 5000)
    with pytest.raises(Unavailable, match=r"is not an address index .*roads build"):
        Places(tmp_path / "places.db")


def test_an_index_of_another_version_is_named_with_the_remedy(tmp_path):
    database = sqlite3.connect(tmp_path / "places.db")
    database.execute("PRAGMA user_version = 99")
    database.execute("CREATE TABLE x (y)")
    database.close()
    with pytest.raises(Unavailable, match=r"version 99, not 1.*roads build"):
        Places(tmp_path / "places.db")


def test_a_bad_extract_leaves_the_old_index(tmp_path):
    (tmp_path / "bad.osm.pbf").write_text("no")
    (tmp_path / "places.db").write_text("old")
    with pytest.raises(InvalidFile):
        build_places(tmp_path / "bad.osm.pbf", tmp_path / "places.db")
    assert (tmp_path / "places.db").read_text() == "old"
