"""A socket whose reads and writes all end at one deadline, in the form that http.client's parser reads."""

import io
import select
import socket
import ssl
from http.client import HTTPException

from .deadline import Deadline

RECEIVED_BYTES_MAX = 256 * 1024  # in one exchange, with status lines and headers, also of interim answers


class Stream:
    """Wrap a connected socket. Each exchange begins with `start`."""

    def __init__(self, sock: socket.socket, deadline: Deadline) -> None:
        self.sock = sock
        self.start(deadline)

    def start(self, deadline: Deadline) -> None:
        """Limit what follows to this deadline and to RECEIVED_BYTES_MAX."""
        self._deadline = deadline
        self._left = RECEIVED_BYTES_MAX

    def sendall(self, payload: bytes) -> None:
        """Send all bytes. Raises OSError if the kernel did not accept the last one."""
        self.sock.settimeout(self._deadline.left_s())
        try:
            self.sock.sendall(payload)
        except TimeoutError:
            raise self._deadline.error() from None

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Return a reader; http.client asks for one for each response."""
        # Without a buffer nothing is read beyond the response, so that `is_idle` sees what comes after it.
        return io.BufferedReader(_Reader(self, self.sock.makefile("rb", buffering=0)), buffer_size=1)

    def read_into(self, raw: io.RawIOBase, buffer: memoryview) -> int:
        """Read some bytes. Raises TimeoutError at the deadline, HTTPException after too many bytes."""
        self.sock.settimeout(self._deadline.left_s())
        try:
            number = raw.readinto(buffer) or 0
        except TimeoutError:
            raise self._deadline.error() from None
        self._left -= number
        if self._left < 0:
            raise HTTPException(f"the answer is longer than {RECEIVED_BYTES_MAX // 1024} KiB")
        return number

    def is_idle(self) -> bool:
        """Return whether the peer has neither closed the connection nor sent data that was not asked for."""
        if isinstance(self.sock, ssl.SSLSocket) and self.sock.pending():
            return False
        poll = select.poll()
        poll.register(self.sock, select.POLLIN)
        return not poll.poll(0)

    def close(self) -> None:
        """Close the socket."""
        self.sock.close()


class _Reader(io.RawIOBase):
    """Read from a stream; `raw` is the socket's own reader, which keeps the socket open until it is closed."""

    def __init__(self, stream: Stream, raw: io.RawIOBase) -> None:
        self._stream = stream
        self._raw = raw

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # the buffer of a BufferedReader
        return self._stream.read_into(self._raw, buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()
