"""Calls to the shared store. Each is one script there, so it happens completely or not at all.

Works with Redis 6.2 and newer and with Valkey. If the store does not answer, or answers with an error, it raises
`StoreUnavailable`: it is unknown what is recorded there, and nothing is pushed.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from pushglance.core.pacing.budget import ARRIVAL_MS, FLIGHT_MS
from pushglance.core.pacing.window import WINDOW_MS

from .store_types import KEY_PREFIX, Heartbeat, Lease, Settlement, SharedWatch, StoreUnavailable, StoreVersion

if TYPE_CHECKING:
    from pushglance.core.plan_types import ClusterPlan

_SCRIPTS = Path(__file__).parent / "scripts"
# Keys of the store. Hubs of different versions share them: they stay as they are.
_ROOT = [KEY_PREFIX + "memory", KEY_PREFIX + "sessions"]
_HUBS = KEY_PREFIX + "hubs"
_DOUBTS = KEY_PREFIX + "doubts:"
_TIMEOUT_S_MAX = 2.0  # an answer takes a millisecond; a lease must not expire while one waits


class SharedStore:
    """One connection to the store, for one thread. Raises StoreUnavailable."""

    def __init__(self, plan: "ClusterPlan", password: str) -> None:
        timeout_s = min(_TIMEOUT_S_MAX, plan["lease_ms"] / 4000)
        tls = {"ssl_ca_certs": plan["ca_file"] or None} if plan["url"].startswith("rediss:") else {}
        self._redis: Any = redis.Redis.from_url(
            plan["url"],
            username=plan["username"] or None,
            password=password or None,
            socket_timeout=timeout_s,
            socket_connect_timeout=timeout_s,
            retry=Retry(NoBackoff(), 1),  # the connection may have been lost; every script may run twice
            decode_responses=True,
            **tls,
        )
        self._replicas = plan["replicas"]
        self._timeout_ms = int(timeout_s * 1000)
        common = f"local WINDOW_MS, ARRIVAL_MS, FLIGHT_MS = {WINDOW_MS}, {ARRIVAL_MS}, {FLIGHT_MS}\n"
        common += (_SCRIPTS / "common.lua").read_text()
        self._scripts = {
            path.stem: self._redis.register_script(common + path.read_text())
            for path in sorted(_SCRIPTS.glob("*.lua"))
            if path.stem != "common"
        }

    def durability_problem(self) -> str:
        """Return why this store may lose what it has confirmed, as a clause; "" if its configuration forbids that."""
        config = self._call(lambda: self._redis.config_get("append*") | self._redis.config_get("maxmemory*"))
        if config.get("appendonly") != "yes" or config.get("appendfsync") != "always":
            return "it may lose a push in a power cut: set  appendonly yes  and  appendfsync always  there"
        policy = config.get("maxmemory-policy", "")
        if config.get("maxmemory") != "0" and policy != "noeviction" and not policy.startswith("volatile"):
            return "it may drop a ledger when memory is short: set  maxmemory-policy noeviction  there"
        return self._replica_problem()

    def clock_ms(self) -> int:
        """Return the store's clock, in milliseconds since 1970."""
        seconds, microseconds = self._call(self._redis.time)
        return int(seconds) * 1000 + int(microseconds) // 1000

    def _replica_problem(self) -> str:
        if not self._replicas:
            return ""
        replication: dict[str, Any] = self._call(lambda: self._redis.info("replication"))
        # The entries "slave0" ... of the replicas; one that still copies the data set confirms nothing.
        replicas = [entry for entry in replication.values() if isinstance(entry, dict)]
        connected = sum(entry.get("state") == "online" for entry in replicas)
        if connected >= self._replicas:
            return ""
        return f"only {connected} of {self._replicas} replicas are connected to it (replicas under [cluster])"

    def heartbeat(
        self, session: str, lease_ms: int, hub: str, version: StoreVersion, new_epoch: str, *, is_new: bool
    ) -> Heartbeat:
        """Extend this session by `lease_ms`, or start a new one; a session that had expired is not revived."""
        is_alive, has_lost, known, hubs, doubts, clock_ms = self._run(
            "heartbeat",
            [*_ROOT, _HUBS, _DOUBTS + session],
            [session, int(is_new), lease_ms, hub, version.epoch, version.seq, new_epoch, version.chain],
        )
        hub_of_session = dict(zip(hubs[::2], hubs[1::2], strict=True))
        pairs = [doubt.split(" ") for doubt in doubts]
        fields = [(record, names.split(",")) for record, names in pairs]
        return Heartbeat(bool(is_alive), bool(has_lost), StoreVersion(*known), hub_of_session, fields, clock_ms)

    def acquire(
        self, session: str, requests: "list[tuple[SharedWatch, bool, list[str | int]]]", latest_ms: int
    ) -> list[Lease | str]:
        """Acquire leases together; each request is (watch, is it wanted or only queried, debits to import).

        Return for each the lease, the session that holds it, or "" if it is free.
        """
        if not requests:
            return []
        pipeline = self._redis.pipeline(transaction=False)
        for watch, is_wanted, debits in requests:
            self._scripts["acquire_lease"](
                [*_ROOT, watch.record, watch.ledger],
                [session, watch.device, int(is_wanted), latest_ms, *debits],
                client=pipeline,
            )
        return [_parse_lease(answer) for answer in self._call(pipeline.execute)]

    def claim(
        self,
        session: str,
        lease: int,
        watch: SharedWatch,
        member: str,
        capacity: int,
        latest_ms: int,
        version: StoreVersion,
        names: list[str],
    ) -> tuple[str, StoreVersion]:
        """Record a push; return "claimed" and the store's version with it, or "dead", "lost" or "spent" and `version`.

        The replicas are waited for in the same exchange: after a reconnection WAIT would know of no write.
        """
        known = [version.epoch, version.seq, version.chain]
        args: list[Any] = [session, lease, member, watch.device, capacity, latest_ms, *known, *names]
        pipeline = self._redis.pipeline(transaction=False)
        self._scripts["claim_push"]([*_ROOT, watch.record, watch.ledger], args, client=pipeline)
        if self._replicas:
            pipeline.execute_command("WAIT", self._replicas, self._timeout_ms // 2)
        answer, *copies = self._call(pipeline.execute)
        if answer[0] != "claimed":
            return answer[0], version
        if copies and copies[0] < self._replicas:
            raise StoreUnavailable(f"{copies[0]} of {self._replicas} replicas have the debit")
        return answer[0], StoreVersion(version.epoch, *answer[1:])

    def settle(self, settlement: Settlement) -> bool:
        """Record how a push ended; return False if another hub holds the lease by now."""
        fields = [text for pair in settlement.sent.items() for text in pair]
        watch = settlement.watch
        args = [
            *(settlement.session, settlement.lease, settlement.member, settlement.outcome),
            *(settlement.parked, settlement.fingerprint, _DOUBTS, watch.record, *fields),
        ]
        return bool(self._run("settle_claim", [*_ROOT, watch.record, watch.ledger], args))

    def release(self, session: str, watches: list[SharedWatch], *, is_end: bool) -> None:
        """Release leases; with `is_end` also end the session."""
        self._run("release_leases", [*_ROOT, *[watch.record for watch in watches]], [session, int(is_end)])

    def close(self) -> None:
        """Close the connection."""
        self._redis.close()

    def _run(self, script: str, keys: list[str], args: list[Any]) -> Any:
        return self._call(lambda: self._scripts[script](keys, args))

    def _call(self, function: Any) -> Any:
        try:
            return function()
        except (redis.RedisError, OSError) as error:
            raise StoreUnavailable(_clause(error)) from error


def _parse_lease(answer: list[Any]) -> Lease | str:
    if answer[0] == "held":
        return str(answer[1])
    if answer[0] == "dead":
        raise StoreUnavailable("this hub's session had expired there")
    if answer[0] == "free":
        return ""
    _, number, debits, pairs, spent_ms, restored = answer
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
        restored,
    )


def _clause(error: Exception) -> str:
    """Return an error in one short line; redis puts no password into its messages."""
    line = " ".join(str(error).split())
    return line[:200] or type(error).__name__
