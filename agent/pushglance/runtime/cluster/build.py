"""Build what a hub needs to share its watches, around the courier that it has anyway."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pushglance.core.commands import CancelPush, PushGlance
from pushglance.core.pacing.budget import ARRIVAL_MS
from pushglance.core.pacing.window import WINDOW_MS
from pushglance.core.wall_clock import UNKNOWN_MS
from pushglance.runtime.interfaces import Courier, EventQueue, SendGuard

from .broker_health import BrokerHealth
from .claims import Claims
from .cluster_state import Known
from .lease_renewer import LeaseRenewer
from .leases import Leases
from .shared_store import SharedStore, SharedWatch
from .store_clock import StoreClock

if TYPE_CHECKING:
    from pushglance.core.plan_types import ClusterPlan, Plan, WatchPlan


class ClusterCourier:
    """A courier whose pushes leave only as claimed: it begins with the leases and ends before them."""

    def __init__(self, courier: Courier, keeper: LeaseRenewer) -> None:
        self._courier = courier
        self._keeper = keeper

    def start(self) -> None:
        """Begin."""
        self._courier.start()
        self._keeper.start()

    def submit(self, command: PushGlance | CancelPush) -> None:
        """Accept an order."""
        self._courier.submit(command)

    def stop(self) -> None:
        """End the courier, then let other hubs have the watches."""
        self._courier.stop()
        self._keeper.stop()


def build_cluster(
    plan: "Plan",
    cluster: "ClusterPlan",
    memory: dict[str, Any],
    state_dir: Path,
    queue: EventQueue,
    now_ms: Callable[[], int],
    build_courier: Callable[[SendGuard], Courier],
) -> tuple[Courier, EventQueue]:
    """Return the courier that claims, and the queue for the inputs. Raises StoreError."""
    password = plan["secrets"].get("cluster_password", "")
    known = Known(state_dir, memory["push_id"])
    leases, clock = Leases(), StoreClock()
    watches = {watch["name"]: (shared_watch(watch), watch) for watch in plan["watches"]}
    has_topics = any(sensor["source"] == "mqtt" for sensor in plan["sensors"])
    hearing = BrokerHealth(queue, cluster["lease_ms"], now_ms(), has_topics=has_topics)
    store = SharedStore(cluster, password)
    claims = Claims(watches, store, leases, known, clock, queue, now_ms)
    keeper = LeaseRenewer(
        cluster,
        watches,
        _brought(watches, memory, known, now_ms()),
        SharedStore(cluster, password),
        *(claims, leases, known, clock, hearing, queue, now_ms),
    )
    claims.on_trouble = keeper.trouble
    return ClusterCourier(build_courier(claims), keeper), hearing


def shared_watch(watch: "WatchPlan") -> SharedWatch:
    """Return a watch as the store knows it: nobody reads there whose it is."""
    device = hashlib.sha256(watch["device"].encode()).hexdigest()[:8] if watch["device"] else "*"
    return SharedWatch(watch["account"], device)


def _brought(
    watches: "dict[str, tuple[SharedWatch, WatchPlan]]", memory: dict[str, Any], known: Known, now_ms: int
) -> dict[str, list[tuple[str, int]]]:
    """Return the debits that this machine made before it shared its watches, which still count."""
    brought = {}
    for name, (shared, _) in watches.items():
        debits = memory["watches"].get(name, {}).get("debits", [])
        brought[name] = [
            (
                f"{shared.device}/{known.hub}/{push_id}/before",
                now_ms + WINDOW_MS + ARRIVAL_MS if until_ms == UNKNOWN_MS else until_ms,
            )
            for push_id, until_ms, _ in debits
            if push_id <= known.booked_before
        ]
    return brought
