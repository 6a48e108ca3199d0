"""Brings an answer to the client, or fails at it exactly as a fault says."""

from typing import Protocol

from pushglance.sandbox.state_store import StateStore

from .faults import Fault
from .responses import Answer

HUGE_BYTES = 32 * 1024 * 1024
_PIECE = b"a" * 65_536


class Line(Protocol):
    """What a connection must be able to do to be misused."""

    def send(self, content: bytes) -> None:
        """Send bytes now."""
        ...

    def hang_up(self) -> None:
        """Close after what was sent."""
        ...

    def reset(self) -> None:
        """Close with a TCP reset."""
        ...


def deliver(answer: Answer, fault: Fault | None, line: Line, book: StateStore, *, is_last: bool) -> None:
    """Send the answer, late, broken or not at all; `is_last` says that the connection closes afterwards anyway."""
    kind = fault.kind if fault else "normal"
    if fault and kind != "late" and fault.wait_s:
        book.hold(fault.wait_s)
    if kind in ("drop", "hang"):
        line.hang_up()
    elif kind == "reset":
        line.reset()
    elif kind == "half":
        line.send(answer.head(is_last=is_last) + answer.body[: len(answer.body) // 2])
        line.hang_up()
    elif kind == "huge":
        _send_huge(answer, line, book)
        line.hang_up()
    else:
        line.send(answer.whole(is_last=is_last))


def _send_huge(answer: Answer, line: Line, book: StateStore) -> None:
    start, end = b'{"status":1,"request":"', b'"}'
    pieces = HUGE_BYTES // len(_PIECE)
    line.send(answer.head(is_last=True, length=len(start) + pieces * len(_PIECE) + len(end)) + start)
    for _ in range(pieces):
        if book.is_closing:
            return
        line.send(_PIECE)
    line.send(end)
