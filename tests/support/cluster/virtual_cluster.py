"""Several hubs that share one watch and one real store, with the watch's screen: the laws must hold in every case.

Time passes in the store by moving its instants back, so that a day costs nothing. The cluster knows what arrived and
what is unknown; it does not use what the hubs or the store believe.
"""

import shutil

from pushglance.core.commands import PushGlance
from pushglance.core.events import DELIVERED, UNKNOWN
from pushglance.core.lease_events import LeaseAcquired, LeaseLost
from pushglance.core.wire.pushover_answer import Answer
from pushglance.runtime.clock import wall_ms
from pushglance.runtime.cluster.broker_health import BrokerHealth
from pushglance.runtime.cluster.build import shared_watch
from pushglance.runtime.cluster.claims import Claims
from pushglance.runtime.cluster.cluster_state import ClusterState
from pushglance.runtime.cluster.lease_assignment import LeaseAssignment
from pushglance.runtime.cluster.lease_renewer import LeaseRenewer
from pushglance.runtime.cluster.leases import Leases
from pushglance.runtime.cluster.own_debits import OwnDebits
from pushglance.runtime.cluster.shared_store import SharedStore
from pushglance.runtime.cluster.store_clock import StoreClock
from support import plans

HOUR = 3600 * 1000
DAY = 24 * HOUR
LATEST_MS = 10 * 60 * 1000  # after its claim a push may still reach the watch
CAPACITY = 4
LEASE_MS = 60_000  # no lease expires by real time during a test: `expire` does it


class LawBroken(AssertionError):  # noqa: N818 - a verdict
    """A law does not hold."""


class Clock:
    """Monotonic milliseconds for hubs, set by the test."""

    def __init__(self):
        self.now_ms = 1_000_000

    def __call__(self):
        """Return the time."""
        return self.now_ms


class VirtualHub:
    """The process of one hub: what its loop knows of its lease, and the real client side of the protocol."""

    def __init__(self, cluster, name):
        self.cluster = cluster
        self.name = name
        self.events = []
        self.lease = 0
        self.shown = {}
        self.push_id = cluster.push_ids.get(name, 0)
        self.in_flight = None  # (command, latest arrival in ms) of a push that was claimed and has not arrived
        settings = plans.cluster(cluster.server.url, hub=name, lease_ms=LEASE_MS, trust="always")
        plan, now_ms = cluster.plan, cluster.clock
        watches = {plan["name"]: (shared_watch(plan), plan)}
        (cluster.folder / name).mkdir(exist_ok=True)
        state = ClusterState(cluster.folder / name, self.push_id)
        leases, clock = Leases(), StoreClock(wall_ms)
        self.debits = OwnDebits(wall_ms)
        self.leases = leases
        self.store = SharedStore(settings, "")
        self.claims = Claims(watches, SharedStore(settings, ""), leases, state, self.debits, clock, self, now_ms)
        health = BrokerHealth(self, LEASE_MS, now_ms(), has_topics=False)
        assignment = LeaseAssignment(watches, self.debits, self.store, leases, state.hub, clock, health, self, now_ms)
        self.renewer = LeaseRenewer(
            settings, assignment, self.store, self.claims, leases, state, clock, health, self, now_ms
        )

    def put(self, event):
        """Accept an event as the event queue does; the loop handles it in `handle_events`."""
        self.events.append(event)

    def put_latest(self, _, event):
        """As `put`."""
        self.events.append(event)

    def handle_events(self):
        """Let the loop handle its events."""
        for event in self.events:
            if isinstance(event, LeaseAcquired):
                self.lease, self.shown = event.lease, dict(event.shown)
            elif isinstance(event, LeaseLost):
                self.lease = 0
        self.events = []

    def close(self):
        """End like a killed process: without a message to the store."""
        self.store.close()
        self.claims.close()


