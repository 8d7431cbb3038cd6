"""A cheap source of HTTP requests: bare sockets, bodies made beforehand, one process.

Each connection sends its next request when its last was answered, as phones do; how many are
answered is the server's business, and next to nothing of the time is ours.
"""

import os
import select
import socket
from collections.abc import Sequence
from pathlib import Path

_TICK_S = 1 / os.sysconf("SC_CLK_TCK")
HEAD_END = b"\r\n\r\n"
LENGTH = b"content-length: "


class Connection:
    """A phone: its requests, and how far it is."""

    def __init__(self, port: int, requests: Sequence[bytes]) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.requests = iter(requests)
        self.heard = b""

    def send_next(self) -> bool:
        """Send the next request; False when there is none."""
        request = next(self.requests, None)
        if request is None:
            return False
        self.socket.setblocking(True)
        self.socket.sendall(request)
        self.socket.setblocking(False)
        return True

    def hear(self) -> bytes | None:
        """The answer, once it is there whole."""
        self.heard += self.socket.recv(65536)
        head, end, body = self.heard.partition(HEAD_END)
        if not end:
            return None
        told = head.lower().partition(LENGTH)[2]
        if len(body) < (int(told.split(b"\r\n")[0]) if told else 0):
            return None
        answer, self.heard = self.heard, b""
        return answer


def request(path: str, headers: Sequence[str], body: bytes) -> bytes:
    """The bytes of a POST."""
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: 127.0.0.1",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        *headers,
    ]
    return "\r\n".join(lines).encode() + HEAD_END + body


def send_all(port: int, requests: Sequence[Sequence[bytes]], refused: bytes) -> int:
    """Send each connection's requests; the number of answers.

    Raises
    ------
    RuntimeError
        An answer is no 20x, or holds ``refused``.
    """
    poll = select.epoll()
    open_ones = {}
    for mine in requests:
        connection = Connection(port, mine)
        poll.register(connection.socket, select.EPOLLIN)
        open_ones[connection.socket.fileno()] = connection
    for connection in list(open_ones.values()):
        connection.send_next()
    answers = 0
    while open_ones:
        for number, _ in poll.poll():
            connection = open_ones[number]
            answer = connection.hear()
            if answer is None:
                continue
            if not answer.startswith(b"HTTP/1.1 20") or refused in answer:
                raise RuntimeError(f"not acknowledged: {answer!r}")
            answers += 1
            if not connection.send_next():
                poll.unregister(number)
                del open_ones[number]
                connection.socket.close()
    poll.close()
    return answers


def cpu_s(pid: int) -> float:
    """CPU time of the process so far, in its own code and the kernel's, seconds; Linux only."""
    told = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(told[11]) + int(told[12])) * _TICK_S
