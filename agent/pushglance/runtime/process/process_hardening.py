"""Keep the process's memory to itself: it holds the keys, and a core dump would put them on the card."""

import resource

_PR_SET_DUMPABLE = 4  # of prctl(2)


def disable_core_dumps() -> bool:
    """Forbid core dumps, and other programs of the same user to look inside; return whether the kernel took both.

    A limit of 0 keeps the kernel from writing a file, but not from piping a dump to systemd-coredump; for that the
    process must not be dumpable. Each `exec` makes it dumpable again.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        import ctypes  # noqa: PLC0415 - a third of a megabyte, and not to be had under every hardening

        return bool(ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) == 0)
    except (ImportError, OSError, AttributeError, MemoryError):
        return False
