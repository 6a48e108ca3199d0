"""Deliberately broken agents: a law that cannot catch them is worth nothing.

Each mutant is one small mistake that a tired person could make, as (what is wrong, how to make it). The simulator must
find every one of them within its ordinary run.
"""

import sqlite3
import time
from functools import partial
from types import SimpleNamespace

from pushglance.core import checkpoint as checkpoint_module
from pushglance.core.commands import CancelPush, PushGlance, SaveSensors
from pushglance.core.events import DELIVERED, UNKNOWN, UNSENT, PushFinished
from pushglance.core.pacing import budget as budget_module
from pushglance.core.pacing import window as window_module
from pushglance.core.pacing.budget import Budget
from pushglance.core.push.push_targets import PushTargets
from pushglance.core.push.watch import Watch
from pushglance.core.sensors.counter import Counter
from pushglance.core.sensors.debounce import Debouncer
from pushglance.core.timer_queue import TimerQueue
from pushglance.runtime import clock as clock_module
from pushglance.runtime.loop import AgentLoop
from pushglance.runtime.storage import store as store_module

from .memory_storage import MemoryCard, MemoryTables

HOUR = 3600 * 1000


def budget_of_a_shorter_day(patch):
    """The window is 23 hours instead of 24."""
    patch(window_module, "WINDOW_MS", 23 * HOUR)


def budget_off_by_one(patch):
    """One push more than allowed."""
    patch(
        Budget,
        "next_slot_ms",
        lambda self, now_ms, reserve=0, real=Budget.next_slot_ms: real(self, now_ms, reserve - 1),
    )


def debits_of_another_boot_are_forgotten(patch):
    """A reboot is a fresh budget."""
    real = Budget.__init__

    def begin(self, capacity, entries, now_ms, window=None):
        real(self, capacity, [entry for entry in entries if entry[1] != -1], now_ms, window)

    patch(Budget, "__init__", begin)


def any_clock_credits_down_time(patch):
    """A wall clock that lies is believed: every debit of another boot is returned when the clock is told."""
    real = Budget.clock_set

    def clock_set(self, at_ms, wall_ms):
        for entry in self._entries:
            if entry[0] in self._previous_boot:
                entry[1] = at_ms
        return real(self, at_ms, wall_ms)

    patch(Budget, "clock_set", clock_set)


def unknown_is_taken_for_unsent(patch):
    """A push without an answer gives its debit back."""
    real = Watch._end

    def end(self, event, ending):
        outcome = UNSENT if ending.outcome == UNKNOWN else ending.outcome
        ending = PushFinished(ending.at_ms, ending.watch, ending.push_id, outcome, detail=ending.detail)
        return real(self, outcome if event == UNKNOWN else event, ending)

    patch(Watch, "_end", end)


def the_push_leaves_before_its_debit(patch):
    """The ledger is written after the push has gone."""
    real = AgentLoop._execute

    def execute(self, commands, now_ms):
        for command in commands:
            if isinstance(command, PushGlance):
                self._courier.submit(command)
        real(self, [command for command in commands if not isinstance(command, (PushGlance, CancelPush))], now_ms)

    patch(AgentLoop, "_execute", execute)


def debounce_is_a_lockout(patch):
    """After an edge, further edges are ignored for the settle time, as so many libraries do."""
    real = Debouncer.feed

    def feed(self, level, at_ms):
        if self._raw is not None and at_ms - self._raw_since_ms < 200:
            return False
        return real(self, level, at_ms)

    patch(Debouncer, "feed", feed)


def what_changes_in_flight_is_taken_for_shown(patch):
    """The coalescer forgets what changed while a push was out."""
    real = Watch._end

    def end(self, event, ending):
        saves = real(self, event, ending)
        if ending.outcome == DELIVERED:
            self.shown.update(self._desired.fields())
        return saves

    patch(Watch, "_end", end)


def what_comes_too_soon_is_dropped(patch):
    """A throttle instead of a coalescer: what may not be pushed at once is forgotten."""
    real = Watch.decide

    def decide(self, now_ms, push_id):
        commands = real(self, now_ms, push_id)
        if self.in_flight is None:
            self.next_ms = None
        return commands

    patch(Watch, "decide", decide)


def doubt_is_forgotten(patch):
    """After an unknown outcome the old screen is believed."""
    real = Watch._end

    def end(self, event, ending):
        replaced = self.in_flight.replaced
        saves = real(self, event, ending)
        if ending.outcome == UNKNOWN:
            self.shown.update(replaced)
        return saves

    patch(Watch, "_end", end)


def a_restart_forgets_what_is_shown(patch):
    """Every start pushes everything anew."""
    real = MemoryTables._read_watch
    patch(MemoryTables, "_read_watch", lambda self, watch: real(self, watch) | {"shown": {}})


