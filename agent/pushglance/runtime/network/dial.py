"""Connect to the first address that answers: a dead one delays the next by a quarter of a second (RFC 8305).

A machine with an IPv6 address but without a way to the IPv6 internet would otherwise wait for a time-out each time.
"""

import errno
import os
import select
import socket
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from itertools import zip_longest
from time import monotonic

from .deadline import Deadline
from .lookup import AddressInfo, look_up

STAGGER_S = 0.25  # RFC 8305, section 5: "Connection Attempt Delay"
ADDRESSES_MAX = 8


def connect(host: str, port: int, deadline: Deadline) -> socket.socket:
    """Return a connected socket. Raises OSError, TimeoutError at the deadline."""
    return connect_any(look_up(host, port, deadline), deadline)


def connect_any(addresses: Sequence[AddressInfo], deadline: Deadline) -> socket.socket:
    """Return a socket that is connected to one of these addresses. Raises OSError, TimeoutError at the deadline."""
    waiting = deque(alternate_families(addresses)[:ADDRESSES_MAX])
    attempts: dict[int, socket.socket] = {}
    error = OSError(errno.EHOSTUNREACH, os.strerror(errno.EHOSTUNREACH))
    poll = select.poll()
    start_next_s = monotonic()
    try:
        while waiting or attempts:
            if waiting and (not attempts or monotonic() >= start_next_s):
                try:
                    sock = _begin(waiting.popleft())
                except OSError as failure:  # e.g. no route for this family
                    error = failure
                    continue
                attempts[sock.fileno()] = sock
                poll.register(sock, select.POLLOUT)
                start_next_s = monotonic() + STAGGER_S
            pause_s = deadline.left_s()
            if waiting:
                pause_s = min(pause_s, max(0.0, start_next_s - monotonic()))
            for fd, _ in poll.poll(pause_s * 1000 + 1):
                sock = attempts.pop(fd)
                poll.unregister(fd)
                if (number := sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)) == 0:
                    return sock
                sock.close()
                error = OSError(number, os.strerror(number))
                start_next_s = monotonic()
    finally:
        for unused in attempts.values():
            unused.close()
    raise error


def alternate_families(addresses: Sequence[AddressInfo]) -> list[AddressInfo]:
    """Return the addresses with the families taking turns, beginning with the family of the first one."""
    preferred = [address for address in addresses if address[0] == addresses[0][0]]
    others = [address for address in addresses if address[0] != addresses[0][0]]
    pairs = zip_longest(preferred, others)
    return [address for pair in pairs for address in pair if address is not None]


def _begin(info: AddressInfo) -> socket.socket:
    """Return a socket that has begun to connect."""
    family, kind, protocol, _, address = info
    sock = socket.socket(family, kind, protocol)
    try:
        sock.setblocking(False)  # noqa: FBT003 - the library's own signature
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with suppress(BlockingIOError):  # it is under way
            sock.connect(address)
    except BaseException:
        sock.close()
        raise
    return sock
