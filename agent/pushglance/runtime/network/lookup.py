"""Look up the addresses of a name within a deadline.

`getaddrinfo` cannot be interrupted and may wait for minutes, so a separate thread runs it and is abandoned if it is
late. At most LOOKUPS_MAX threads exist: a resolver that never answers must not fill the memory.
"""

import socket
import threading
from queue import Empty, SimpleQueue
from typing import Any

from .deadline import Deadline

LOOKUPS_MAX = 4
_free = threading.BoundedSemaphore(LOOKUPS_MAX)

# An entry of getaddrinfo: family, type, protocol, canonical name, address.
AddressInfo = tuple[Any, Any, int, str, Any]


class UnresolvedError(OSError):
    """Report that a name has no address, or none in time."""


def look_up(host: str, port: int, deadline: Deadline) -> list[AddressInfo]:
    """Return the addresses of `host` in the system's order of preference.

    Raises UnresolvedError, also if the answer is late or too many look-ups hang already.
    """
    try:
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except (OSError, ValueError):
        pass  # not a numeric address
    if not _free.acquire(blocking=False):
        raise UnresolvedError(f"{LOOKUPS_MAX} look-ups of names hang already; check /etc/resolv.conf")
    answers: SimpleQueue[list[AddressInfo] | Exception] = SimpleQueue()
    try:
        threading.Thread(target=_run, args=(host, port, answers), name="look-up", daemon=True).start()
    except RuntimeError as error:
        _free.release()
        raise UnresolvedError(f"no thread can be started to look up {host}") from error
    try:
        answer = answers.get(timeout=deadline.left_s())
    except (Empty, TimeoutError):  # TimeoutError: nothing is left to wait for
        raise UnresolvedError(f"the name {host} was not resolved in time") from None
    if isinstance(answer, Exception):
        raise UnresolvedError(f"the name {host} cannot be resolved: {_reason(answer)}") from answer
    return answer


def _run(host: str, port: int, answers: "SimpleQueue[list[AddressInfo] | Exception]") -> None:
    try:
        answer: list[AddressInfo] | Exception = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except Exception as error:  # noqa: BLE001 - it is raised in the thread that waits
        answer = error
    _free.release()  # first: the caller may start the next look-up as soon as it has the answer
    answers.put(answer)


def _reason(error: Exception) -> str:
    return (isinstance(error, OSError) and error.strerror) or str(error) or type(error).__name__
