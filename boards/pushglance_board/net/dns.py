"""Resolver: names to IPv4 addresses by UDP (RFC 1035).

The port's own resolver blocks everything and has no time-out, so the watchdog would reset the board.
"""

import os
import socket
from asyncio import sleep_ms

from micropython import const

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

port = 53  # not a constant: a test sets it
_ATTEMPTS = const(3)
_TIMEOUT_MS = const(2000)
_STEP_MS = const(20)
_CACHE_MAX = const(8)


def is_address(name: str) -> bool:
    """Return whether this is a numeric IPv4 address."""
    parts = name.split(".")
    if len(parts) != 4:
        return False
    for part in parts:
        if not part or len(part) > 3:
            return False
        for digit in part:
            if digit not in "0123456789":
                return False
    return True


class Resolver:
    """Ask the name server that `server()` returns ("" while there is none); `on_answer` is called for each answer."""

    def __init__(self, server: "Callable[[], str]", on_answer: "Callable[[], None]") -> None:
        self._server = server
        self._on_answer = on_answer
        self._cache = {}  # type: dict[str, str]

    async def resolve(self, name: str) -> str:
        """Return the address, an earlier one if no answer comes now. Raises OSError if there never was one."""
        if is_address(name):
            return name
        address = await self.query(name)
        if address:
            if len(self._cache) >= _CACHE_MAX:
                self._cache = {}
            self._cache[name] = address
        if name in self._cache:
            return self._cache[name]
        raise OSError("the name server does not know %s" % name)

    async def query(self, name: str) -> str:
        """Return the address from the name server, "" if it does not know the name or does not answer."""
        server = self._server()
        if not is_address(server):
            return ""
        for _ in range(_ATTEMPTS):
            query = _build_query(name, os.urandom(2))
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            try:
                sock.setblocking(False)
                sock.sendto(query, socket.getaddrinfo(server, port)[0][-1])
                for _ in range(_TIMEOUT_MS // _STEP_MS):
                    await sleep_ms(_STEP_MS)
                    answer = receive(sock, 512)
                    if answer[:2] == query[:2]:
                        self._on_answer()
                        return _parse_answer(answer)
            except OSError:
                await sleep_ms(_STEP_MS)  # no route yet
            finally:
                sock.close()
        return ""


def receive(sock: "socket.socket", size: int) -> bytes:
    """Return at most `size` bytes of a datagram, b"" if none has come."""
    try:
        return sock.recv(size) or b""
    except OSError:
        return b""


def _build_query(name: str, query_id: bytes) -> bytes:
    """Return the query for the IPv4 address of `name`; the answer repeats the two bytes of `query_id`."""
    labels = b""
    for label in name.split("."):
        labels += bytes([len(label)]) + label.encode()
    return query_id + b"\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00" + labels + b"\x00\x00\x01\x00\x01"


def _parse_answer(answer: bytes) -> str:
    """Return the first IPv4 address of an answer, "" if it has none or is invalid."""
    try:
        if not answer[2] & 0x80 or answer[3] & 0x0F:
            return ""
        offset = 12
        for _ in range(answer[4] << 8 | answer[5]):
            offset = _skip_name(answer, offset) + 4
        for _ in range(answer[6] << 8 | answer[7]):
            offset = _skip_name(answer, offset)
            length = answer[offset + 8] << 8 | answer[offset + 9]
            if answer[offset : offset + 4] == b"\x00\x01\x00\x01" and length == 4:
                numbers = answer[offset + 10 : offset + 14]
                return "%d.%d.%d.%d" % (numbers[0], numbers[1], numbers[2], numbers[3])
            offset += 10 + length
    except IndexError:
        pass
    return ""


def _skip_name(answer: bytes, offset: int) -> int:
    while answer[offset]:
        if answer[offset] & 0xC0:
            return offset + 2
        offset += 1 + answer[offset]
    return offset + 1
