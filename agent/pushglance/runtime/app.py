"""The only file that knows every concrete class: it builds the house from a Plan."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pushglance import __version__
from pushglance.core.decider import Decider
from pushglance.errors import PushglanceError

from .clock import SystemClock, boot_id
from .control.requests import NAME as REQUESTS
from .control.requests import RequestInput
from .event_queue import EventQueue
from .inputs.build import build_inputs
from .interfaces import Courier, EventSink, Gate
from .loop import AgentLoop
from .outputs.courier import HttpCourier
from .outputs.pushover import Pushover
from .paths import leave_cluster
from .process.systemd import SystemdNotifier
from .status.status_file import StatusFile
from .storage.store import SqliteStore

if TYPE_CHECKING:
    from pushglance.core.plan_types import Plan, ReceiverPlan

    from .interfaces import Observer

log = logging.getLogger("pushglance")


def build_agent(plan: "Plan", state_dir: Path, runtime_dir: Path, supervisor: SystemdNotifier) -> AgentLoop:
    """Return an agent that is ready to `run`. Raises StoreError and HardwareUnavailable."""
    try:
        runtime_dir.mkdir(mode=0o755, parents=True, exist_ok=True)
    except OSError as error:
        raise PushglanceError(
            f"the runtime directory {runtime_dir} cannot be made ({error.strerror}): "
            "name another one with RUNTIME_DIRECTORY"
        ) from error
    inbox = EventQueue()
    clock = SystemClock(plan["clock"])
    receivers: list[ReceiverPlan] = [*plan["watches"], *([plan["messages"]] if plan["messages"] else [])]
    store = SqliteStore(state_dir, receivers, boot_id())
    now_ms = clock.now_ms()
    memory = store.load(now_ms)
    if store.detail:
        log.error("%s", store.detail)
    decider = Decider(plan, memory, now_ms)
    left = ", ".join(f"{watch.name}: {watch.budget.left(now_ms)} pushes left" for watch in decider.watches)
    left = left or "as a node, without a watch"
    log.info("pushglance %s watches %d sensors; %s", __version__, len(plan["sensors"]), left)
    users = {one["name"]: (plan["secrets"]["users"][one["name"]], one["device"]) for one in receivers}

    courier: Courier
    mailbox: EventSink

    def build_courier(gate: Gate | None) -> Courier:
        return HttpCourier(Pushover(plan["pushover"], plan["secrets"]["token"]), users, inbox, gate)

    if "cluster" in plan:
        courier, mailbox = _share(plan, memory, state_dir, inbox, clock, build_courier)
    else:
        leave_cluster(state_dir)
        courier, mailbox = build_courier(None), inbox
    tellers: list[Observer] = [StatusFile(runtime_dir)]
    line = None
    if plan["node"] and plan["mqtt"]:
        from .node.build import build_node  # noqa: PLC0415 - who publishes nothing loads nothing of it

        publisher, line = build_node(plan, store.last_pushes(), mailbox, clock.now_ms)
        tellers.append(publisher)
    wishes = RequestInput(runtime_dir / REQUESTS, inbox, clock.now_ms)
    inputs = [*build_inputs(plan, mailbox, clock.now_ms, line), wishes]
    return AgentLoop(decider, inbox, clock, store, courier, inputs, tellers, supervisor)


def _share(
    plan: "Plan",
    memory: dict[str, Any],
    state_dir: Path,
    inbox: EventQueue,
    clock: SystemClock,
    build_courier: Callable[[Gate], Courier],
) -> tuple[Courier, EventSink]:
    try:
        from .cluster.build import build_sharing  # noqa: PLC0415 - an extra: who shares nothing does not have it
    except ImportError as error:
        raise PushglanceError(
            f"[cluster] needs the package {error.name}: call scripts/install again, or type  "
            "pip install 'pushglance[cluster]'"
        ) from error
    return build_sharing(plan, plan["cluster"], memory, state_dir, inbox, clock.now_ms, build_courier)
