"""Send one push for `pushglance send` without a daemon; it is decided, debited and saved as the daemon would do it."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pushglance.core.commands import PushGlance, Reply
from pushglance.core.decider import Decider
from pushglance.core.events import PushFinished, Record, TimePassed
from pushglance.core.push.glance import FIELD_NAMES
from pushglance.core.request_events import SendRequested
from pushglance.core.wire.pushover_answer import Answer
from pushglance.errors import PushglanceError

from .clock import SystemClock, boot_id
from .outputs.pushover import Pushover, proxy_url
from .paths import leave_cluster
from .storage.machine_lock import MachineLock
from .storage.store import SqliteStore

if TYPE_CHECKING:
    from pushglance.core.plan_types import Plan, SensorPlan, WatchPlan

# No input runs here, so no reading is known: every field waits for the value of this sensor, which never comes.
_NO_VALUE: "SensorPlan" = {
    "name": "no value",
    "kind": "text",
    "source": "mqtt",
    "urgent": 0,
    "share": 100,
    "weight": 0,
    "retained": "ignore",
    "length": 1,
    "stale_ms": 0,
}


def send_once(
    plan: "Plan", watch: "WatchPlan", glance: dict[str, str], state_dir: Path, runtime_dir: Path
) -> tuple[Answer, int]:
    """Push these fields now; return the answer and how many pushes are left.

    Raises StoreError while a daemon has the store or pushes to a watch, and PushglanceError if the push is rejected,
    e.g. the budget is spent.
    """
    clock = SystemClock(plan["clock"])
    machine_lock = MachineLock(runtime_dir, plan["pushover"]["url"], plan["watches"], is_hub=False)
    store = SqliteStore(state_dir, plan["watches"], boot_id(), machine_lock)
    memory = store.load(clock.now_ms())
    leave_cluster(state_dir)  # these settings have no cluster: with one, only a daemon may send
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
    now_ms = clock.now_ms()
    decider = Decider(_plan_without_readings(plan, watch), memory, now_ms)
    events = [*clock.poll_events(now_ms), SendRequested(now_ms, watch["name"], glance), TimePassed(now_ms)]
    pushes, replies = _save(store, [command for event in events for command in decider.handle(event)], now_ms)
    if not pushes:
        raise PushglanceError(f"{watch['name']}: {replies[-1].detail}")
    answer = _post(plan, watch, pushes[0].glance)
    now_ms = clock.now_ms()
    ending = PushFinished(
        *(now_ms, watch["name"], pushes[0].push_id, answer.outcome),
        wait_ms=answer.wait_ms,
        detail=answer.detail,
        cause=answer.cause,
    )
    _save(store, decider.handle(ending), now_ms)
    return answer, decider.target(watch["name"]).budget.left(now_ms)


def _plan_without_readings(plan: "Plan", watch: "WatchPlan") -> "Plan":
    """Return a Plan of this watch alone whose desired glance is empty, so that only the request is pushed.

    Its sensor never changes, so the states of sensors in the store stay.
    """
    fields: Any = [{"name": name, "parts": [[_NO_VALUE["name"], ""]]} for name in FIELD_NAMES]
    return {
        **plan,
        "sensors": [_NO_VALUE],
        "watches": [{**watch, "pacing": "spacing", "fields": fields}],
        "messages": None,
    }


def _save(store: SqliteStore, commands: Sequence[Record], now_ms: int) -> tuple[list[PushGlance], list[Reply]]:
    """Save what is to be saved, and return the pushes, which may leave from now on, and the replies."""
    pushes = [command for command in commands if isinstance(command, PushGlance)]
    replies = [command for command in commands if isinstance(command, Reply)]
    saves = [command for command in commands if not isinstance(command, (PushGlance, Reply))]
    if saves:
        store.save(saves, now_ms)
    return pushes, replies


def _post(plan: "Plan", watch: "WatchPlan", glance: dict[str, str]) -> Answer:
    pushover = Pushover(plan["pushover"], plan["secrets"]["token"], proxy_url(plan))
    try:
        return pushover.post(plan["secrets"]["users"][watch["name"]], watch["device"], glance)
    finally:
        pushover.close()
