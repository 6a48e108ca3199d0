"""Check the store that several hubs share: does it answer, and does it keep what is written?"""

from collections.abc import Iterator

from pushglance.doctor.check_result import OK, SKIPPED, WRONG, CheckContext, CheckResult
from pushglance.installation import how_to_add
from pushglance.runtime.clock import SystemClock

_CLOCK_MS = 10_000  # two clocks that NTP sets differ by less


def check_shared_store(context: CheckContext) -> Iterator[CheckResult]:
    """Read the configuration of the shared store, without writing; no result if the settings name no cluster."""
    cluster = context.plan.get("cluster") if context.plan is not None else None
    if context.plan is None or cluster is None:
        return
    if not context.has_keys:
        message = "its password is missing, or this user may not read it"
        yield CheckResult("cluster", SKIPPED, message, "sudo pushglance doctor")
        return
    try:
        from pushglance.runtime.cluster.shared_store import SharedStore  # noqa: PLC0415 - an extra
        from pushglance.runtime.cluster.store_types import StoreUnavailable  # noqa: PLC0415
    except ImportError:
        message = "the library redis is not installed, so the shared store cannot be used"
        yield CheckResult("cluster", WRONG, message, how_to_add("cluster"))
        return
    store = SharedStore(cluster, context.plan["secrets"].get("cluster_password", ""))
    try:
        problem = store.durability_problem()
        ahead_ms = _ahead_ms(store.clock_ms(), context.plan["clock"])
    except StoreUnavailable as error:
        hint = "check url, username and password under [cluster], and the network: without this store nothing is pushed"
        yield CheckResult("cluster", WRONG, f"the shared store does not answer ({error})", hint)
    else:
        if problem and cluster["trust"] != "always":
            yield CheckResult("cluster", WRONG, f"the shared store is not used: {problem}")
        elif abs(ahead_ms) > _CLOCK_MS:
            where = "ahead of" if ahead_ms > 0 else "behind"
            message = f"the clock of the shared store is {abs(ahead_ms) // 1000} s {where} this machine's"
            yield CheckResult("cluster", WRONG, message, "let NTP set both: debits return by the store's clock")
        else:
            durable = "" if problem else " and keeps every write"
            yield CheckResult("cluster", OK, f"the shared store answers{durable}")
    finally:
        store.close()


def _ahead_ms(store_ms: int, trust: str) -> int:
    """Return how far the store's clock is ahead of this machine's, 0 if that may be wrong itself."""
    own_ms = SystemClock(trust).trusted_wall_ms()
    return 0 if own_ms is None else store_ms - own_ms
