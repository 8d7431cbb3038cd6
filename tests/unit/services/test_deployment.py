"""What a deployment refuses before it starts anything."""

import socket

import pytest

from geo_dispatch.config import Settings
from geo_dispatch.kernel.errors import GraphUnavailable, InvalidInput
from geo_dispatch.services import deployment


def test_without_a_road_graph_it_says_which_command_makes_one(tmp_path):
    settings = Settings(workspace=tmp_path, port=0)
    with (
        pytest.raises(GraphUnavailable, match="geo-dispatch roads build SOURCE --area liecht"),
        deployment.running(settings, print),
    ):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_taken_port_is_refused_by_name():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(InvalidInput, match=rf"127.0.0.1:{port} .*--port"):
            deployment.free_port("127.0.0.1", port)


def test_port_0_is_any_free_one():
    assert deployment.free_port("127.0.0.1", 0) > 0


def test_this_machine_reaches_an_api_that_listens_on_every_address():
    settings = Settings(host="0.0.0.0", port=8123)  # noqa: S104 - the point of the test
    assert deployment.local_url(settings) == "http://127.0.0.1:8123"
