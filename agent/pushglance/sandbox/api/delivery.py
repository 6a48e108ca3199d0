"""Send a response, complete or damaged by an injected fault."""

from pushglance.sandbox.faults import Fault
from pushglance.sandbox.state_store import StateStore

from .connection import Connection
from .responses import Response

HUGE_BYTES = 32 * 1024 * 1024
_INTERIM_S = 5.0
_DRIP_S = 1.0
_PIECE = b"a" * 65_536


def send_response(
    response: Response, fault: Fault | None, connection: Connection, store: StateStore, *, is_last: bool
) -> None:
    """Send the response, late, damaged or not at all; `is_last` announces that the connection closes afterwards."""
    kind = fault.kind if fault else "normal"
    if fault and kind not in ("late", "continue") and fault.wait_s:
        store.wait_for_release(fault.wait_s)
    if kind in ("drop", "hang"):
        connection.close_after_response()
    elif kind == "reset":
        connection.reset()
    elif kind == "half":
        connection.send(response.head(is_last=is_last) + response.body[: len(response.body) // 2])
        connection.close_after_response()
    elif kind == "continue":
        _send_interim(fault.wait_s if fault else 0, connection, store)
        connection.close_after_response()
    elif kind == "drip":
        for byte in response.encode(is_last=is_last):
            store.wait_for_release(_DRIP_S)
            connection.send(bytes([byte]))
    elif kind == "huge":
        _send_huge(response, connection, store)
        connection.close_after_response()
    else:
        connection.send(response.encode(is_last=is_last))


def _send_interim(seconds: float, connection: Connection, store: StateStore) -> None:
    for _ in range(int(seconds / _INTERIM_S) + 1):
        connection.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        store.wait_for_release(_INTERIM_S)
        if store.is_closing:
            return


def _send_huge(response: Response, connection: Connection, store: StateStore) -> None:
    start, end = b'{"status":1,"request":"', b'"}'
    pieces = HUGE_BYTES // len(_PIECE)
    connection.send(response.head(is_last=True, length=len(start) + pieces * len(_PIECE) + len(end)) + start)
    for _ in range(pieces):
        if store.is_closing:
            return
        connection.send(_PIECE)
    connection.send(end)