def pushed_values_are_not_kept(patch):
    """What a push told is not saved with it: after a crash an older count follows a newer one."""
    real = PushTargets.decide

    def decide(self, now_ms, checkpoint):
        return [command for command in real(self, now_ms, checkpoint) if not isinstance(command, SaveSensors)]

    patch(PushTargets, "decide", decide)


def pulses_count_twice(patch):
    """A repeated running total is added again."""

    def feed_pulses(self, pulses):
        self._seen = max(0, pulses - 20)
        counted, self._seen = pulses - self._seen, pulses
        return self._add(counted)

    patch(Counter, "feed_pulses", feed_pulses)


def a_deadline_is_forgotten(patch):
    """A timer that is asked for a second time is not set."""
    real = TimerQueue.schedule

    def schedule_once(self, key, at_ms):
        if at_ms is None or at_ms % 3 or key in self._queued:
            real(self, key, at_ms)

    patch(TimerQueue, "schedule", schedule_once)


def arrivals_are_taken_for_answers(patch):
    """A push counts from its answer, although the watch may see it ten minutes later."""
    patch(budget_module, "ARRIVAL_MS", -10 * 60 * 1000)  # and the ten minutes of a flight do not help either


def two_agents_share_a_store(patch):
    """Nobody asks whether another process has the store, and SQLite lets anyone in."""

    def lock_directory(directory):
        directory.mkdir(exist_ok=True)
        return (directory / "nobody").open("w")

    class Shared(sqlite3.Connection):
        def execute(self, sql, *values):
            return super().execute(sql.replace("= EXCLUSIVE", "= NORMAL"), *values)

    patch(store_module, "lock_directory", lock_directory)
    patch(sqlite3, "connect", partial(sqlite3.connect, factory=Shared))


def a_card_that_lost_pushes_is_believed(patch):
    """The witness beside the ledger is not asked."""
    patch(MemoryCard, "read", lambda self: 0)


def the_day_turns_in_greenwich(patch):
    """Local midnight is taken for midnight UTC."""
    patch(clock_module, "time", SimpleNamespace(**{**vars(time), "localtime": time.gmtime}))


def an_old_total_is_a_new_meter(patch):
    """A smaller total that the broker kept is taken for a meter that began anew."""
    real = Counter.feed_value
    patch(Counter, "feed_value", lambda self, text, at_ms, retained: real(self, text, at_ms, 0))


def a_field_that_is_filled_no_more_stays(patch):
    """New settings without a field leave its last text on the screen."""
    real = Watch.__init__

    def begin(self, *arguments):
        real(self, *arguments)
        self._desired.clear_unfilled({})

    patch(Watch, "__init__", begin)


def a_push_leaves_although_the_truth_came_back(patch):
    """Before another attempt it is asked whether the fields are in doubt, and not what was shown before them."""
    real = Watch.retry

    def retry(self, push_id, now_ms):
        if self.in_flight is not None:
            self.in_flight.replaced = dict.fromkeys(self.in_flight.replaced)
        return real(self, push_id, now_ms)

    patch(Watch, "retry", retry)


def a_return_is_slept_through(patch):
    """A change that waits for the budget is not looked at again when a push comes back."""
    real = Budget.next_slot_ms

    def next_slot_ms(self, now_ms, reserve=0):
        free_ms = real(self, now_ms, reserve)
        return free_ms if free_ms == now_ms else None

    patch(Budget, "next_slot_ms", next_slot_ms)


def a_checkpoint_takes_an_hour(patch):
    """Counters are written once an hour, to spare the card."""
    patch(checkpoint_module, "CHECKPOINT_MS", HOUR)


MUTANTS = [
    arrivals_are_taken_for_answers,
    two_agents_share_a_store,
    a_card_that_lost_pushes_is_believed,
    the_day_turns_in_greenwich,
    an_old_total_is_a_new_meter,
    a_field_that_is_filled_no_more_stays,
    a_push_leaves_although_the_truth_came_back,
    a_return_is_slept_through,
    a_checkpoint_takes_an_hour,
    budget_of_a_shorter_day,
    budget_off_by_one,
    debits_of_another_boot_are_forgotten,
    any_clock_credits_down_time,
    unknown_is_taken_for_unsent,
    the_push_leaves_before_its_debit,
    debounce_is_a_lockout,
    what_changes_in_flight_is_taken_for_shown,
    what_comes_too_soon_is_dropped,
    doubt_is_forgotten,
    a_restart_forgets_what_is_shown,
    pushed_values_are_not_kept,
    pulses_count_twice,
    a_deadline_is_forgotten,
]

assert budget_module.WINDOW_MS == 24 * HOUR
