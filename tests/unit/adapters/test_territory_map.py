"""The planners' map: needs no server and no other host, and what people typed stays text."""

import numpy as np
import pytest

from geo_dispatch.adapters.folium_map import inline_html
from geo_dispatch.adapters.territory_map import SHADES, shade_of, territory_map
from geo_dispatch.territory.balance import loads
from tests.support.shapes import square, territory

WEST = territory("West", square(0, 0), square(4, 0))
EAST = territory("</script><b>East", square(1, 0))
VISITS = np.array([[9.505, 47.105], [9.515, 47.105]])


def page(**options):
    found = loads([WEST, EAST], ["west", None], np.array([60.0, 60.0]), np.zeros(2, dtype=np.int32))
    return inline_html(territory_map([WEST, EAST], found, visits=VISITS, **options))


def test_the_page_carries_everything_with_it():
    assert 'src="' not in page().replace('src="data:', "")
    assert "© OpenStreetMap contributors" in page()


def test_a_name_can_not_end_the_script():
    assert "</script><b>East" not in page()
    assert "\\u003c/script\\u003e\\u003cb\\u003eEast" in page()


def test_land_that_changes_hands_stands_out():
    assert "#d9480f" not in page()
    assert "#d9480f" in page(moved=square(0, 0))


def test_no_load_at_all_is_drawn_too():
    nothing = loads([WEST, EAST], [], np.array([]), np.array([], dtype=np.int32))
    assert SHADES[0][1] in inline_html(
        territory_map([WEST, EAST], nothing, visits=np.empty((0, 2)))
    )


@pytest.mark.parametrize(("share", "shade"), [(0, 0), (0.5, 0), (1, 2), (1.5, 3), (9, 4)])
def test_more_load_is_a_darker_shade(share, shade):
    assert shade_of(share) == SHADES[shade][1]