class VirtualCluster:
    """Hubs, store and screen, with the checks of the laws."""

    def __init__(self, server, folder):
        self.server = server
        self.folder = folder
        self.redis = server.client()
        self.raw = server.bytes_client()
        self.redis.flushall()
        self.plan = plans.watch(pushes=CAPACITY)
        self.shared = shared_watch(self.plan)
        self.clock = Clock()
        self.push_ids = {}
        self.arrivals = []  # virtual ms
        self.screen = {}
        self.snapshot = None
        self.push_count = 0
        self.hubs = {}
        for name in ("one", "two", "three"):
            shutil.rmtree(folder / name, ignore_errors=True)
            self.hubs[name] = VirtualHub(self, name)

    def close(self):
        """End everything."""
        for hub in self.hubs.values():
            hub.close()
        self.redis.close()
        self.raw.close()

    # -- actions of hubs ---------------------------------------------------------------------------------------------

    def tick(self, name):
        """Let a hub renew its leases; a second tick follows if it needs a new session."""
        hub = self.hubs[name]
        hub.renewer.tick()
        if hub.renewer._is_new_session:
            hub.renewer.tick()

    def make_holder(self, name):
        """Let this hub acquire the lease: the sessions of the others expire."""
        for session in self.redis.zrange("pushglance:sessions", 0, -1):
            if session != self.hubs[name].leases.session:
                self.redis.zadd("pushglance:sessions", {session: 1})
        self.tick(name)
        self.hubs[name].handle_events()
        assert self.hubs[name].lease

    def push(self, name, *, is_late=False, outcome=DELIVERED, is_loop_current=True):
        """Let a hub push under the lease that its loop knows; a late push stays in flight until `arrive`."""
        hub = self.hubs[name]
        if is_loop_current:
            hub.handle_events()
        if hub.in_flight is not None or not hub.lease:
            return False
        self.push_count += 1
        hub.push_id = self.push_ids[name] = hub.push_id + 1
        command = PushGlance(self.plan["name"], hub.push_id, {"text": f"n{self.push_count}"}, hub.lease)
        is_holder = self._is_holder(hub)
        if hub.claims.authorize(command):
            return False
        if not is_holder:
            raise LawBroken(f"{name} pushes without the lease")
        hub.in_flight = command, self.clock() + LATEST_MS
        if not is_late:
            self.arrive(name, outcome)
        return True

    def arrive(self, name, outcome=DELIVERED, *, is_killed=False):
        """Let a late push arrive; its hub learns the outcome, unless it is killed."""
        hub = self.hubs[name]
        if hub.in_flight is None:
            return
        command, latest_ms = hub.in_flight
        hub.in_flight = None
        if self.clock() <= latest_ms:
            self._show(command.glance)
        if is_killed:
            self.kill(name)
            return
        hub.claims.on_finished(command, Answer(outcome if self.clock() <= latest_ms else UNKNOWN, 0, ""))
        self.check_store()

    def _show(self, glance):
        now_ms = self.clock()
        self.arrivals.append(now_ms)
        self.screen.update(glance)
        counted = [at_ms for at_ms in self.arrivals if at_ms > now_ms - DAY]
        if len(counted) > CAPACITY:
            raise LawBroken(f"{len(counted)} pushes arrived in 24 hours, {CAPACITY} are allowed")

    def _is_holder(self, hub):
        record = self.redis.hgetall(self.shared.record)
        return record.get("holder") == hub.leases.session and record.get("lease") == str(hub.lease)

    def check_store(self):
        """Check that what the store records as shown is on the screen, while no push is in flight."""
        if any(hub.in_flight for hub in self.hubs.values()):
            return
        shown = self.redis.hget(self.shared.record, "shown.text")
        if shown not in (None, "?") and shown[1:] != self.screen.get("text"):
            raise LawBroken(f"the store records {shown[1:]!r} as shown, but the screen has {self.screen.get('text')!r}")

    # -- faults ------------------------------------------------------------------------------------------------------

    def kill(self, name):
        """Kill a hub and start it again; a push that it had claimed never leaves."""
        self.hubs[name].close()
        self.hubs[name] = VirtualHub(self, name)

    def expire(self, name):
        """Let a session expire: its hub was cut off or suspended."""
        self.redis.zadd("pushglance:sessions", {self.hubs[name].leases.session: 1})

    def advance_hours(self, hours):
        """Let time pass for all hubs."""
        passed_ms = int(hours * HOUR)
        self.clock.now_ms += passed_ms
        for ledger in self.redis.keys("pushglance:ledger:*"):
            for member in self.redis.zrange(ledger, 0, -1):
                self.redis.zincrby(ledger, -passed_ms, member)
        if self.redis.hexists("pushglance:memory", "spent_until_ms"):
            self.redis.hincrby("pushglance:memory", "spent_until_ms", -passed_ms)
        for field, noted in self.redis.hgetall("pushglance:memory").items():
            if field.startswith("last "):
                until_ms, member = noted.split(" ", 1)
                self.redis.hset("pushglance:memory", field, f"{int(until_ms) - passed_ms} {member}")
        self.snapshot = None  # the instants of an earlier copy would be wrong now
        for name in self.hubs:
            self.tick(name)

    def copy_store(self):
        """Copy the content of the store for `lose_data`."""
        self.snapshot = {key: self.raw.dump(key) for key in self.raw.keys("*")}

    def lose_data(self):
        """Restore the copy, or nothing: the store has lost what came after it."""
        self.redis.flushall()
        for key, dump in (self.snapshot or {}).items():
            self.raw.restore(key, 0, dump)

    def lose_ledger(self):
        """Let the store lose the debits and nothing else."""
        self.redis.delete(self.shared.ledger)
