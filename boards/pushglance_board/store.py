"""The store: what survives a power cut, as one dictionary that the core's orders keep true and one small file.

A watch's part belongs to its user and device, not to its name in the settings. Each start of the program is a boot of
its own: instants mean nothing on the next, so only wall times of debits are kept.
"""

from pushglance.core.pacing.budget import ARRIVAL_MS, WINDOW_MS
from pushglance.core.push.glance import FIELD_NAMES
from pushglance.core.wall_clock import UNKNOWN_MS

from .flash_file import DamagedFile, FlashFile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pushglance.core.events import Record
    from pushglance.core.plan_types import WatchPlan

NAME = "state.json"
# What may wait for company, and how long (ms): losing it in a power cut costs no push and no truth. All else is written
# at once, and takes along what waits. Habits are told every hour and change in weeks.
LAZY_MS = {"SaveSensors": 60_000, "SaveModel": 6 * 3_600_000}
_KEPT_NOWHERE = "SaveTransition"
_RETRY_MS = 60_000


class FlashStore:
    """Keep the Memory of `Decider`. `said` tells one sentence after `load` if something was lost."""

    def __init__(self, watches: "list[WatchPlan]", name: str = NAME) -> None:
        self._file = FlashFile(name)
        self._plans = watches
        self._keys = {watch["name"]: watch["account"] + "/" + watch["device"] for watch in watches}
        self._push_id = 0
        self._sensors = {}  # type: dict[str, Any]
        self._learnt = {}  # type: dict[str, Any]
        self._watches = {}  # type: dict[str, dict[str, Any]]
        self._due_ms = None  # type: int | None  # when the file must be true again
        self.writes = 0
        self.detail = ""

    def load(self, now_ms: int) -> "dict[str, Any]":
        """Return the Memory; after damage the budget counts as spent."""
        try:
            for row in self._file.read() or []:
                self._take_up(row)
        except (DamagedFile, IndexError, KeyError, TypeError, AttributeError):
            self._assume_spent(now_ms)
        return {
            "push_id": self._push_id,
            "opened_ms": now_ms,
            "sensors": dict(self._sensors),
            "learnt": dict(self._learnt),
            "watches": {plan["name"]: self._memory_of(plan) for plan in self._plans},
        }

    def _take_up(self, row: "list[Any]") -> None:
        if row[0] == "push_id":
            self._push_id = row[1]
        elif row[0] == "sensor":
            self._sensors[row[1]] = row[2]
        elif row[0] == "learnt":
            self._learnt[row[1]] = row[2]
        elif row[2] == "debits":
            # [push_id, until_wall_ms] by turns; of an earlier boot, all of them
            self._watch(row[1])["debits"] = [[row[3][i], UNKNOWN_MS, row[3][i + 1]] for i in range(0, len(row[3]), 2)]
        else:
            if row[2] == "pause":
                row[3]["until_ms"] = UNKNOWN_MS  # an instant of an earlier boot
            self._watch(row[1])[row[2]] = row[3]

    def _memory_of(self, plan: "WatchPlan") -> "dict[str, Any]":
        memory = dict(self._watch(self._keys[plan["name"]]))
        debits = []  # type: list[list[int]]
        for key in self._watches:
            account, _, device = key.partition("/")
            # A push to all devices of a user (device "") counts for each of them, and theirs for it.
            if account == plan["account"] and (device == plan["device"] or "" in (device, plan["device"])):
                debits += [entry[:] for entry in self._watches[key].get("debits", [])]
        memory["debits"] = sorted(debits)
        return memory

    def _watch(self, key: str) -> "dict[str, Any]":
        if key not in self._watches:
            self._watches[key] = {}
        return self._watches[key]

    def _assume_spent(self, now_ms: int) -> None:
        self.detail = (
            "the state on flash was damaged: nobody knows what was pushed, so every budget counts as spent "
            "for the next 24 hours"
        )
        self._sensors = {}
        self._learnt = {}
        self._watches = {}
        self._push_id = 0
        until_ms = now_ms + ARRIVAL_MS + WINDOW_MS
        for plan in self._plans:
            entries = [[self._push_id + number, until_ms, UNKNOWN_MS] for number in range(1, plan["pushes"] + 1)]
            self._push_id += plan["pushes"]
            part = self._watch(self._keys[plan["name"]])
            part["debits"] = entries
            part["shown"] = dict.fromkeys(FIELD_NAMES)  # what the screen shows nobody knows
        self._due_ms = now_ms

    def keep(self, commands: "list[Record]", now_ms: int) -> None:
        """Take these orders into the state and write it if one of them must not be lost. Raises OSError.

        After an OSError nothing is lost either: the next call, or `deadline_ms`, writes the whole state again.
        """
        for command in commands:
            name = command.__class__.__name__
            getattr(self, "_" + name)(command)  # an order that nobody keeps is a mistake in this program
            if name != _KEPT_NOWHERE:
                due_ms = now_ms + LAZY_MS.get(name, 0)
                self._due_ms = due_ms if self._due_ms is None else min(self._due_ms, due_ms)
        if self._due_ms is not None and now_ms >= self._due_ms:
            self._write(now_ms)

    def deadline_ms(self) -> "int | None":
        """Return when `keep([])` wants to be called, or None while the file is true."""
        return self._due_ms

    def _write(self, now_ms: int) -> None:
        self._due_ms = now_ms + _RETRY_MS  # if this fails
        for key in self._watches:
            debits = self._watches[key].get("debits", [])
            self._watches[key]["debits"] = [e for e in debits if e[1] == UNKNOWN_MS or e[1] > now_ms]
        self._file.replace(self._rows())
        self.writes += 1
        self._due_ms = None

    def _rows(self) -> "Any":
        yield ["push_id", self._push_id]
        for name in self._sensors:
            yield ["sensor", name, self._sensors[name]]
        for name in self._learnt:
            yield ["learnt", name, self._learnt[name]]
        for key in self._watches:
            part = self._watches[key]
            for field in part:
                value = part[field]
                if field == "debits":
                    value = [number for entry in value for number in (entry[0], entry[2])]
                yield ["watch", key, field, value]

    def _SaveDebit(self, command: "Any") -> None:  # noqa: N802 - named as the order
        self._push_id = max(self._push_id, command.push_id)
        self._book(command.watch, [command.push_id, command.until_ms, command.until_wall_ms])
        self._watch(self._keys[command.watch])["shown"] = command.shown

    def _SaveOutcome(self, command: "Any") -> None:  # noqa: N802
        self._book(command.watch, [command.push_id, command.until_ms, command.until_wall_ms])
        self._watch(self._keys[command.watch])["shown"] = command.shown

    def _SaveLedger(self, command: "Any") -> None:  # noqa: N802
        for entry in command.entries:
            self._book(command.watch, entry[:])

    def _SaveParked(self, command: "Any") -> None:  # noqa: N802
        part = self._watch(self._keys[command.watch])
        part["parked"], part["fingerprint"] = command.detail, command.fingerprint

    def _SavePause(self, command: "Any") -> None:  # noqa: N802
        self._watch(self._keys[command.watch])["pause"] = {
            "for_ms": command.for_ms,
            "until_ms": command.until_ms,
            "until_wall_ms": command.until_wall_ms,
        }

    def _SaveSensors(self, command: "Any") -> None:  # noqa: N802
        self._sensors.update(command.states)

    def _SaveModel(self, command: "Any") -> None:  # noqa: N802
        self._learnt.update(command.states)

    def _SaveTransition(self, command: "Any") -> None:  # noqa: N802
        """Keep no history: flash is small, and the page that would show it runs on a Pi."""

    def _book(self, watch: str, entry: "list[int]") -> None:
        """Enter a debit or move it, wherever it stands; until_ms UNKNOWN_MS takes it back."""
        key = self._keys[watch]
        for other in self._watches:
            debits = self._watches[other].get("debits", [])
            for known in debits:
                if known[0] == entry[0]:
                    key = other
            self._watches[other]["debits"] = [known for known in debits if known[0] != entry[0]]
        if entry[1] != UNKNOWN_MS:
            self._watch(key).setdefault("debits", []).append(entry)
