"""Pushover's Glances API over one connection for each push, with every answer classified as one outcome.

A connection that is kept would hold some 40 KiB of the heap for pushes that are half an hour apart.
"""

import gc
import json

from pushglance.core.events import UNKNOWN, UNSENT
from pushglance.core.wire.pushover_answer import Answer, classify, clean

from .connection import Link, tls_context

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pushglance.core.plan_types import PushoverPlan
    from pushglance_board.clock import BoardClock

    from .dns import Names

_ANSWER_MAX = 2048  # bytes of body; Pushover answers in a few hundred
_HEAD_MAX = 4096
_HANDSHAKE_MS = 15_000  # on top of the time for the connection: an RP2040 computes for seconds
_SAFE = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"


class Pushover:
    """Post glances. `root_file` holds the one root certificate (DER) that is trusted, until `root_until_s`."""

    def __init__(
        self, plan: "PushoverPlan", token: str, root_file: str, root_until_s: int, clock: "BoardClock", names: "Names"
    ) -> None:
        self._plan = plan
        self._token = token
        self._root_file = root_file
        self._root_until_s = root_until_s
        self._clock = clock
        self._names = names
        self._is_tls, self.host, self._port, path = split_url(plan["url"])
        self._path = path + "/1/glances.json"

    async def post(self, user: str, device: str, glance: "dict[str, str]") -> Answer:
        """Send the fields once and return how it ended; raises nothing that the network can cause."""
        if self._is_tls and self._clock.unix_s() > self._root_until_s:
            detail = "the root certificate on this board has expired: type `pushglance deploy` again; nothing is pushed"
            return Answer(UNSENT, 0, detail)
        request = self._request(user, device, glance)
        link = Link()
        try:
            gc.collect()
            context = None
            if self._is_tls:
                with open(self._root_file, "rb") as file:
                    context = tls_context(file.read())
            address = await self._names.address(self.host)
            await link.open(address, self._port, self.host, context, self._plan["connect_ms"])
            await link.write(request, self._plan["connect_ms"] + _HANDSHAKE_MS)
            status, headers, body = await _read_answer(link, self._plan["read_ms"])
        except (OSError, ValueError, MemoryError) as error:
            outcome = UNKNOWN if link.has_left else UNSENT
            return Answer(outcome, 0, clean(str(error) or "no memory is left for the connection", self._token))
        finally:
            link.close()
            gc.collect()
        return classify(status, headers, _parse(body), self._token)

    def _request(self, user: str, device: str, glance: "dict[str, str]") -> bytes:
        fields = [("token", self._token), ("user", user)]
        if device:
            fields.append(("device", device))
        for name in glance:
            fields.append((name, glance[name]))
        body = "&".join(["%s=%s" % (name, quote(text)) for name, text in fields])
        host = self.host if self._port in (80, 443) else "%s:%d" % (self.host, self._port)
        head = "POST %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: pushglance\r\nConnection: close\r\n" % (self._path, host)
        head += "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n" % len(body)
        return (head + body).encode()


def split_url(url: str) -> "tuple[bool, str, int, str]":
    """Return (is it https, host, port, path without a trailing slash) of a URL that the settings have checked."""
    scheme, _, rest = url.partition("://")
    place, slash, path = rest.partition("/")
    host, colon, port = place.partition(":")
    is_tls = scheme.lower() == "https"
    return is_tls, host, int(port) if colon else (443 if is_tls else 80), (slash + path).rstrip("/")


def quote(text: str) -> str:
    """Return text as it stands in a form (percent-encoded UTF-8)."""
    return "".join([chr(byte) if chr(byte) in _SAFE else "%%%02X" % byte for byte in text.encode()])


async def _read_answer(link: "Link", patience_ms: int) -> "tuple[int, dict[str, str], bytes]":
    """Return status, headers (lower case) and body; raises OSError, ValueError for what is no HTTP."""
    head = b""
    while b"\r\n\r\n" not in head:
        some = await link.read_some(patience_ms)
        head += some
        if not some or len(head) > _HEAD_MAX:
            raise ValueError("an answer that is no HTTP")
    head, _, body = head.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    words = lines[0].split(" ")
    if len(words) < 2 or not words[0].startswith("HTTP/1."):
        raise ValueError("an answer that is no HTTP")
    headers = {}
    for line in lines[1:]:
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    length = int(headers.get("content-length", "-1"))
    while (length < 0 or len(body) < length) and len(body) <= _ANSWER_MAX:
        some = await link.read_some(patience_ms)
        if not some:
            break
        body += some
    if 0 <= length != len(body) and len(body) <= _ANSWER_MAX:
        raise ValueError("the connection ended in the middle of the answer")
    return int(words[1]), headers, _unchunked(body) if "chunked" in headers.get("transfer-encoding", "") else body


def _unchunked(body: bytes) -> bytes:
    whole = b""
    while body:
        size, _, body = body.partition(b"\r\n")
        length = int(size.split(b";")[0].decode(), 16)
        if length == 0:
            break
        whole += body[:length]
        body = body[length + 2 :]
    return whole


def _parse(body: bytes) -> "Any":
    try:
        return json.loads(body) if len(body) <= _ANSWER_MAX else None
    except (ValueError, RuntimeError):
        return None
