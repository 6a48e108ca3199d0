"""One push by hand, for `pushglance send`: booked, sent and noted like any other, or the budget would not be true."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pushglance.core.commands import SaveDebit, SaveOutcome
from pushglance.core.events import DELIVERED, UNKNOWN, UNSENT, ClockSet
from pushglance.core.pacing.budget import FLIGHT_MS, Budget
from pushglance.core.push.watch import window_of
from pushglance.core.wall_clock import UNKNOWN_MS, WallClock
from pushglance.core.wire.pushover_answer import Answer
from pushglance.errors import PushglanceError

from .clock import SystemClock, boot_id
from .outputs.pushover import Pushover
from .paths import leave_cluster
from .storage.store import SqliteStore

if TYPE_CHECKING:
    from pushglance.core.plan_types import Plan, WatchPlan


def send_once(plan: "Plan", watch: "WatchPlan", glance: dict[str, str], state_dir: Path) -> tuple[Answer, int]:
    """Push these fields now; return the answer and how many pushes are left.

    Raises StoreError while a daemon has the store, and PushglanceError when the budget is spent.
    """
    clock = SystemClock(plan["clock"])
    store = SqliteStore(state_dir, plan["watches"], boot_id())
    memory = store.load(clock.now_ms())
    leave_cluster(state_dir)  # the settings share nothing, or nobody could send from here
    try:
        return _send(plan, watch, glance, store, memory, clock)
    finally:
        store.close()


def _send(
    plan: "Plan",
    watch: "WatchPlan",
    glance: dict[str, str],
    store: SqliteStore,
    memory: dict[str, Any],
    clock: SystemClock,
) -> tuple[Answer, int]:
    now_ms, wall = clock.now_ms(), WallClock()
    kept = memory["watches"][watch["name"]]
    budget = Budget(watch["pushes"], kept["debits"], memory["opened_ms"], window_of(watch, wall))
    for event in clock.poll_events(now_ms):
        if isinstance(event, ClockSet):
            wall.set(event.at_ms, event.wall_ms, event.utc_offset_s)
            budget.clock_set(event.at_ms, event.wall_ms)
    if budget.left(now_ms) == 0:
        returns = budget.refill_times_ms(now_ms)
        raise PushglanceError(
            f"all {watch['pushes']} pushes of {watch['name']} are spent: "
            f"the next one comes back in {(returns[0] - now_ms) // 60_000 if returns else 0} minutes"
        )
    push_id = memory["push_id"] + 1
    shown = {name: text for name, text in kept["shown"].items() if name not in glance}
    until_ms = budget.until_ms(now_ms + FLIGHT_MS)
    debit = SaveDebit(
        watch["name"], push_id, now_ms, until_ms, budget.date(until_ms, wall.wall_ms(until_ms)), glance, shown
    )
    store.save([debit], now_ms)
    answer = _post(plan, watch, glance)
    done_ms = clock.now_ms()
    until_ms = UNKNOWN_MS if answer.outcome == UNSENT else budget.until_ms(done_ms)
    if answer.outcome == DELIVERED:
        shown = {**shown, **glance}
    elif answer.outcome != UNKNOWN:
        shown = kept["shown"]
    until_wall_ms = UNKNOWN_MS if until_ms == UNKNOWN_MS else budget.date(until_ms, wall.wall_ms(until_ms))
    note = SaveOutcome(watch["name"], push_id, done_ms, answer.outcome, answer.detail, until_ms, until_wall_ms, shown)
    store.save([note], done_ms)
    return answer, budget.left(now_ms) - (0 if answer.outcome == UNSENT else 1)


def _post(plan: "Plan", watch: "WatchPlan", glance: dict[str, str]) -> Answer:
    pushover = Pushover(plan["pushover"], plan["secrets"]["token"])
    try:
        return pushover.post(plan["secrets"]["users"][watch["name"]], watch["device"], glance)
    finally:
        pushover.close()
