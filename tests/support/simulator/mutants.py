"""Deliberately broken agents: the simulator must find each of them within an ordinary run; see `shared_mutants`."""

import sqlite3
import time
from functools import partial
from types import SimpleNamespace

from pushglance.core import checkpoint as checkpoint_module
from pushglance.core.commands import SaveSensors
from pushglance.core.events import UNKNOWN
from pushglance.core.pacing import budget as budget_module
from pushglance.core.pacing import window as window_module
from pushglance.core.pacing.budget import Budget
from pushglance.core.push.push_targets import PushTargets
from pushglance.core.push.watch import Watch
from pushglance.core.sensors.counter import Counter
from pushglance.core.sensors.debounce import Debouncer
from pushglance.core.sensors.sensor import Sensor
from pushglance.core.sensors.transforms.meter_total import MeterTotal
from pushglance.core.timer_queue import TimerQueue
from pushglance.runtime import clock as clock_module
from pushglance.runtime.storage import store as store_module
from pushglance.runtime.storage.files import create_file
from pushglance.runtime.storage.lock import DirectoryLock

from .memory_storage import MemoryCard
from .shared_mutants import SHARED_MUTANTS

HOUR = 3600 * 1000


def budget_window_of_23_hours(patch):
    """The window is 23 hours instead of 24."""
    patch(window_module, "WINDOW_MS", 23 * HOUR)


def budget_allows_one_more(patch):
    """One push more than allowed."""
    patch(
        Budget,
        "next_slot_ms",
        lambda self, now_ms, reserve=0, real=Budget.next_slot_ms: real(self, now_ms, reserve - 1),
    )


def any_clock_credits_down_time(patch):
    """Every debit of a previous boot returns when the clock is set, even by a wrong clock."""
    real = Budget.clock_set

    def clock_set(self, at_ms, wall_ms):
        for entry in self._entries:
            if entry[0] in self._previous_boot:
                entry[1] = at_ms
        return real(self, at_ms, wall_ms)

    patch(Budget, "clock_set", clock_set)


def debounce_is_a_lockout(patch):
    """After an edge, further edges are ignored for the settle time, like in many libraries."""
    real = Debouncer.feed

    def feed(self, level, at_ms):
        if self._raw is not None and at_ms - self._raw_since_ms < 200:
            return False
        return real(self, level, at_ms)

    patch(Debouncer, "feed", feed)


def early_changes_are_dropped(patch):
    """A change that may not be pushed at once is dropped, like with a plain rate limit."""
    real = Watch.decide

    def decide(self, now_ms, push_id):
        commands = real(self, now_ms, push_id)
        if self.in_flight is None:
            self.next_ms = None
        return commands

    patch(Watch, "decide", decide)


def uncertain_fields_count_as_previous(patch):
    """After an unknown outcome the previous text counts as shown."""
    real = Watch._end

    def end(self, ending):
        replaced = self.in_flight.replaced
        saves = real(self, ending)
        if ending.outcome == UNKNOWN:
            self.shown.update(replaced)
        return saves

    patch(Watch, "_end", end)


def sensors_are_not_saved_before_a_debit(patch):
    """After a crash an older count can follow a newer one."""
    real = PushTargets.decide

    def decide(self, now_ms, checkpoint):
        return [command for command in real(self, now_ms, checkpoint) if not isinstance(command, SaveSensors)]

    patch(PushTargets, "decide", decide)


def pulses_count_twice(patch):
    """A repeated running total is added again."""

    def feed_pulses(self, pulses, at_ms):
        self._seen = max(0, pulses - 20)
        counted, self._seen = pulses - self._seen, pulses
        return self._add(counted, at_ms)

    patch(Counter, "feed_pulses", feed_pulses)


def second_deadline_is_dropped(patch):
    """A timer that is scheduled a second time is not changed."""
    real = TimerQueue.schedule

    def schedule_once(self, key, at_ms):
        if at_ms is None or at_ms % 3 or key in self._queued:
            real(self, key, at_ms)

    patch(TimerQueue, "schedule", schedule_once)


def arrival_time_is_ignored(patch):
    """A push counts from its answer, although the watch may show it ten minutes later."""
    patch(budget_module, "ARRIVAL_MS", -10 * 60 * 1000)  # and cancels the ten minutes of FLIGHT_MS


