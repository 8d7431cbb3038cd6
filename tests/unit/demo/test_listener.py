"""How the stream of ETAs is read."""

from geo_dispatch.demo.listener import sse_events


def test_a_stream_of_events_is_read_with_comments_and_several_lines():
    lines = [": keep-alive", "", "event: order.eta", "id: 7", 'data: {"a":', "data: 1}", ""]
    assert list(sse_events(lines)) == [("order.eta", {"a": 1})]
