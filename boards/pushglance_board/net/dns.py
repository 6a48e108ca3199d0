"""Names to addresses: the resolver of boards blocks everything and knows no time-out, so the watchdog would bite.

Asks the name server that the WiFi gave by UDP, for IPv4 (RFC 1035), and keeps the answer.
"""

import os
import socket
from asyncio import sleep_ms

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

PORT = 53
_ATTEMPTS = 3
_PATIENCE_MS = 2000
_STEP_MS = 20
_KEPT_MAX = 8


def is_address(name: str) -> bool:
    """Tell whether this is a numeric IPv4 address already."""
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


class Names:
    """Resolve names by the server that `server()` returns, "" while there is none; `heard` is told of each answer."""

    def __init__(self, server: "Callable[[], str]", heard: "Callable[[], None]") -> None:
        self._server = server
        self._heard = heard
        self._known = {}  # type: dict[str, str]

    async def address(self, name: str) -> str:
        """Return the address, an earlier one if nobody answers now; raises OSError when it is not known at all."""
        if is_address(name):
            return name
        found = await self.ask(name)
        if found:
            if len(self._known) >= _KEPT_MAX:
                self._known = {}
            self._known[name] = found
        if name in self._known:
            return self._known[name]
        raise OSError("the name %s is not known to the name server" % name)

    async def ask(self, name: str) -> str:
        """Return what the name server says, "" if it does not know or does not answer."""
        server = self._server()
        if not is_address(server):
            return ""
        for _ in range(_ATTEMPTS):
            query = question(name, os.urandom(2))
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            try:
                sock.setblocking(False)
                sock.sendto(query, socket.getaddrinfo(server, PORT)[0][-1])
                for _ in range(_PATIENCE_MS // _STEP_MS):
                    await sleep_ms(_STEP_MS)
                    answer = _received(sock)
                    if answer[:2] == query[:2]:
                        self._heard()
                        return address_in(answer)
            except OSError:
                await sleep_ms(_STEP_MS)  # no route yet
            finally:
                sock.close()
        return ""


def _received(sock: "socket.socket") -> bytes:
    try:
        return sock.recv(512) or b""
    except OSError:
        return b""


def question(name: str, number: bytes) -> bytes:
    """Return the query for the IPv4 address of `name`; `number` are two bytes that the answer repeats."""
    labels = b""
    for label in name.split("."):
        labels += bytes([len(label)]) + label.encode()
    return number + b"\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00" + labels + b"\x00\x00\x01\x00\x01"


def address_in(answer: bytes) -> str:
    """Return the first IPv4 address of an answer, "" if there is none or the answer is rubbish."""
    try:
        if not answer[2] & 0x80 or answer[3] & 0x0F:
            return ""
        place = 12
        for _ in range(answer[4] << 8 | answer[5]):
            place = _behind_name(answer, place) + 4
        for _ in range(answer[6] << 8 | answer[7]):
            place = _behind_name(answer, place)
            length = answer[place + 8] << 8 | answer[place + 9]
            if answer[place : place + 4] == b"\x00\x01\x00\x01" and length == 4:
                numbers = answer[place + 10 : place + 14]
                return "%d.%d.%d.%d" % (numbers[0], numbers[1], numbers[2], numbers[3])
            place += 10 + length
    except IndexError:
        pass
    return ""


def _behind_name(answer: bytes, place: int) -> int:
    while answer[place]:
        if answer[place] & 0xC0:
            return place + 2
        place += 1 + answer[place]
    return place + 1
