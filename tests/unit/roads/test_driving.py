from __future__ import annotations

import pytest

from geo_dispatch.roads.driving import NodeDriving, node_driving, way_driving


def speeds(car, country="LI", **tags):
    tags = {key.replace("__", ":"): value for key, value in tags.items()}
    driving = way_driving(tags, car, country)
    return driving and (driving.forward_kmh, driving.backward_kmh)


def test_a_street_without_tags_has_the_speed_of_its_class_both_ways(car) -> None:
    assert speeds(car, highway="residential") == (27, 27)


@pytest.mark.parametrize(
    "tags",
    [
        {},
        {"highway": "footway"},
        {"highway": "construction"},
        {"highway": "residential", "area": "yes"},
        {"highway": "residential", "access": "no"},
        {"highway": "residential", "motor_vehicle": "forestry"},
        {"highway": "residential", "oneway": "reversible"},
        {"highway": "track"},
    ],
)
def test_what_is_not_for_cars_is_not_driven(tags, car) -> None:
    assert way_driving(tags, car, "LI") is None


def test_a_track_is_driven_only_where_it_says_so(car) -> None:
    assert speeds(car, highway="track", motor_vehicle="yes") == (14, 14)


@pytest.mark.parametrize(
    ("oneway", "forward", "backward"),
    [
        ("yes", True, False),
        ("true", True, False),
        ("1", True, False),
        ("-1", False, True),
        ("reverse", False, True),
        ("no", True, True),
        ("alternating", True, True),
        ("perhaps", True, True),
    ],
)
def test_oneway_values(oneway, forward, backward, car) -> None:
    driven = speeds(car, highway="residential", oneway=oneway)
    assert tuple(speed is not None for speed in driven) == (forward, backward)


@pytest.mark.parametrize(
    "tags",
    [{"highway": "motorway"}, {"highway": "primary", "junction": "roundabout"}],
)
def test_motorways_and_roundabouts_are_one_way_unless_they_say_otherwise(tags, car) -> None:
    assert way_driving(tags, car, "LI").backward_kmh is None
    assert way_driving({**tags, "oneway": "no"}, car, "LI").backward_kmh is not None


def test_the_most_specific_oneway_tag_decides(car) -> None:
    assert speeds(car, highway="residential", oneway="yes", oneway__motor_vehicle="no") == (27, 27)


def test_the_most_specific_access_tag_decides(car) -> None:
    assert speeds(car, highway="residential", access="no", motor_vehicle="yes") == (27, 27)
    assert speeds(car, highway="residential", vehicle="yes", motorcar="no") is None


def test_access_may_differ_by_direction(car) -> None:
    assert speeds(car, highway="residential", motor_vehicle__backward="no") == (27, None)


def test_a_list_of_access_values_counts_as_its_most_open_one(car) -> None:
    driving = way_driving(
        {"highway": "residential", "motor_vehicle": "agricultural;destination"}, car, "LI"
    )
    assert driving.restricted


@pytest.mark.parametrize("value", ["private", "destination", "customers", "delivery"])
def test_a_restricted_street_is_driven_slowly(value, car) -> None:
    driving = way_driving({"highway": "residential", "access": value}, car, "LI")
    assert driving.restricted
    assert driving.forward_kmh == 20


@pytest.mark.parametrize(
    "tags",
    [
        {"access__conditional": "no @ (22:00-06:00)", "maxspeed__conditional": "30 @ night"},
        {"oneway__conditional": "yes @ (07:00-09:00)", "motor_vehicle": "no @ (Su)"},
        {"maxspeed": "30 @ (22:00-06:00)", "oneway": "-1 @ (07:00-09:00)"},
    ],
)
def test_conditions_neither_close_nor_slow_a_street(tags, car) -> None:
    assert speeds(car, highway="residential", **tags) == (27, 27)


@pytest.mark.parametrize(
    "tags",
    [
        {"highway": "residential", "access": "no", "access__conditional": "yes @ (Mo-Fr)"},
        {"highway": "track", "motor_vehicle": "yes @ (Mo-Fr 08:00-18:00)"},
        {"highway": "residential", "oneway": "reversible", "oneway__conditional": "yes @ (am)"},
    ],
)
def test_conditions_open_no_street(tags, car) -> None:
    assert speeds(car, **tags) is None


def test_of_several_limits_those_with_a_condition_do_not_count(car) -> None:
    assert speeds(car, highway="residential", maxspeed="60; 30 @ (22:00-06:00)")[0] == 51


