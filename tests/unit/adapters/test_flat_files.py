"""Whatever becomes of a file of arrays, opening it gives them whole or says what to do."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geo_dispatch.adapters.flat_files import Kind, open_arrays, read_header, write_arrays
from geo_dispatch.kernel.errors import GraphUnavailable


class Info(msgspec.Struct, frozen=True):
    area: str


class Stored(NamedTuple):
    path: Path
    whole: bytes


KIND = Kind("road graph", b"GDTESTS\n", 1, Info)
DTYPES = {"times": "int32", "places": "float64"}
ARRAYS = {"times": np.arange(1000, dtype=np.int32), "places": np.ones((300, 2))}
REMEDY = "geo-dispatch roads build SOURCE --area vaduz"


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Stored:
    path = tmp_path_factory.mktemp("compiled") / "vaduz" / "roads.graph"
    write_arrays(path, KIND, Info("vaduz"), ARRAYS, DTYPES)
    return Stored(path, path.read_bytes())


def refused(stored: Stored, content: bytes) -> str:
    """What opening the content says; it must be refused."""
    stored.path.write_bytes(content)
    with pytest.raises(GraphUnavailable) as caught:
        open_arrays(stored.path, KIND, DTYPES)
    assert str(stored.path) in caught.value.message
    assert REMEDY in caught.value.message
    return caught.value.message


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_file_cut_anywhere_is_refused(stored: Stored, data: st.DataObject) -> None:
    refused(stored, stored.whole[: data.draw(st.integers(0, len(stored.whole) - 1))])


@pytest.mark.parametrize("at", [0, 7, 8, 12, 15, 16, 17, 100, 4000, -4096, -64, -8, -1])
def test_a_file_cut_in_its_prefix_its_header_or_its_arrays_is_refused(
    stored: Stored, at: int
) -> None:
    refused(stored, stored.whole[:at])


@given(st.data())
def test_a_damaged_header_is_refused_or_harmless(stored: Stored, data: st.DataObject) -> None:
    end = stored.whole.index(b"}}", 16) + 2
    at = data.draw(st.integers(0, end - 1))
    damaged = bytearray(stored.whole)
    damaged[at] = data.draw(st.integers(0, 255))
    stored.path.write_bytes(bytes(damaged))
    try:
        _, arrays = open_arrays(stored.path, KIND, DTYPES)
    except GraphUnavailable as error:
        assert REMEDY in error.message  # noqa: PT017 - either outcome is right
    else:
        assert arrays.keys() == DTYPES.keys()


def _with_array(whole: bytes, **told: Any) -> bytes:
    """The file with another account of where an array lies."""
    length = int.from_bytes(whole[12:16], "little")
    header = msgspec.json.decode(whole[16 : 16 + length])
    header["arrays"]["times"] |= told
    return whole[:16] + msgspec.json.encode(header).ljust(length) + whole[16 + length :]


@pytest.mark.parametrize(
    "told",
    [
        {"offset": 10**9},
        {"offset": -64},
        {"shape": [10**12]},
        {"shape": [2**40, 2**40]},
        {"shape": [-5]},
        {"shape": [-2, -2]},
    ],
)
def test_an_array_that_lies_outside_of_its_file_is_refused(stored: Stored, told) -> None:
    assert "has no place for its array 'times'" in refused(
        stored, _with_array(stored.whole, **told)
    )


@pytest.mark.parametrize("told", [{"dtype": "<i8"}, {"dtype": "nonsense"}, {"dtype": "|O"}])
def test_an_array_of_another_type_is_refused(stored: Stored, told) -> None:
    assert "no array 'times' of int32" in refused(stored, _with_array(stored.whole, **told))


def test_zeros_as_a_disk_leaves_them_are_refused(stored: Stored) -> None:
    assert "is not a road graph" in refused(stored, bytes(len(stored.whole)))


def test_a_folder_in_its_place_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "vaduz"
    folder.mkdir()
    with pytest.raises(GraphUnavailable, match="cannot be opened"):
        read_header(folder, KIND)


def test_of_two_that_write_at_once_one_is_left_whole(tmp_path: Path) -> None:
    path = tmp_path / "roads.metric"

    def write(filled: int) -> None:
        for _ in range(10):
            arrays = {"times": np.full(300_000, filled, np.int32), "places": np.ones((3, 2))}
            write_arrays(path, KIND, Info("vaduz"), arrays, DTYPES)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    _, arrays = open_arrays(path, KIND, DTYPES)
    assert len(np.unique(arrays["times"])) == 1
    assert [one.name for one in tmp_path.iterdir()] == [path.name]
