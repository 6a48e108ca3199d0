"""Several hubs that share one watch, one real store, and the watch itself: whatever happens, the laws must hold.

Time passes in the store by moving back what stands there, so that a day costs nothing. The world knows what arrived and
what nobody can know; it is not told what the hubs or the store believe.
"""

import shutil

from pushglance.core.commands import PushGlance
from pushglance.core.events import DELIVERED, UNKNOWN, LeaseAcquired, LeaseLost
from pushglance.runtime.cluster.broker_health import BrokerHealth
from pushglance.runtime.cluster.build import shared_watch
from pushglance.runtime.cluster.claims import Claims
from pushglance.runtime.cluster.cluster_state import Known
from pushglance.runtime.cluster.lease_renewer import LeaseRenewer
from pushglance.runtime.cluster.leases import Leases
from pushglance.runtime.cluster.shared_store import SharedStore
from pushglance.runtime.cluster.store_clock import StoreClock
from support import plans

HOUR = 3600 * 1000
DAY = 24 * HOUR
LATEST_MS = 10 * 60 * 1000  # after its claim a push may still reach the watch
CAPACITY = 4
LEASE_MS = 60_000  # no lease runs out by itself while a test runs: the world says when


class LawBroken(AssertionError):  # noqa: N818 - a verdict
    """Report what must never be."""


class Clock:
    """Monotonic milliseconds for hubs, moved by hand."""

    def __init__(self):
        self.now_ms = 1_000_000

    def __call__(self):
        """Return the time."""
        return self.now_ms


class Hub:
    """One hub's process: what the loop would know of its lease, and its half of the protocol."""

    def __init__(self, world, name):
        self.world = world
        self.name = name
        self.events = []
        self.lease = 0
        self.shown = {}
        self.push_id = world.push_ids.get(name, 0)
        self.paused = None  # (order, fields) of a push that was claimed and has not left
        cluster = {
            "url": world.server.url,
            "username": "",
            "hub": name,
            "lease_ms": LEASE_MS,
            "trust": "always",
            "replicas": 0,
            "ca_file": "",
        }
        plan = world.plan
        watches = {plan["name"]: (shared_watch(plan), plan)}
        leases, clock = Leases(), StoreClock()
        (world.folder / name).mkdir(exist_ok=True)
        known = Known(world.folder / name, self.push_id)
        self.store = SharedStore(cluster, "")
        self.claims = Claims(watches, SharedStore(cluster, ""), leases, known, clock, self, world.clock)
        hearing = BrokerHealth(self, LEASE_MS, world.clock(), has_topics=False)
        keeper_store = self.store
        self.keeper = LeaseRenewer(
            cluster, watches, {}, keeper_store, self.claims, leases, known, clock, hearing, self, world.clock
        )
        self.leases = leases

    def put(self, event):
        """Take a fact, as an queue does; the loop sees it when it looks."""
        self.events.append(event)

    def put_latest(self, _, event):
        """As `put`."""
        self.events.append(event)

    def look(self):
        """Let the loop take its facts."""
        for event in self.events:
            if isinstance(event, LeaseAcquired):
                self.lease, self.shown = event.lease, dict(event.shown)
            elif isinstance(event, LeaseLost):
                self.lease = 0
        self.events = []

    def close(self):
        """End as a killed process does: say nothing."""
        self.store.close()
        self.claims.close()


