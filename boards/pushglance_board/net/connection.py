"""One TCP or TLS connection that never blocks: each wait is a short sleep, and each has a time-out.

asyncio's `open_connection` resolves names with a call that has no time-out, and its streams do not report whether a
request may have left. `has_left` does: it is False until the first byte of a record was accepted completely, and TLS
accepts none before the certificate is verified.
"""

import errno
import gc
import select
import socket
import ssl
from asyncio import sleep_ms
from time import ticks_add, ticks_diff, ticks_ms

from micropython import const

from .memory import LACKING, is_memory_exhausted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_STEP_MS = const(10)
_CHUNK = const(256)


class NetworkError(OSError):
    """A connection failed; the message says how."""


def tls_context(authorities: bytes) -> "ssl.SSLContext":
    """Return a context that trusts these root certificates (DER, one after the other) and always checks.

    Raises ValueError.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_mode = ssl.CERT_REQUIRED  # type: ignore[attr-defined]  # MicroPython's default is to check nothing
    while authorities:
        end = 4 + (authorities[2] << 8 | authorities[3])  # a sequence with two bytes of length, as all of them are
        context.load_verify_locations(cadata=authorities[:end])  # each call adds one
        authorities = authorities[end:]
    return context


class Connection:
    """One connection; call `open` first."""

    def __init__(self) -> None:
        self._socket = None  # type: socket.socket | None
        self._stream = None  # type: Any
        self._chunk = bytearray(_CHUNK)
        self._unread = b""  # received, but not returned yet
        self._gc_threshold = None  # type: int | None  # to be restored after the handshake
        self.has_left = False
        self.blocked_ms = 0  # the longest that one call has kept all other tasks waiting

    async def open(self, address: str, port: int, name: str, context: "ssl.SSLContext | None", timeout_ms: int) -> None:
        """Connect to a numeric `address`, with TLS for `name` if there is a context. Raises NetworkError."""
        until = ticks_add(ticks_ms(), timeout_ms)
        self._socket = sock = socket.socket()
        sock.setblocking(False)
        try:
            sock.connect(socket.getaddrinfo(address, port)[0][-1])
        except OSError as error:
            if error.errno not in (errno.EINPROGRESS, errno.EAGAIN):
                raise NetworkError(_error_text(error)) from None
        poller = select.poll()
        poller.register(sock, select.POLLOUT)
        while not poller.poll(0):
            await self._wait(until, "no connection in time")
        if context is None:
            self._stream = sock
            return
        self._begin_handshake()
        try:
            self._stream = context.wrap_socket(sock, server_hostname=name, do_handshake_on_connect=False)
        except (OSError, ValueError) as error:
            raise NetworkError(_error_text(error)) from None

    def _begin_handshake(self) -> None:
        """Collect garbage once instead of often: mbedTLS allocates from the same heap, and half its time was that."""
        gc.collect()
        self._gc_threshold = gc.threshold()
        gc.threshold(-1)

    def _end_handshake(self) -> None:
        if self._gc_threshold is not None:
            gc.threshold(self._gc_threshold)
            self._gc_threshold = None

    async def write(self, payload: bytes, timeout_ms: int) -> None:
        """Send all bytes. The first call includes the handshake of TLS. Raises NetworkError."""
        until = ticks_add(ticks_ms(), timeout_ms)
        view = memoryview(payload)
        while view:
            start_ms = ticks_ms()
            try:
                count = self._stream.write(view)
            except (OSError, ValueError) as error:  # a certificate that does not verify is a ValueError
                raise NetworkError(LACKING if is_memory_exhausted() else _error_text(error)) from None
            self.blocked_ms = max(self.blocked_ms, ticks_diff(ticks_ms(), start_ms))
            if count:
                self.has_left = True
                self._end_handshake()
                view = view[count:]
            else:
                await self._wait(until, "could not send in time")

    async def read_some(self, timeout_ms: int) -> bytes:
        """Return the bytes that have come, b"" at the end of the connection. Raises NetworkError, also on time-out."""
        if self._unread:
            data, self._unread = self._unread, b""
            return data
        until = ticks_add(ticks_ms(), timeout_ms)
        while True:
            count = self._read_chunk()
            if count is not None:
                return bytes(memoryview(self._chunk)[:count])
            await self._wait(until, "no answer in time")

    async def read_exactly(self, length: int, timeout_ms: int) -> bytes:
        """Return `length` bytes. Raises NetworkError, also if the connection ends before."""
        data = b""
        while len(data) < length:
            chunk = await self.read_some(timeout_ms)
            if not chunk:
                raise NetworkError("the connection ended")
            data += chunk
        self._unread = data[length:] + self._unread
        return data[:length]

    def has_no_data(self) -> bool:
        """Return whether there is nothing to read. Raises NetworkError if the connection has ended."""
        if self._unread:
            return False
        count = self._read_chunk()
        if count is None:
            return True
        if count == 0:
            raise NetworkError("the connection ended")
        self._unread = bytes(memoryview(self._chunk)[:count])
        return False

    def _read_chunk(self) -> "int | None":
        try:
            count = self._stream.readinto(self._chunk)  # type: int | None
        except (OSError, ValueError) as error:
            raise NetworkError(_error_text(error)) from None
        return count

    async def _wait(self, until: "Any", message: str) -> None:
        if ticks_diff(until, ticks_ms()) <= 0:
            raise NetworkError(message)
        await sleep_ms(_STEP_MS)

    def close(self) -> None:
        """Close the connection; a second call does nothing."""
        self._end_handshake()
        stream, sock = self._stream, self._socket
        self._stream = self._socket = None
        for closable in (stream, sock):
            try:
                if closable is not None:
                    closable.close()
            except (OSError, ValueError):
                pass


def _error_text(error: "OSError | ValueError") -> str:
    number = getattr(error, "errno", None)
    if number == errno.ECONNREFUSED:
        return "the connection is refused"
    if number in (errno.ENOMEM, -17040, -32512, -10368, -9600):  # lwIP's, and mbedTLS's "allocation failed"
        return LACKING
    text = " ".join(str(error.args[-1] if error.args else error).split())
    return text or "error %s" % number
