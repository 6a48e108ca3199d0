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


def look_up(host: str, port: int, deadline: Deadline) -> list[AddressInfo]:
    """Return the addresses of `host` in the system's order of preference.

    Raises OSError for an unknown name, TimeoutError if the answer is late or too many look-ups hang, and ValueError if
    `host` cannot be a name.
    """
    try:
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except (OSError, ValueError):
        pass  # not a numeric address
    if not _free.acquire(blocking=False):
        raise TimeoutError(f"{LOOKUPS_MAX} look-ups of names hang already; check /etc/resolv.conf")
    answers: SimpleQueue[list[AddressInfo] | Exception] = SimpleQueue()
    try:
        threading.Thread(target=_run, args=(host, port, answers), name="look-up", daemon=True).start()
    except RuntimeError as error:
        _free.release()
        raise OSError(f"no thread can be started to look up {host}") from error
    try:
        answer = answers.get(timeout=deadline.left_s())
    except Empty:
        raise TimeoutError(f"the name {host} was not resolved in time") from None
    if isinstance(answer, Exception):
        raise answer
    return answer


def _run(host: str, port: int, answers: "SimpleQueue[list[AddressInfo] | Exception]") -> None:
    try:
        answer: list[AddressInfo] | Exception = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except Exception as error:  # noqa: BLE001 - it is raised in the thread that waits
        answer = error
    _free.release()  # first: whoever has the answer may start the next look-up at once
    answers.put(answer)
