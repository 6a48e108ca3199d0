"""Protect the memory of the process: it holds the keys, and a core dump would write them to the SD card."""

import resource

_PR_SET_DUMPABLE = 4  # of prctl(2)


def disable_core_dumps() -> bool:
    """Forbid core dumps and reading by other processes of the same user; return whether the kernel accepted it.

    RLIMIT_CORE = 0 keeps the kernel from writing a file, but not from piping a dump to systemd-coredump; against that
    the process must not be dumpable. Each `exec` makes it dumpable again.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        import ctypes  # noqa: PLC0415 - takes a third of a megabyte, and a hardened system may forbid it

        return bool(ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) == 0)
    except (ImportError, OSError, AttributeError, MemoryError):
        return False
