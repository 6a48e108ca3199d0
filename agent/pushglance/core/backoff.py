"""How long to wait before trying again: arithmetic only. The daemon's courier and the core use the same sum."""

JITTER_FULL = 1024  # jitter is handed in as 0..1023, drawn by the runtime


def backoff_ms(failures: int, base_ms: int, ceiling_ms: int, jitter: int) -> int:
    """Return base_ms doubled for each failure after the first, at most ceiling_ms, plus up to a quarter of jitter.

    Jitter only adds: Pushover asks for "no sooner than 5 seconds", so the base is a floor.
    """
    doublings = min(max(failures - 1, 0), 24)
    wait_ms = min(base_ms << doublings, ceiling_ms)
    return wait_ms + wait_ms * jitter // (4 * JITTER_FULL)
