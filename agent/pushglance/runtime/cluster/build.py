"""Build the parts of a hub that shares its watches, around its ordinary courier."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pushglance.core.commands import CancelPush, PushGlance
from pushglance.runtime.clock import SystemClock
from pushglance.runtime.interfaces import Courier, EventQueue, SendGuard

from .broker_health import BrokerHealth
from .claims import Claims
from .cluster_state import ClusterState
from .lease_assignment import LeaseAssignment
from .lease_renewer import LeaseRenewer
from .leases import Leases
from .own_debits import OwnDebits
from .shared_store import SharedStore
from .store_clock import StoreClock
from .store_types import SharedWatch

if TYPE_CHECKING:
    from pushglance.core.plan_types import ClusterPlan, Plan, WatchPlan


class ClusterCourier:
    """A courier whose pushes must be claimed: it starts together with the lease renewer and stops before it."""

    def __init__(self, courier: Courier, renewer: LeaseRenewer) -> None:
        self._courier = courier
        self._renewer = renewer
        self.workers = (*courier.workers, renewer.progress)

    def start(self) -> None:
        """Start both threads."""
        self._courier.start()
        self._renewer.start()

    def submit(self, command: PushGlance | CancelPush) -> None:
        """Accept a command."""
        self._courier.submit(command)

    def stop(self) -> None:
        """Stop the courier, then release the leases."""
        self._courier.stop()
        self._renewer.stop()


def build_cluster(
    plan: "Plan",
    cluster: "ClusterPlan",
    memory: dict[str, Any],
    state_dir: Path,
    queue: EventQueue,
    clock: SystemClock,
    build_courier: Callable[[SendGuard], Courier],
) -> tuple[Courier, EventQueue]:
    """Return a courier that claims each push, and the event queue for the inputs. Raises StoreError."""
    password = plan["secrets"].get("cluster_password", "")
    state = ClusterState(state_dir, memory["push_id"])
    leases, now_ms = Leases(), clock.now_ms
    store_clock, debits = StoreClock(clock.trusted_wall_ms), OwnDebits(clock.trusted_wall_ms)
    watches = {watch["name"]: (shared_watch(watch), watch) for watch in plan["watches"]}
    has_topics = any(sensor["source"] == "mqtt" for sensor in plan["sensors"])
    health = BrokerHealth(queue, cluster["lease_ms"], now_ms(), has_topics=has_topics)
    claims = Claims(watches, SharedStore(cluster, password), leases, state, debits, store_clock, queue, now_ms)
    store = SharedStore(cluster, password)  # each thread has its own connection
    debits.load(watches, memory, state, now_ms())
    assignment = LeaseAssignment(watches, debits, store, leases, state.hub, store_clock, health, queue, now_ms)
    renewer = LeaseRenewer(cluster, assignment, store, claims, leases, state, store_clock, health, queue, now_ms)
    claims.on_fault = renewer.fault
    return ClusterCourier(build_courier(claims), renewer), health


def shared_watch(watch: "WatchPlan") -> SharedWatch:
    """Return a watch as the store knows it, so that no reader of the store learns whose it is."""
    device = hashlib.sha256(watch["device"].encode()).hexdigest()[:8] if watch["device"] else "*"
    return SharedWatch(watch["account"], device)
