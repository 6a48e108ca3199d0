"""A web server that takes every POST, says what Pushover says, and notes when each request was complete."""

import socket
import threading
import time
from typing import Self

_ANSWER = b'{"status":1,"request":"00000000-0000-0000-0000-000000000000"}'
_REPLY = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: keep-alive\r\n\r\n"
    % len(_ANSWER)
) + _ANSWER


class Sink:
    """Listen on a free loopback port until `close`; `with` closes it."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._requests: list[tuple[float, bytes]] = []  # when (monotonic seconds), body
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self._visits: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        for visit in self._visits:
            visit.close()

    def count(self) -> int:
        """Return how many requests there have been."""
        return len(self._requests)

    def wait_for(self, number: int, timeout_s: float) -> float | None:
        """Return when request `number` (from 1) was complete; None if it does not come in time."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._requests) >= number, timeout_s):
                return None
            return self._requests[number - 1][0]

    def bodies(self) -> list[bytes]:
        """Return what was posted, oldest first."""
        return [body for _, body in self._requests]

    def wait_for_calm(self, calm_s: float, timeout_s: float) -> None:
        """Return once no request has come for `calm_s`, or it takes too long."""
        until_s = time.monotonic() + timeout_s
        seen = -1
        while time.monotonic() < until_s and seen != len(self._requests):
            seen = len(self._requests)
            time.sleep(calm_s)

    def _accept(self) -> None:
        while True:
            try:
                visit, _ = self._server.accept()
            except OSError:
                return
            visit.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._visits.append(visit)
            threading.Thread(target=self._serve, args=(visit,), daemon=True).start()

    def _serve(self, visit: socket.socket) -> None:
        held = b""
        try:
            while True:
                head, end, rest = held.partition(b"\r\n\r\n")
                length = _content_length(head) if end else 0
                if end and len(rest) >= length:
                    self._note(rest[:length])
                    visit.sendall(_REPLY)
                    held = rest[length:]
                    continue
                more = visit.recv(65536)
                if not more:
                    return
                held += more
        except OSError:
            return
        finally:
            visit.close()

    def _note(self, body: bytes) -> None:
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
