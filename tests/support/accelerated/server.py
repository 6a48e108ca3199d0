"""A raw HTTP server in one thread: it reads requests, and sends what it is given, at the instants that it is given."""

import selectors
import socket
import struct
from collections.abc import Callable
from functools import partial
from urllib.parse import parse_qsl

from .answers import CLOSE, HANG, RESET, Answer
from .schedule import Schedule
from .virtual_time import SECOND, VirtualTime

UP, REFUSING, SILENT = "up", "refusing", "silent"
_RESET_LINGER = struct.pack("ii", 1, 0)  # close with a reset


class Exchange:
    """One connection, with the bytes of the request that has not been answered."""

    def __init__(self, connection: socket.socket, now_ns: int) -> None:
        self.socket = connection
        self.request = b""
        self.began_ns: int | None = None  # first byte of the present request
        self.idle_since_ns = now_ns
        self.is_open = True
        self.answer = ""  # name of the last answer

    def parsed(self) -> dict[str, str] | None:
        """Return the form of a complete request, else None."""
        head, separator, body = self.request.partition(b"\r\n\r\n")
        if not separator:
            return None
        lines = [line.lower() for line in head.split(b"\r\n")[1:]]
        length = next(int(line.partition(b":")[2]) for line in lines if line.startswith(b"content-length:"))
        if len(body) < length:
            return None
        return dict(parse_qsl(body[:length].decode(), keep_blank_values=True))


class RawServer:
    """Listen on loopback; `on_connection(exchange)` and `on_request(exchange, form)` decide what happens."""

    def __init__(
        self,
        time: VirtualTime,
        schedule: Schedule,
        selector: selectors.BaseSelector,
        on_connection: Callable[[Exchange], None],
        on_request: Callable[[Exchange, dict[str, str]], None],
        on_end: Callable[[Exchange], None],
    ) -> None:
        self._time = time
        self._schedule = schedule
        self._selector = selector
        self._on_connection, self._on_request, self._on_end = on_connection, on_request, on_end
        self.state = UP
        self.exchanges: set[Exchange] = set()
        self._listen(0)
        self.port = self._listener.getsockname()[1]

    def _listen(self, port: int) -> None:
        self._listener = socket.create_server(("127.0.0.1", port), backlog=64)
        self._listener.setblocking(False)
        self._selector.register(self._listener, selectors.EVENT_READ, self._accept)

    def set_state(self, state: str) -> None:
        """Accept connections, refuse them, or let them wait without an answer."""
        if state == self.state:
            return
        if self.state == UP:
            self._selector.unregister(self._listener)
            for exchange in list(self.exchanges):
                self.close(exchange)
        if state == REFUSING or self.state == SILENT:
            self._listener.close()  # what waits is reset
        self.state = state
        if state == UP:
            self._listen(self.port)
        elif state == SILENT and self._listener.fileno() < 0:
            self._listener = socket.create_server(("127.0.0.1", self.port), backlog=64)

    def close_all(self) -> None:
        """Close every socket."""
        self.set_state(REFUSING)

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError:
            return
        connection.setblocking(False)
        exchange = Exchange(connection, self._time.now_ns())
        self.exchanges.add(exchange)
        self._selector.register(connection, selectors.EVENT_READ, lambda: self._read(exchange))
        self._on_connection(exchange)

    def _read(self, exchange: Exchange) -> None:
        try:
            received = exchange.socket.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            received = b""
        if not received:
            self.close(exchange)
            return
        if exchange.began_ns is None:
            exchange.began_ns = self._time.now_ns()
        exchange.request += received
        form = exchange.parsed()
        if form is not None:
            exchange.request = b""
            self._on_request(exchange, form)
            self._time.release_later()

    def reply(self, exchange: Exchange, answer: Answer, on_sent: Callable[[], None]) -> None:
        """Send an answer, part by part, call `on_sent`, then do what its `end` says."""
        self._reply_from(exchange, answer, 0, on_sent)

    def _reply_from(self, exchange: Exchange, answer: Answer, number: int, on_sent: Callable[[], None]) -> None:
        while number < len(answer.parts) and exchange.is_open:
            delay_s, part = answer.parts[number]
            if delay_s:
                at_ns = self._time.now_ns() + int(delay_s * SECOND)
                self._schedule.add(at_ns, partial(self._send_and_continue, exchange, answer, number, on_sent))
                return
            self._send(exchange, part)
            number += 1
        if exchange.is_open:
            on_sent()
            self._end(exchange, answer)

    def _send_and_continue(self, exchange: Exchange, answer: Answer, number: int, on_sent: Callable[[], None]) -> None:
        if exchange.is_open:
            self._send(exchange, answer.parts[number][1])
            self._reply_from(exchange, answer, number + 1, on_sent)

    def _send(self, exchange: Exchange, part: bytes) -> None:
        try:
            exchange.socket.settimeout(1)  # more than the buffers hold: the daemon is reading
            exchange.socket.sendall(part)
            exchange.socket.setblocking(False)
        except OSError:
            self.close(exchange)

    def _end(self, exchange: Exchange, answer: Answer) -> None:
        exchange.idle_since_ns = self._time.now_ns()
        if answer.end == HANG:
            return  # `began_ns` stays: the exchange has not ended
        exchange.began_ns = None
        if answer.end == RESET:
            exchange.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_LINGER)
        if answer.end in (RESET, CLOSE):
            self.close(exchange)

    def close(self, exchange: Exchange) -> None:
        """Close a connection."""
        if exchange.is_open:
            exchange.is_open = False
            self.exchanges.discard(exchange)
            self._selector.unregister(exchange.socket)
            exchange.socket.close()
            self._on_end(exchange)
