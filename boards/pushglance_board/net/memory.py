"""The memory that TLS needs, checked before a connection: mbedTLS reports a lack of it as a bad certificate."""

import gc

from micropython import const

_FREE = const(40 * 1024)  # measured on an RP2040: a handshake takes 31 to 37 KiB of the heap
_PIECE = const(16_717)  # the input record of mbedTLS
_EXHAUSTED = const(2048)  # if not even this is left in one piece, allocations of a handshake have failed
LACKING = "no memory is left for the connection; publish with [node] and let a Pi push, or use fewer sensors"


def memory_shortage() -> str:
    """Return what the heap lacks for one connection of TLS, "" if it suffices."""
    gc.collect()
    free = gc.mem_free()
    if free < _FREE:
        return "%s (%d KiB are free, TLS needs %d)" % (LACKING, free // 1024, _FREE // 1024)
    if not _has_piece(_PIECE):
        return "%s (no free piece has %d KiB)" % (LACKING, _PIECE // 1024)
    return ""


def is_memory_exhausted() -> bool:
    """Return whether a handshake that has just failed, and is not closed yet, has taken all memory."""
    return not _has_piece(_EXHAUSTED)


def _has_piece(size: int) -> bool:
    try:
        bytearray(size)
    except MemoryError:
        return False
    return True
