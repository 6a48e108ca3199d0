"""What is asked of the shared store, as calls: each is one script there, so that it happens whole or not at all.

Works with Redis 6.2 and newer and with Valkey. A store that does not answer, or answers with an error, is `StoreUnavailable`:
then nobody knows what is booked, and nothing is pushed.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from pushglance.core.pacing.budget import ARRIVAL_MS, FLIGHT_MS
from pushglance.core.pacing.window import WINDOW_MS

if TYPE_CHECKING:
    from pushglance.core.plan_types import ClusterPlan

_SCRIPTS = Path(__file__).parent / "scripts"
_PREFIX = "pushglance:"
_ROOT = [_PREFIX + "memory", _PREFIX + "sessions"]
_TOLD = _PREFIX + "hubs"
_DOUBTS = _PREFIX + "doubts:"
_SILENCE_S_MAX = 2.0  # an answer takes a millisecond; a lease is not to run out while one waits


class StoreUnavailable(Exception):  # noqa: N818 - a state of the world, told in its sentence
    """Report that the shared store cannot be asked now; the message is a clause that says why."""


class SharedWatch(NamedTuple):
    """One watch as the store knows it: no name, no key of its user."""

    account: str  # hash of the user key
    device: str  # hash of the device's name; "*" is every device of the user

    @property
    def record(self) -> str:
        """Return the key of its record."""
        return f"{_PREFIX}watch:{self.account}:{self.device}"

    @property
    def ledger(self) -> str:
        """Return the key of the debits of its account."""
        return f"{_PREFIX}ledger:{self.account}"


class Memory(NamedTuple):
    """What a hub remembers of the store, to find out whether it has lost something."""

    epoch: str  # "" for a hub that has never seen it
    seq: int  # pushes booked by all hubs together


class Beat(NamedTuple):
    """What the store tells whoever says that it lives."""

    is_alive: bool
    has_lost: bool  # the store knows less than this hub remembers
    memory: Memory
    hubs: dict[str, str]  # session -> what that hub tells of itself
    doubts: list[tuple[str, list[str]]]  # (record, fields of which nobody knows what they show)
    clock_ms: int


class Lease(NamedTuple):
    """The right to push to a watch, and what a hub has to know for it; durations in ms from now."""

    number: int
    debits: list[tuple[str, int]]  # (member, how long it still counts)
    shown: dict[str, str | None]
    parked: str
    fingerprint: str
    spent_ms: int  # how long the whole budget counts as spent, because the store had lost something


class Settlement(NamedTuple):
    """How a claimed push ended."""

    watch: SharedWatch
    session: str
    lease: int
    member: str
    outcome: str
    parked: str  # "-": as it was
    fingerprint: str
    sent: dict[str, str]


class SharedStore:
    """Ask the store, from one thread. Raises StoreUnavailable."""

    def __init__(self, plan: "ClusterPlan", password: str) -> None:
        silence_s = min(_SILENCE_S_MAX, plan["lease_ms"] / 4000)
        tls = {"ssl_ca_certs": plan["ca_file"] or None} if plan["url"].startswith("rediss:") else {}
        self._redis: Any = redis.Redis.from_url(
            plan["url"],
            username=plan["username"] or None,
            password=password or None,
            socket_timeout=silence_s,
            socket_connect_timeout=silence_s,
            retry=Retry(NoBackoff(), 1),  # a connection may have died since; every script may be repeated
            decode_responses=True,
            **tls,
        )
        self._replicas = plan["replicas"]
        self._silence_ms = int(silence_s * 1000)
        common = f"local WINDOW_MS, ARRIVAL_MS, FLIGHT_MS = {WINDOW_MS}, {ARRIVAL_MS}, {FLIGHT_MS}\n"
        common += (_SCRIPTS / "common.lua").read_text()
        self._scripts = {
            path.stem: self._redis.register_script(common + path.read_text())
            for path in sorted(_SCRIPTS.glob("*.lua"))
            if path.stem != "common"
        }

    def why_unfit(self) -> str:
        """Return why this store may forget what it was told, in a clause; "" if it says that it does not."""
        found = self._ask(lambda: self._redis.config_get("append*") | self._redis.config_get("maxmemory*"))
        if found.get("appendonly") != "yes" or found.get("appendfsync") != "always":
            return "it may forget a push in a power cut: set  appendonly yes  and  appendfsync always  there"
        policy = found.get("maxmemory-policy", "")
        if found.get("maxmemory") != "0" and policy != "noeviction" and not policy.startswith("volatile"):
            return "it may drop a ledger when memory is short: set  maxmemory-policy noeviction  there"
        return ""

    def beat(self, session: str, lease_ms: int, told: str, memory: Memory, new_epoch: str, *, is_new: bool) -> Beat:
        """Say that this session lives for another `lease_ms`; an old one that had run out does not come back."""
        is_alive, has_lost, (epoch, seq), hubs, doubts, clock_ms = self._run(
            "beat",
            [*_ROOT, _TOLD, _DOUBTS + session],
            [session, int(is_new), lease_ms, told, memory.epoch, memory.seq, new_epoch],
        )
        told_by = dict(zip(hubs[::2], hubs[1::2], strict=True))
        pairs = [doubt.split(" ") for doubt in doubts]
        doubted = [(record, names.split(",")) for record, names in pairs]
        return Beat(bool(is_alive), bool(has_lost), Memory(epoch, seq), told_by, doubted, clock_ms)

    def take(
        self, session: str, asked: "list[tuple[SharedWatch, bool, list[str | int]]]", latest_ms: int
    ) -> list[Lease | str]:
        """Take these leases in one go; `asked` says of each whether it is wanted, or only seen, and what it brings.

        Return for each the lease, the session that holds it, or "" if nobody does.
        """
        if not asked:
            return []
        pipeline = self._redis.pipeline(transaction=False)
        for watch, is_wanted, brought in asked:
            self._scripts["take"](
                [*_ROOT, watch.record, watch.ledger],
                [session, watch.device, int(is_wanted), latest_ms, *brought],
                client=pipeline,
            )
        return [_lease(answer) for answer in self._ask(pipeline.execute)]

    def claim(
        self,
        session: str,
        lease: int,
        watch: SharedWatch,
        member: str,
        capacity: int,
        latest_ms: int,
        memory: Memory,
        names: list[str],
    ) -> tuple[str, int]:
        """StateStore a push; return "claimed" and the number of pushes booked so far, or "dead", "lost" or "spent"."""
        args = [session, lease, member, watch.device, capacity, latest_ms, memory.epoch, memory.seq, *names]
        answer = self._run("claim", [*_ROOT, watch.record, watch.ledger], args)
        if answer[0] != "claimed":
            return answer[0], 0
        if self._replicas:
            copies = self._ask(lambda: self._redis.wait(self._replicas, self._silence_ms // 2))
            if copies < self._replicas:
                raise StoreUnavailable(f"{copies} of {self._replicas} replicas hold the debit")
        return answer[0], answer[1]

    def settle(self, settlement: Settlement) -> bool:
        """Note how a push ended; return False if another hub leads the watch by now."""
        fields = [one for pair in settlement.sent.items() for one in pair]
        watch = settlement.watch
        args = [
            *(settlement.session, settlement.lease, settlement.member, settlement.outcome),
            *(settlement.parked, settlement.fingerprint, _DOUBTS, watch.record, *fields),
        ]
        return bool(self._run("settle", [*_ROOT, watch.record, watch.ledger], args))

    def leave(self, session: str, watches: list[SharedWatch], *, is_end: bool) -> None:
        """Give leases back; with `is_end` the session is over."""
        self._run("leave", [*_ROOT, *[watch.record for watch in watches]], [session, int(is_end)])

    def close(self) -> None:
        """Close the connection."""
        self._redis.close()

    def _run(self, script: str, keys: list[str], args: list[Any]) -> Any:
        return self._ask(lambda: self._scripts[script](keys, args))

    def _ask(self, question: Any) -> Any:
        try:
            return question()
        except (redis.RedisError, OSError) as error:
            raise StoreUnavailable(_clause(error)) from error


def _lease(answer: list[Any]) -> Lease | str:
    if answer[0] == "held":
        return str(answer[1])
    if answer[0] == "dead":
        raise StoreUnavailable("it had given this hub up")
    if answer[0] == "free":
        return ""
    _, number, debits, pairs, spent_ms = answer
    record = dict(zip(pairs[::2], pairs[1::2], strict=True))
    shown = {
        key.removeprefix("shown."): None if text == "?" else text[1:]
        for key, text in record.items()
        if key.startswith("shown.")
    }
    return Lease(
        number,
        list(zip(debits[::2], map(int, debits[1::2]), strict=True)),
        shown,
        record.get("parked", ""),
        record.get("fingerprint", ""),
        spent_ms,
    )


def _clause(error: Exception) -> str:
    """Return an error in one short line; redis puts no password into what it says."""
    line = " ".join(str(error).split())
    return line[:200] or type(error).__name__
