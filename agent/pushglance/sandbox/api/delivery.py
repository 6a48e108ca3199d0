"""Send a response, complete or damaged by an injected fault."""

from pushglance.sandbox.faults import Fault
from pushglance.sandbox.state_store import StateStore

from .connection import Connection
from .responses import Response

HUGE_BYTES = 32 * 1024 * 1024
_PIECE = b"a" * 65_536


def send_response(
    response: Response, fault: Fault | None, connection: Connection, store: StateStore, *, is_last: bool
) -> None:
    """Send the response, late, damaged or not at all; `is_last` announces that the connection closes afterwards."""
    kind = fault.kind if fault else "normal"
    if fault and kind != "late" and fault.wait_s:
        store.wait_for_release(fault.wait_s)
    if kind in ("drop", "hang"):
        connection.close_after_response()
    elif kind == "reset":
        connection.reset()
    elif kind == "half":
        connection.send(response.head(is_last=is_last) + response.body[: len(response.body) // 2])
        connection.close_after_response()
    elif kind == "huge":
        _send_huge(response, connection, store)
        connection.close_after_response()
    else:
        connection.send(response.encode(is_last=is_last))


def _send_huge(response: Response, connection: Connection, store: StateStore) -> None:
    start, end = b'{"status":1,"request":"', b'"}'
    pieces = HUGE_BYTES // len(_PIECE)
    connection.send(response.head(is_last=True, length=len(start) + pieces * len(_PIECE) + len(end)) + start)
    for _ in range(pieces):
        if store.is_closing:
            return
        connection.send(_PIECE)
    connection.send(end)
