"""One TCP or TLS connection that never blocks: each wait is a short sleep, and each has a time-out.

asyncio's own `open_connection` resolves names with a call that has no time-out, and its streams do not tell whether a
request may have left. Here `has_left` does: it is false until the first byte of a record was accepted whole, and TLS
accepts none before the certificate was verified.
"""

import errno
import select
import socket
import ssl
from asyncio import sleep_ms
from time import ticks_add, ticks_diff, ticks_ms

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_STEP_MS = 10
_CHUNK = 256


class LinkError(OSError):
    """Say in words why a connection failed."""


def tls_context(authority: bytes) -> "ssl.SSLContext":
    """Return a context that trusts this one root certificate (DER) and always checks. Raises ValueError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_mode = ssl.CERT_REQUIRED  # type: ignore[attr-defined]  # MicroPython's default is to check nothing
    context.load_verify_locations(cadata=authority)
    return context


class Link:
    """Hold one connection."""

    def __init__(self) -> None:
        self._socket = None  # type: socket.socket | None
        self._stream = None  # type: Any
        self._scratch = bytearray(_CHUNK)
        self._waiting = b""  # read, but not asked for yet
        self.has_left = False

    async def open(
        self, address: str, port: int, name: str, context: "ssl.SSLContext | None", patience_ms: int
    ) -> None:
        """Connect to a numeric `address`, with TLS for `name` if there is a context. Raises LinkError."""
        until = ticks_add(ticks_ms(), patience_ms)
        self._socket = sock = socket.socket()
        sock.setblocking(False)
        try:
            sock.connect(socket.getaddrinfo(address, port)[0][-1])
        except OSError as error:
            if error.errno not in (errno.EINPROGRESS, errno.EAGAIN):
                raise LinkError(_words(error)) from None
        poller = select.poll()
        poller.register(sock, select.POLLOUT)
        while not poller.poll(0):
            await self._wait(until, "no connection in time")
        if context is None:
            self._stream = sock
            return
        try:
            self._stream = context.wrap_socket(sock, server_hostname=name, do_handshake_on_connect=False)
        except (OSError, ValueError) as error:
            raise LinkError(_words(error)) from None

    async def write(self, payload: bytes, patience_ms: int) -> None:
        """Send all of it; the handshake of TLS happens here, at the first byte. Raises LinkError."""
        until = ticks_add(ticks_ms(), patience_ms)
        view = memoryview(payload)
        while view:
            try:
                count = self._stream.write(view)
            except (OSError, ValueError) as error:  # a certificate that does not verify is a ValueError
                raise LinkError(_words(error)) from None
            if count:
                self.has_left = True
                view = view[count:]
            else:
                await self._wait(until, "could not send in time")

    async def read_some(self, patience_ms: int) -> bytes:
        """Return what has come, b"" at the end of the connection. Raises LinkError, or TimeoutLinkError in silence."""
        if self._waiting:
            some, self._waiting = self._waiting, b""
            return some
        until = ticks_add(ticks_ms(), patience_ms)
        while True:
            try:
                count = self._stream.readinto(self._scratch)
            except (OSError, ValueError) as error:
                raise LinkError(_words(error)) from None
            if count is not None:
                return bytes(memoryview(self._scratch)[:count])
            await self._wait(until, "no answer in time")

    async def read_exactly(self, length: int, patience_ms: int) -> bytes:
        """Return `length` bytes. Raises LinkError, also when the connection ends before."""
        whole = b""
        while len(whole) < length:
            some = await self.read_some(patience_ms)
            if not some:
                raise LinkError("the connection ended")
            whole += some
        self._waiting = whole[length:] + self._waiting
        return whole[:length]

    def is_silent(self) -> bool:
        """Tell whether nothing waits to be read; what has come is kept. Raises LinkError when the link is broken."""
        if self._waiting:
            return False
        try:
            count = self._stream.readinto(self._scratch)
        except (OSError, ValueError) as error:
            raise LinkError(_words(error)) from None
        if count is None:
            return True
        if count == 0:
            raise LinkError("the connection ended")
        self._waiting = bytes(memoryview(self._scratch)[:count])
        return False

    async def _wait(self, until: "Any", sentence: str) -> None:
        if ticks_diff(until, ticks_ms()) <= 0:
            raise LinkError(sentence)
        await sleep_ms(_STEP_MS)

    def close(self) -> None:
        """Let the connection go; a second call does nothing."""
        stream, sock = self._stream, self._socket
        self._stream = self._socket = None
        for one in (stream, sock):
            try:
                if one is not None:
                    one.close()
            except (OSError, ValueError):
                pass


def _words(error: "OSError | ValueError") -> str:
    number = getattr(error, "errno", None)
    if number == errno.ECONNREFUSED:
        return "the connection is refused"
    if number in (errno.ENOMEM, -17040, -32512, -10368, -9600):  # lwIP's, and mbedTLS's "allocation failed"
        return "no memory is left for the connection"
    text = " ".join(str(error.args[-1] if error.args else error).split())
    return text or "error %s" % number