def two_agents_share_a_store(patch):
    """Two processes may open the store, SQLite lets them, and neither sees that the other replaces a file."""

    def lock_directory(directory):
        directory.mkdir(exist_ok=True)
        return DirectoryLock(directory, create_file(directory / "unlocked"), "unlocked")

    class Shared(sqlite3.Connection):
        def execute(self, sql, *values):
            return super().execute(sql.replace("= EXCLUSIVE", "= NORMAL"), *values)

    patch(store_module, "lock_directory", lock_directory)
    patch(store_module.SqliteStore, "check", lambda self: None)
    patch(sqlite3, "connect", partial(sqlite3.connect, factory=Shared))


def push_id_witness_is_ignored(patch):
    """The file with the last push id is not read."""
    patch(MemoryCard, "read", lambda self: 0)


def midnight_is_utc(patch):
    """Midnight UTC is used for local midnight."""
    patch(clock_module, "time", SimpleNamespace(**{**vars(time), "localtime": time.gmtime}))


def retained_total_resets_the_meter(patch):
    """A smaller retained total counts as that of a reset meter."""
    real = MeterTotal.feed

    def feed(self, reading, at_ms, retained):
        if retained and self.last is not None and reading < self.last:
            self.last = reading
            return reading
        return real(self, reading, at_ms, retained)

    patch(MeterTotal, "feed", feed)


def unfilled_field_stays(patch):
    """A field without a template keeps its last text on the screen."""
    real = Watch.__init__

    def begin(self, *arguments):
        real(self, *arguments)
        self._desired.clear_unfilled({})

    patch(Watch, "__init__", begin)


def retry_ignores_what_was_shown(patch):
    """A retry compares with the uncertain fields, not with what was shown before the push."""
    real = Watch.retry

    def retry(self, push_id, now_ms):
        if self.in_flight is not None:
            self.in_flight.replaced = dict.fromkeys(self.in_flight.replaced)
        return real(self, push_id, now_ms)

    patch(Watch, "retry", retry)


def refill_sets_no_timer(patch):
    """A change that waits for the budget is not checked again when a push returns."""
    real = Budget.next_slot_ms

    def next_slot_ms(self, now_ms, reserve=0):
        free_ms = real(self, now_ms, reserve)
        return free_ms if free_ms == now_ms else None

    patch(Budget, "next_slot_ms", next_slot_ms)


def checkpoint_takes_an_hour(patch):
    """Counters are saved once an hour, to spare the card."""
    patch(checkpoint_module, "CHECKPOINT_MS", HOUR)


def unknown_is_shown_as_the_last_value(patch):
    """A sensor whose device is offline keeps its last text."""
    patch(Sensor, "set_cause", lambda *_: 0)


def value_ends_the_absence_of_its_device(patch):
    """A retained value, which may be days old, makes an offline device known again."""
    real = Sensor._on_value

    def on_value(self, at_ms, retained, has_changed):
        self._causes = []
        return real(self, at_ms, retained, has_changed)

    patch(Sensor, "_on_value", on_value)


def no_push_is_kept(patch):
    """The last pushes of the window are spent like the others."""
    patch(Budget, "kept", lambda self, now_ms: 0)


MUTANTS = [
    *SHARED_MUTANTS,
    unknown_is_shown_as_the_last_value,
    value_ends_the_absence_of_its_device,
    arrival_time_is_ignored,
    two_agents_share_a_store,
    push_id_witness_is_ignored,
    midnight_is_utc,
    retained_total_resets_the_meter,
    unfilled_field_stays,
    retry_ignores_what_was_shown,
    refill_sets_no_timer,
    checkpoint_takes_an_hour,
    no_push_is_kept,
    budget_window_of_23_hours,
    budget_allows_one_more,
    any_clock_credits_down_time,
    debounce_is_a_lockout,
    early_changes_are_dropped,
    uncertain_fields_count_as_previous,
    sensors_are_not_saved_before_a_debit,
    pulses_count_twice,
    second_deadline_is_dropped,
]

assert budget_module.WINDOW_MS == 24 * HOUR
