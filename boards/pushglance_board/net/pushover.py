"""Post glances to Pushover, over one connection for each push.

A connection that is kept open would hold about 40 KiB of the heap for pushes that are half an hour apart.
"""

import gc
import json
from time import ticks_add, ticks_diff, ticks_ms

from micropython import const

from pushglance.core.events import UNKNOWN, UNSENT
from pushglance.core.wire.pushover_answer import Answer, classify, clean, parse_body

from .connection import Connection, tls_context
from .memory import LACKING, memory_shortage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pushglance.core.plan_types import PushoverPlan
    from pushglance_board.clock import BoardClock

    from .dns import Resolver

_ANSWER_MAX = const(2048)  # bytes of body; Pushover answers in a few hundred
_HEAD_MAX = const(4096)
_HANDSHAKE_MS = 15_000  # in addition to the time for the connection: an RP2040 computes for seconds
_SAFE = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
_NOT_HTTP = "the answer is not valid HTTP"


class Pushover:
    """Client of one server. `root_file` holds the one root certificate (DER) that is trusted, until `root_until_s`."""

    def __init__(
        self,
        plan: "PushoverPlan",
        token: str,
        root_file: str,
        root_until_s: int,
        clock: "BoardClock",
        resolver: "Resolver",
    ) -> None:
        self._plan = plan
        self._token = token
        self._root_file = root_file
        self._root_until_s = root_until_s
        self._clock = clock
        self._resolver = resolver
        self._is_tls, self._host, self._port, path = _split_url(plan["url"])
        self._path = path + "/1/glances.json"
        self.blocked_ms = 0  # the longest that one call of the last push has kept the loop waiting

    async def post(self, user: str, device: str, glance: "dict[str, str]") -> Answer:
        """Send the fields once and return the outcome. No failure of the network raises."""
        if self._is_tls and self._clock.unix_s() > self._root_until_s:
            detail = "the root certificate on this board has expired: type `pushglance deploy` again; nothing is pushed"
            return Answer(UNSENT, 0, detail)
        shortage = memory_shortage() if self._is_tls else ""
        if shortage:
            return Answer(UNSENT, 0, shortage)
        request = self._build_request(user, device, glance)
        connection = Connection()
        try:
            context = None
            if self._is_tls:
                with open(self._root_file, "rb") as file:
                    context = tls_context(file.read())
            address = await self._resolver.resolve(self._host)
            await connection.open(address, self._port, self._host, context, self._plan["connect_ms"])
            await connection.write(request, self._plan["connect_ms"] + _HANDSHAKE_MS)
            status, headers, body = await _read_answer(connection, self._plan["read_ms"])
            answer = parse_body(body if len(body) <= _ANSWER_MAX else None, json.loads)
            return classify(status, headers, answer, self._token)
        except Exception as error:
            outcome = UNKNOWN if connection.has_left else UNSENT
            detail = str(error)
            if isinstance(error, MemoryError):
                detail = LACKING
            elif not isinstance(error, (OSError, ValueError)):  # not foreseen for any answer of a server
                detail = "an error in pushglance: %s %s" % (error.__class__.__name__, detail)
            return Answer(outcome, 0, clean(detail, self._token))
        finally:
            self.blocked_ms = connection.blocked_ms
            connection.close()
            gc.collect()

    def _build_request(self, user: str, device: str, glance: "dict[str, str]") -> bytes:
        fields = [("token", self._token), ("user", user)]
        if device:
            fields.append(("device", device))
        for name in glance:
            fields.append((name, glance[name]))
        body = "&".join(["%s=%s" % (name, _quote(text)) for name, text in fields])
        host = self._host if self._port in (80, 443) else "%s:%d" % (self._host, self._port)
        head = "POST %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: pushglance\r\nConnection: close\r\n" % (self._path, host)
        head += "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n" % len(body)
        return (head + body).encode()


def _split_url(url: str) -> "tuple[bool, str, int, str]":
    """Return (is it https, host, port, path without a trailing slash) of a URL that the settings have checked."""
    scheme, _, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    host, colon, port = authority.partition(":")
    is_tls = scheme.lower() == "https"
    return is_tls, host, int(port) if colon else (443 if is_tls else 80), (slash + path).rstrip("/")


def _quote(text: str) -> str:
    """Return text encoded for a form (percent-encoded UTF-8)."""
    return "".join([chr(byte) if chr(byte) in _SAFE else "%%%02X" % byte for byte in text.encode()])


async def _read_answer(connection: "Connection", timeout_ms: int) -> "tuple[int, dict[str, str], bytes]":
    """Return status, headers (names in lower case) and body, all within `timeout_ms`.

    Raises OSError, and ValueError for invalid HTTP.
    """
    until = ticks_add(ticks_ms(), timeout_ms)
    body = b""
    words = [""]
    while len(words) < 2 or words[1][:1] == "1":  # an interim answer, e.g. 100, has a successor
        while b"\r\n\r\n" not in body:
            chunk = await connection.read_some(_left_ms(until))
            body += chunk
            if not chunk or len(body) > _HEAD_MAX:
                raise ValueError(_NOT_HTTP)
        head, _, body = body.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        words = lines[0].split(" ")
        if len(words) < 2 or not words[0].startswith("HTTP/1."):
            raise ValueError(_NOT_HTTP)
    headers = {}
    for line in lines[1:]:
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    length = int(headers.get("content-length", "-1"))
    while (length < 0 or len(body) < length) and len(body) <= _ANSWER_MAX:
        chunk = await connection.read_some(_left_ms(until))
        if not chunk:
            break
        body += chunk
    if 0 <= length != len(body) and len(body) <= _ANSWER_MAX:
        raise ValueError("the connection ended within the answer")
    is_chunked = "chunked" in headers.get("transfer-encoding", "")
    return int(words[1]), headers, _join_chunks(body) if is_chunked else body


def _left_ms(until: "Any") -> int:
    left_ms = ticks_diff(until, ticks_ms())  # type: int
    if left_ms <= 0:
        raise OSError("no complete answer in time")
    return left_ms


def _join_chunks(body: bytes) -> bytes:
    joined = b""
    while body:
        size, _, body = body.partition(b"\r\n")
        length = int(size.split(b";")[0].decode(), 16)
        if length == 0:
            break
        joined += body[:length]
        body = body[length + 2 :]
    return joined