class World:
    """Hold hubs, store and screen, and look at the laws."""

    def __init__(self, server, folder):
        self.server = server
        self.folder = folder
        self.redis = server.client()
        self.redis.flushall()
        self.plan = plans.watch(pushes=CAPACITY)
        self.shared = shared_watch(self.plan)
        self.clock = Clock()
        self.push_ids = {}
        self.arrivals = []  # virtual ms
        self.screen = {}
        self.snapshot = None
        self.numbers = 0
        self.hubs = {}
        for name in ("one", "two", "three"):
            shutil.rmtree(folder / name, ignore_errors=True)
            self.hubs[name] = Hub(self, name)

    def close(self):
        """End everything."""
        for hub in self.hubs.values():
            hub.close()
        self.redis.close()

    # -- what hubs do ------------------------------------------------------------------------------------------------

    def round(self, name):
        """Let a hub look after its leases; it may need a second session."""
        hub = self.hubs[name]
        hub.keeper.round()
        if hub.keeper._is_new:
            hub.keeper.round()

    def lead(self, name):
        """Have this hub lead: the others are cut off."""
        for session in self.redis.zrange("pushglance:sessions", 0, -1):
            if session != self.hubs[name].leases.session:
                self.redis.zadd("pushglance:sessions", {session: 1})
        self.round(name)
        self.hubs[name].look()
        assert self.hubs[name].lease

    def push(self, name, *, is_late=False, outcome=DELIVERED, is_told=True):
        """Let a hub push under the lease that its loop knows of; a late one stays on its way until `arrive`."""
        hub = self.hubs[name]
        if is_told:
            hub.look()
        if hub.paused is not None or not hub.lease:
            return False
        self.numbers += 1
        hub.push_id = self.push_ids[name] = hub.push_id + 1
        command = PushGlance(self.plan["name"], hub.push_id, {"text": f"n{self.numbers}"}, hub.lease)
        held = self._holder_is(hub)
        if hub.claims.authorize(command):
            return False
        if not held:
            raise LawBroken(f"{name} pushes without the lease")
        hub.paused = command, self.clock() + LATEST_MS
        if not is_late:
            self.arrive(name, outcome)
        return True

    def arrive(self, name, outcome=DELIVERED, *, is_killed=False):
        """Let a late push arrive, and its hub hear of that, or not any more."""
        hub = self.hubs[name]
        if hub.paused is None:
            return
        command, latest_ms = hub.paused
        hub.paused = None
        if self.clock() <= latest_ms:
            self._show(command.glance)
        if is_killed:
            self.kill(name)
            return
        hub.claims.on_finished(command, outcome if self.clock() <= latest_ms else UNKNOWN, "")
        self.check_store()

    def _show(self, glance):
        now_ms = self.clock()
        self.arrivals.append(now_ms)
        self.screen.update(glance)
        counted = [at_ms for at_ms in self.arrivals if at_ms > now_ms - DAY]
        if len(counted) > CAPACITY:
            raise LawBroken(f"{len(counted)} pushes arrived in 24 hours, {CAPACITY} are allowed")

    def _holder_is(self, hub):
        record = self.redis.hgetall(self.shared.record)
        return record.get("holder") == hub.leases.session and record.get("lease") == str(hub.lease)

    def check_store(self):
        """What the store calls surely shown is shown, as long as no push is on its way."""
        if any(hub.paused for hub in self.hubs.values()):
            return
        shown = self.redis.hget(self.shared.record, "shown.text")
        if shown not in (None, "?") and shown[1:] != self.screen.get("text"):
            raise LawBroken(f"the store says that {shown[1:]!r} is shown, but it is {self.screen.get('text')!r}")

    # -- what befalls them -------------------------------------------------------------------------------------------

    def kill(self, name):
        """Kill a hub and start it again; what it had claimed never leaves."""
        self.hubs[name].close()
        self.hubs[name] = Hub(self, name)

    def expire(self, name):
        """Let a session run out: the hub was cut off, or stood still."""
        self.redis.zadd("pushglance:sessions", {self.hubs[name].leases.session: 1})

    def pass_hours(self, hours):
        """Let time pass for everybody."""
        passed_ms = int(hours * HOUR)
        self.clock.now_ms += passed_ms
        for ledger in self.redis.keys("pushglance:ledger:*"):
            for member in self.redis.zrange(ledger, 0, -1):
                self.redis.zincrby(ledger, -passed_ms, member)
        if self.redis.hexists("pushglance:memory", "spent_until_ms"):
            self.redis.hincrby("pushglance:memory", "spent_until_ms", -passed_ms)
        self.snapshot = None  # a copy of another day would be read by another clock
        for name in self.hubs:
            self.round(name)

    def copy(self):
        """Remember what the store holds."""
        self.snapshot = {key: self.raw.dump(key) for key in self.raw.keys("*")}

    @property
    def raw(self):
        """Return a connection that keeps bytes as they are."""
        if not hasattr(self, "_raw"):
            self._raw = self.server.client_of_bytes()
        return self._raw

    def lose(self):
        """Put the copy back, or nothing at all: the store has forgotten what came after."""
        self.redis.flushall()
        for key, dump in (self.snapshot or {}).items():
            self.raw.restore(key, 0, dump)
