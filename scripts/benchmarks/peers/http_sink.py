"""A web server that answers every POST like Pushover and records when each request was complete."""

import socket
import threading
import time
from typing import Self

_ANSWER = b'{"status":1,"request":"00000000-0000-0000-0000-000000000000"}'
_REPLY = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: keep-alive\r\n\r\n"
    % len(_ANSWER)
) + _ANSWER


class HttpSink:
    """Listen on a free loopback port until `close`."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._requests: list[tuple[float, bytes]] = []  # when (monotonic seconds), body
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self._connections: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        for connection in self._connections:
            connection.close()

    def count(self) -> int:
        """Return the number of requests."""
        return len(self._requests)

    def wait_for(self, number: int, timeout_s: float) -> float | None:
        """Return when request `number` (from 1) was complete, or None after the time-out."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._requests) >= number, timeout_s):
                return None
            return self._requests[number - 1][0]

    def wait_until_idle(self, idle_s: float, timeout_s: float) -> None:
        """Return when no request has come for `idle_s`, or after `timeout_s`."""
        until_s = time.monotonic() + timeout_s
        before = -1
        while time.monotonic() < until_s and before != len(self._requests):
            before = len(self._requests)
            time.sleep(idle_s)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._connections.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        received = b""
        try:
            while True:
                head, end, rest = received.partition(b"\r\n\r\n")
                length = _content_length(head) if end else 0
                if end and len(rest) >= length:
                    self._record(rest[:length])
                    connection.sendall(_REPLY)
                    received = rest[length:]
                    continue
                more = connection.recv(65536)
                if not more:
                    return
                received += more
        except OSError:
            return
        finally:
            connection.close()

    def _record(self, body: bytes) -> None:
        now_s = time.monotonic()
        with self._changed:
            self._requests.append((now_s, body))
            self._changed.notify_all()


def _content_length(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _, text = line.partition(b":")
        if name.strip().lower() == b"content-length":
            return int(text)
    return 0