@pytest.mark.parametrize(
    ("tags", "crossed"),
    [
        ({"route": "ferry"}, (10, 10)),
        ({"route": "shuttle_train"}, (10, 10)),
        ({"route": "ferry", "foot": "yes"}, None),
        ({"route": "ferry", "foot": "yes", "motor_vehicle": "yes"}, (10, 10)),
        ({"route": "ferry", "vehicle": "no"}, None),
        ({"route": "ferry", "oneway": "yes"}, (10, None)),
        ({"route": "bus"}, None),
        ({"route": "ferry", "highway": "primary"}, (64, 64)),
    ],
)
def test_ferries_that_carry_cars_are_crossed(tags, crossed, car) -> None:
    assert speeds(car, "DE", **tags) == crossed


def test_a_posted_limit_is_driven_in_part(car) -> None:
    assert speeds(car, highway="residential", maxspeed="50") == (42.5, 42.5)


def test_limits_may_differ_by_direction(car) -> None:
    driven = speeds(car, highway="primary", maxspeed="80", maxspeed__backward="60")
    assert driven == pytest.approx((68, 51))


def test_a_senseless_limit_gives_way_to_the_next_key_and_then_to_the_default(car) -> None:
    assert speeds(car, highway="tertiary", maxspeed="signals", source__maxspeed="CH:urban") == (
        42.5,
        42.5,
    )
    assert speeds(car, highway="tertiary", maxspeed="fast") == (40, 40)


def test_the_class_speed_never_exceeds_the_countrys_default(car) -> None:
    assert speeds(car, "US", highway="residential")[0] == 27
    assert speeds(car, "US", highway="motorway")[0] == pytest.approx(0.85 * 65 * 1.609344)
    assert speeds(car, "DE", highway="motorway")[0] == 92


@pytest.mark.parametrize(
    ("tags", "kmh"),
    [
        ({"surface": "gravel"}, 40),
        ({"smoothness": "very_bad"}, 18),
        ({"tracktype": "grade4"}, 12),
        ({"bridge": "movable"}, 5),
        ({"bridge": "yes", "surface": "gravel"}, 40),
        ({"surface": "asphalt"}, 68),
        ({"surface": "gravel", "smoothness": "impassable"}, 5),
    ],
)
def test_the_state_of_the_road_caps_the_speed(tags, kmh, car) -> None:
    assert speeds(car, highway="primary", maxspeed="80", **tags)[0] == pytest.approx(kmh)


def test_service_roads_go_by_their_kind(car) -> None:
    assert speeds(car, highway="service")[0] == 16
    assert speeds(car, highway="service", service="parking_aisle")[0] == 8


def test_a_street_is_called_by_name_or_number(car) -> None:
    assert way_driving({"highway": "primary", "name": "A", "ref": "7"}, car, "LI").name == "A"
    assert way_driving({"highway": "primary", "ref": "7"}, car, "LI").name == "7"
    assert way_driving({"highway": "primary"}, car, "LI").name == ""


@pytest.mark.parametrize(
    ("tags", "node"),
    [
        ({"highway": "traffic_signals"}, NodeDriving(8, 8)),
        ({"highway": "traffic_signals", "traffic_signals:direction": "forward"}, NodeDriving(8, 0)),
        ({"highway": "stop", "direction": "backward"}, NodeDriving(0, 4)),
        ({"highway": "crossing", "crossing": "traffic_signals"}, NodeDriving(5, 5)),
        ({"highway": "crossing", "crossing": "zebra"}, NodeDriving()),
        ({"highway": "turning_circle"}, NodeDriving(turning_place=True)),
        ({"barrier": "bollard"}, NodeDriving(closed=True)),
        ({"barrier": "bollard", "motor_vehicle": "yes"}, NodeDriving(30, 30)),
        ({"barrier": "never_heard_of"}, NodeDriving(closed=True)),
        ({"barrier": "gate"}, NodeDriving(30, 30)),
        ({"barrier": "gate", "access": "no"}, NodeDriving(closed=True)),
        ({"barrier": "gate", "access": "private"}, NodeDriving(30, 30)),
        ({"barrier": "kerb"}, NodeDriving()),
        ({"railway": "level_crossing"}, NodeDriving(5, 5)),
    ],
)
def test_what_nodes_do(tags, node, car) -> None:
    assert node_driving(tags, car) == node
