"""Assemble the daemon from a Plan: the only module that knows every concrete class."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pushglance import __version__
from pushglance.core.decider import Decider
from pushglance.core.request_events import SettingsReloaded
from pushglance.errors import PushglanceError

from .clock import SystemClock, boot_id
from .control.requests import FIFO_NAME, RequestInput, page_requests
from .diagnostics.diagnostics import Diagnostics
from .event_queue import BoundedEventQueue
from .inputs.build import build_inputs
from .interfaces import Courier, EventQueue, SendGuard
from .loop import AgentLoop
from .outputs.courier import HttpCourier
from .outputs.pushover import Pushover, proxy_url
from .paths import leave_cluster
from .process.systemd import SystemdNotifier
from .status.page_facts import page_facts
from .status.status_file import StatusFile
from .storage.machine_lock import MachineLock
from .storage.store import SqliteStore
from .worker_progress import WorkerProgress

if TYPE_CHECKING:
    from pushglance.core.plan_types import Plan, PushTargetPlan

    from .interfaces import Observer

log = logging.getLogger("pushglance")


def build_agent(
    plan: "Plan", state_dir: Path, runtime_dir: Path, systemd: SystemdNotifier, *, is_reload: bool = False
) -> AgentLoop:
    """Return an agent that is ready to `run`; `is_reload`: a person had the settings read again.

    Raises StoreError and HardwareUnavailable.
    """
    _create_runtime_dir(runtime_dir)
    loop_queue = BoundedEventQueue()
    clock = SystemClock(plan["clock"])
    receivers: list[PushTargetPlan] = [*plan["watches"], *([plan["messages"]] if plan["messages"] else [])]
    url = plan["pushover"]["url"]
    machine_lock = MachineLock(runtime_dir, url, plan["watches"], is_hub="cluster" in plan)
    store = SqliteStore(state_dir, receivers, boot_id(), machine_lock)
    now_ms = clock.now_ms()
    memory = store.load(now_ms)
    if store.detail:
        log.error("%s", store.detail)
    decider = Decider(plan, memory, now_ms)
    _log_start(plan, decider, now_ms)
    if is_reload:
        loop_queue.put(SettingsReloaded(now_ms))
    users = {
        receiver["name"]: (plan["secrets"]["users"][receiver["name"]], receiver["device"]) for receiver in receivers
    }

    courier: Courier
    queue: EventQueue  # for the inputs: in a cluster it also watches the broker link

    pushover = Pushover(plan["pushover"], plan["secrets"]["token"], proxy_url(plan))

    def build_courier(guard: SendGuard | None) -> Courier:
        return HttpCourier(pushover, users, loop_queue, guard)

    if "cluster" in plan:
        courier, queue = _join_cluster(plan, memory, state_dir, loop_queue, clock, build_courier)
    else:
        leave_cluster(state_dir)
        courier, queue = build_courier(None), loop_queue
    diagnostics = Diagnostics(plan["sensors"], clock.now_ms)
    observers: list[Observer] = [StatusFile(runtime_dir, diagnostics, page_facts(plan))]
    node = None
    if plan["node"] and plan["mqtt"]:
        from .node.build import build_node  # noqa: PLC0415 - an agent that does not publish saves the memory

        publisher, node = build_node(plan, store.last_pushes(), queue, clock.now_ms, diagnostics)
        observers.append(publisher)
    requests = RequestInput(runtime_dir / FIFO_NAME, loop_queue, clock.now_ms)
    inputs = [*build_inputs(plan, queue, clock.now_ms, node, diagnostics), requests]
    if "page" in plan and plan["page"]["actions"]:
        inputs.append(page_requests(runtime_dir, plan["page"]["actions"], loop_queue, clock.now_ms))

    def workers() -> list[WorkerProgress]:
        return [*courier.workers, *(worker for source in inputs for worker in source.workers)]

    return AgentLoop(decider, loop_queue, clock, store, courier, inputs, observers, systemd, workers, pushover.figures)


def _create_runtime_dir(runtime_dir: Path) -> None:
    try:
        runtime_dir.mkdir(mode=0o755, parents=True, exist_ok=True)
    except OSError as error:
        raise PushglanceError(
            f"the runtime directory {runtime_dir} cannot be created ({error.strerror}): "
            "set RUNTIME_DIRECTORY to another one"
        ) from error


def _log_start(plan: "Plan", decider: Decider, now_ms: int) -> None:
    budgets = ", ".join(f"{watch.name}: {watch.budget.left(now_ms)} pushes left" for watch in decider.watches)
    budgets = budgets or "as a node, without a watch"
    log.info("pushglance %s watches %d sensors; %s", __version__, len(plan["sensors"]), budgets)


def _join_cluster(
    plan: "Plan",
    memory: dict[str, Any],
    state_dir: Path,
    queue: BoundedEventQueue,
    clock: SystemClock,
    build_courier: Callable[[SendGuard], Courier],
) -> tuple[Courier, EventQueue]:
    try:
        from .cluster.build import build_cluster  # noqa: PLC0415 - an optional dependency: the extra [cluster]
    except ImportError as error:
        from pushglance.installation import how_to_add  # noqa: PLC0415 - only after an error

        raise PushglanceError(f"[cluster] needs the package {error.name}: {how_to_add('cluster')}") from error
    return build_cluster(plan, plan["cluster"], memory, state_dir, queue, clock, build_courier)
