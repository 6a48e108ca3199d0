"""The state that survives a power cut: one dictionary, kept current by the core's commands, and one small file.

A watch's state belongs to its user and device, not to its name in the settings. Each start of the program counts as a
boot: monotonic instants of the last boot mean nothing in the next, so only wall times of debits are saved.
"""

from pushglance.core.commands import (
    SaveDebit,
    SaveLedger,
    SaveModel,
    SaveOutcome,
    SavePause,
    SaveRefusal,
    SaveSensors,
    SaveShown,
    SaveTransition,
)
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
# How long these commands may wait before they are written (ms): losing them in a power cut costs no push and shows
# nothing wrong. All others are written at once, together with what waits. Models are saved hourly and change slowly.
DELAYS_MS = {SaveSensors: 60_000, SaveModel: 6 * 3_600_000}
VALUES_MS = 5 * 60_000  # sensors without a contact among them: counters, gauges and texts change all day
REFUND_MS = 10 * 60_000  # a refunded debit: while Pushover is away the next debit, minutes later, writes it, too
_RETRY_MS = 60_000


class FlashStore:
    """Save the Memory of `Decider`. `damage` is a message after `load` if state was lost."""

    def __init__(self, watches: "list[WatchPlan]", name: str = NAME) -> None:
        self._file = FlashFile(name)
        self._plans = watches
        self._keys = {watch["name"]: watch["account"] + "/" + watch["device"] for watch in watches}
        self._push_id = 0
        self._sensors = {}  # type: dict[str, Any]
        self._learnt = {}  # type: dict[str, Any]
        self._watches = {}  # type: dict[str, dict[str, Any]]
        self._due_ms = None  # type: int | None  # when the file must be up to date
        self._handlers = {
            SaveDebit: self._on_debit,
            SaveOutcome: self._on_outcome,
            SaveLedger: self._on_ledger,
            SaveRefusal: self._on_refusal,
            SavePause: self._on_pause,
            SaveSensors: self._on_sensors,
            SaveModel: self._on_model,
        }
        self.writes = 0
        self.damage = ""

    def load(self, now_ms: int) -> "dict[str, Any]":
        """Return the Memory; if the file is damaged, the budget counts as spent."""
        try:
            for row in self._file.read() or []:
                self._load_row(row)
        except (DamagedFile, IndexError, KeyError, TypeError, AttributeError):
            self._assume_spent(now_ms)
        return {
            "push_id": self._push_id,
            "opened_ms": now_ms,
            "sensors": dict(self._sensors),
            "learnt": dict(self._learnt),
            "watches": {plan["name"]: self._memory_of(plan) for plan in self._plans},
        }

    def _load_row(self, row: "list[Any]") -> None:
        if row[0] == "push_id":
            self._push_id = row[1]
        elif row[0] == "sensor":
            self._sensors[row[1]] = row[2]
        elif row[0] == "learnt":
            self._learnt[row[1]] = row[2]
        elif row[2] == "debits":
            # push_id and until_wall_ms alternate; all debits are of an earlier boot
            self._watch(row[1])["debits"] = [[row[3][i], UNKNOWN_MS, row[3][i + 1]] for i in range(0, len(row[3]), 2)]
        else:
            if "until_ms" in row[3]:
                row[3]["until_ms"] = UNKNOWN_MS  # an instant of an earlier boot
            self._watch(row[1])[row[2]] = row[3]

    def _memory_of(self, plan: "WatchPlan") -> "dict[str, Any]":
        memory = dict(self._watch(self._keys[plan["name"]]))
        debits = []  # type: list[list[int]]
        for key in self._watches:
            account, _, device = key.partition("/")
            # A push to all devices of a user (device "") counts for each of them, and theirs count for it.
            if account == plan["account"] and (device == plan["device"] or "" in (device, plan["device"])):
                debits += [entry[:] for entry in self._watches[key].get("debits", [])]
        memory["debits"] = sorted(debits)
        return memory

    def _watch(self, key: str) -> "dict[str, Any]":
        if key not in self._watches:
            self._watches[key] = {}
        return self._watches[key]

    def _assume_spent(self, now_ms: int) -> None:
        self.damage = (
            "the state on flash is damaged: it is unknown what was pushed, so every budget counts as spent "
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
            watch = self._watch(self._keys[plan["name"]])
            watch["debits"] = entries
            watch["shown"] = dict.fromkeys(FIELD_NAMES)  # what the watch shows is unknown
        self._due_ms = now_ms

    def save(self, commands: "list[Record]", now_ms: int) -> None:
        """Apply these commands and write the file if one of them may not wait. Raises OSError.

        After an OSError nothing is lost: the next call, or `deadline_ms`, writes the whole state again.
        """
        for command in commands:
            kind = command.__class__
            if kind is SaveTransition or kind is SaveShown:
                continue  # boards keep no history, which only a Pi's page shows, and send no messages
            self._handlers[kind](command)  # a KeyError here is an error in this program
            due_ms = now_ms + _delay_ms(command)
            self._due_ms = due_ms if self._due_ms is None else min(self._due_ms, due_ms)
        if self._due_ms is not None and now_ms >= self._due_ms:
            self._write(now_ms)

    def flush(self, now_ms: int) -> None:
        """Write what still waits. Raises OSError."""
        if self._due_ms is not None:
            self._write(now_ms)

    def deadline_ms(self) -> "int | None":
        """Return when `save` must be called at the latest, None while the file is up to date."""
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
            watch = self._watches[key]
            for field in watch:
                value = watch[field]
                if field == "debits":
                    value = [number for entry in value for number in (entry[0], entry[2])]
                yield ["watch", key, field, value]

    def _on_debit(self, command: "Any") -> None:
        self._push_id = max(self._push_id, command.push_id)
        self._on_outcome(command)

    def _on_outcome(self, command: "Any") -> None:
        self._set_debit(command.watch, [command.push_id, command.until_ms, command.until_wall_ms])
        self._watch(self._keys[command.watch])["shown"] = command.shown

    def _on_ledger(self, command: "Any") -> None:
        for entry in command.entries:
            self._set_debit(command.watch, entry[:])

    def _on_refusal(self, command: "Any") -> None:
        watch = self._watch(self._keys[command.watch])
        watch["refusal"], watch["fingerprint"] = command.refusal, command.fingerprint

    def _on_pause(self, command: "Any") -> None:
        self._watch(self._keys[command.watch])["pause"] = {
            "for_ms": command.for_ms,
            "until_ms": command.until_ms,
            "until_wall_ms": command.until_wall_ms,
        }

    def _on_sensors(self, command: "Any") -> None:
        self._sensors.update(command.states)

    def _on_model(self, command: "Any") -> None:
        self._learnt.update(command.states)

    def _set_debit(self, watch: str, entry: "list[int]") -> None:
        """Add a debit, or replace it in the watch that has it; with until_ms UNKNOWN_MS remove it."""
        key = self._keys[watch]
        for other in self._watches:
            debits = self._watches[other].get("debits", [])
            for debit in debits:
                if debit[0] == entry[0]:
                    key = other
            self._watches[other]["debits"] = [debit for debit in debits if debit[0] != entry[0]]
        if entry[1] != UNKNOWN_MS:
            self._watch(key).setdefault("debits", []).append(entry)


def _delay_ms(command: "Any") -> int:
    """Return how long this command may wait before it is written."""
    kind = command.__class__
    if kind is SaveOutcome and command.until_ms == UNKNOWN_MS:
        return REFUND_MS
    if kind is SaveSensors and not any([command.states[name]["kind"] == "contact" for name in command.states]):
        return VALUES_MS
    return DELAYS_MS.get(kind, 0)
