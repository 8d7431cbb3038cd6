"""A client that never reads its stream: others are served, and it is told to begin anew."""

import socket
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest

from tests.support.sse import listening
from tests.support.waiting import until

pytestmark = pytest.mark.slow

ROWS, ROUNDS = 500, 20
NOTE = "n" * 1800
"""With it, what waits for a reader is far more than sockets hold, and events than may wait."""

SMALL_BUFFER = 4096
PATIENCE_S = 60.0


@contextmanager
def unread(deployment):
    """The socket of an open stream, whose beginning alone was read."""
    address = urlsplit(deployment.url)
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
        client.settimeout(PATIENCE_S)
        client.connect((address.hostname, address.port))
        client.sendall(
            f"GET /v1/stream HTTP/1.1\r\nHost: {address.netloc}\r\n"
            f"Authorization: Bearer {deployment.token('dispatcher')}\r\n\r\n".encode()
        )
        read = b""
        while b"event: snapshot" not in read:
            read += client.recv(SMALL_BUFFER)
        yield client


def read_to_the_end(client):
    """All that comes until the server ends the answer."""
    read = []
    while not (read and read[-1].endswith(b"0\r\n\r\n")):
        part = client.recv(1 << 20)
        if not part:
            break
        read.append(part)
    return b"".join(read)


def test_a_stream_that_nobody_reads_is_cut_off_while_others_hear_everything(deployment):
    office = deployment.client("dispatcher")
    office.timeout = PATIENCE_S
    with (
        unread(deployment) as lazy,
        listening(deployment.client("dispatcher"), "/v1/stream") as board,
    ):
        for turn in range(ROUNDS):
            rows = [f"c{turn}-{number},Customer {number},{NOTE}" for number in range(ROWS)]
            text = "\n".join(["external_id,name,notes", *rows])
            answer = office.post("/v1/imports/customers", json={"csv": text})
            assert answer.status_code == 200, answer.text[:500]
            until(
                lambda heard=ROWS * (turn + 1): (
                    sum(one.id is not None for one in board.messages) >= heard
                ),
                PATIENCE_S,
                "the board to hear it all",
            )
        assert not [one for one in board.messages if one.event == "reset"]
        told = read_to_the_end(lazy)
    assert b"event: reset" in told[-SMALL_BUFFER:]
    assert told.count(b"\nid: ") < ROWS * ROUNDS
