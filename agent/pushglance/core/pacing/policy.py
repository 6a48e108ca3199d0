"""Pacing: when a change is pushed. A watch reports what it observes and asks `push_at_ms`.

There are two policies. `PricePacing`, the default: a change waits until the staleness so far, and what showing it will
probably save, are worth the price of a push; the price is as high as needed for the budget to last. `SpacingPacing`:
fixed gaps between pushes, shorter for urgent changes while many pushes are left.

Guarantees on top of the price:
- An urgent change after a calm minute is pushed at once while more than the last fifth is left: up to 40 a day.
- A push within the spacing after another one costs more, most right after it; other changes than urgent ones leave the
  last sixteenth of the budget to these.
- With a budget of 30 or more a push leaves as many as are needed for one every four hours until the window has passed
  (`Budget.kept`), or is made four hours after the one before. So a state that holds for four hours is shown, however
  the pushes before were spent.
- Every wait ends: after 20 minutes for urgent changes, after 3 hours for others, as soon as more pushes are left than
  those that are kept, and in any case four hours after the last push.
"""

from .budget import KEPT_MS
from .price_model import PriceModel
from .staleness import NOT_SHOWN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pushglance.core.plan_types import WatchPlan

    from .budget import Budget
    from .staleness import StalenessCost

BATCH_WINDOW_MS = 2000  # changes that are not urgent wait this long for others, to be sent in one push
URGENT_WAIT_MS = 20 * 60 * 1000  # the longest wait of urgent changes, while the budget has a push
OTHER_WAIT_MS = 3 * 3600 * 1000  # the same for other changes
FREE_DIVISOR = 5  # while less than this part of the budget is spent, urgent changes need not be worth the price
_MIN_RATE = 100000  # millionths: cost rate if a field differs although no sensor does, e.g. in a time or a word


class Pacing:
    """The common part of all policies: since when a change waits."""

    is_learning = False  # True if the policy uses hold time models and has a state to save

    def __init__(self, plan: "WatchPlan", costs: "StalenessCost") -> None:
        self.sensors = costs.sensors
        self.spacing_ms = plan["spacing_ms"]  # the wanted gap between pushes
        self._has_urgent = any([sensor.is_urgent for sensor in costs.sensors])
        Pacing.on_idle(self)  # not a subclass's, whose fields do not exist yet

    def on_idle(self) -> None:
        """Record that nothing waits any more."""
        self.since_ms = None  # type: int | None  # since when a change waits
        self.urgent_since_ms = None  # type: int | None  # since when an urgent change waits
        self.is_calm = False  # an urgent sensor changed after a calm minute, and that is not shown yet
        self.price_ms = None  # type: int | None  # price of a push, in weighted ms of staleness; None: not used
        self.worth_ms = None  # type: int | None  # staleness so far plus expected savings
        self.latest_ms = None  # type: int | None  # when the change is pushed at the latest, if the budget has a push

    def observe(self, now_ms: int, pending: "list[str]") -> None:
        """Read the sensors; `pending` names those in fields that differ from what is shown."""

    def on_waiting(self, now_ms: int, is_urgent: bool) -> None:
        """Record that a change waits to be shown."""
        if self.since_ms is None:
            self.since_ms = now_ms
        if not is_urgent:
            self.urgent_since_ms, self.is_calm = None, False
        elif self.urgent_since_ms is None:
            self.urgent_since_ms = now_ms

    def on_pushed(self, now_ms: int) -> None:
        """Record that everything that waited is in flight."""
        self.on_idle()

    def on_finished(self, is_shown: bool, is_sure: bool) -> None:
        """Record how the push ended; `is_sure` is False if its outcome is unknown."""

    def push_at_ms(self, now_ms: int, last_ms: "int | None", budget: "Budget") -> "tuple[int | None, str]":
        """Return when to push, or to ask again, and a key of words.WAIT_TEXTS; (None, why) if never.

        `last_ms` is when the last push ended (None: unknown).
        """
        raise NotImplementedError

    def changes(self) -> "list[tuple[str, Any, Any]]":
        """Return (sensor name, shown measure, true measure) of each sensor that differs, as far as the policy knows."""
        return []

    def set_clock(self, now_ms: int, ahead_ms: int) -> None:
        """Set how far local time is ahead of monotonic time."""

    def state(self) -> "dict[str, Any]":
        """Return what the policy has learnt, as plain JSON."""
        return {}


class SpacingPacing(Pacing):
    """Pace one watch by gaps between pushes.

    An urgent change is pushed at once while many pushes are left, later it waits longer, up to the spacing.
    Other changes wait for the batch window and the spacing; they leave the last fifth of the budget to urgent sensors.
    """

    def push_at_ms(self, now_ms: int, last_ms: "int | None", budget: "Budget") -> "tuple[int | None, str]":
        """Return when to push, and why not earlier."""
        assert self.since_ms is not None, "no change waits"
        if self.urgent_since_ms is not None:
            # Half the budget left: 37 s of a 20 min spacing. Nearly full: a second. Nearly empty: all of it.
            gap_ms = self.spacing_ms >> (budget.left(now_ms) * 10 // max(1, budget.capacity))
            wanted_ms, reserve = now_ms, 0
        else:
            gap_ms = self.spacing_ms
            wanted_ms, reserve = self.since_ms + BATCH_WINDOW_MS, budget.capacity // 5 if self._has_urgent else 0
        slot_ms = budget.next_slot_ms(now_ms, reserve)
        if slot_ms is None:
            return None, "budget"
        spaced_ms = now_ms if last_ms is None else last_ms + gap_ms
        self.latest_ms = max(wanted_ms, spaced_ms, slot_ms)
        if slot_ms > max(wanted_ms, spaced_ms):
            return slot_ms, "budget"
        return self.latest_ms, "spacing" if spaced_ms > wanted_ms else "batching"


class PricePacing(Pacing):
    """Pace one watch by the price of a push."""

    is_learning = True

    def __init__(self, plan: "WatchPlan", costs: "StalenessCost", memory: "dict[str, Any]", now_ms: int) -> None:
        super().__init__(plan, costs)
        self._costs = costs
        self._price_model = PriceModel(costs, memory, self.spacing_ms)
        self._price_model.start(now_ms)
        self._shown = [NOT_SHOWN] * len(costs.sensors)  # type: list[Any]  # measure that the watch shows of each sensor
        self._sent = None  # type: list[Any] | None  # the same once the push in flight is delivered
        self._stale_ms = 0  # weighted ms of staleness since the last push
        self._rate = 0
        self._saved_ms = self._surcharge = 0  # what a push would save, and how many prices more it costs if it is early
        self._falling = 0  # millionths: how fast the price of an early push falls
        self._at_ms = now_ms

    def observe(self, now_ms: int, pending: "list[str]") -> None:
        """Update the price model, and add up the staleness since the last call."""
        true = self._costs.measures()
        self._price_model.observe(now_ms, true)
        self._stale_ms += self._rate * (now_ms - self._at_ms) // 1000000
        self._at_ms = now_ms
        self._rate = 0
        if self._sent is None:
            for key in range(len(true)):
                if not pending or self._costs.sensors[key].name not in pending:
                    self._shown[key] = true[key]
        if pending:
            rate, self._saved_ms, self._surcharge = self._costs.cost(self._shown, true, true, now_ms)
            self._rate = rate or _MIN_RATE

    def on_idle(self) -> None:
        """Record that nothing waits any more, because the change was undone."""
        super().on_idle()
        self._stale_ms = 0

    def on_pushed(self, now_ms: int) -> None:
        """Record that everything that waited is in flight."""
        super().on_pushed(now_ms)
        self._sent, self._rate = self._costs.measures(), 0

    def on_finished(self, is_shown: bool, is_sure: bool) -> None:
        """Record how the push ended; `is_sure` is False if its outcome is unknown."""
        sent, self._sent = self._sent, None
        if sent is None or (is_sure and not is_shown):
            return
        for key in range(len(sent)):
            if sent[key] != self._shown[key]:
                self._shown[key] = sent[key] if is_shown else NOT_SHOWN

    def push_at_ms(self, now_ms: int, last_ms: "int | None", budget: "Budget") -> "tuple[int | None, str]":
        """Return when to push or to check again, and why not earlier."""
        assert self.since_ms is not None, "no change waits"
        urgent_ms = self.urgent_since_ms
        last_ms = now_ms - 6 * KEPT_MS if last_ms is None else last_ms
        reserve = 0 if last_ms + KEPT_MS <= now_ms else self._reserve(now_ms, budget)
        slot_ms = budget.next_slot_ms(now_ms, reserve)
        if slot_ms is None:
            return None, "budget"
        if reserve:
            slot_ms = min(slot_ms, last_ms + KEPT_MS)
        if urgent_ms is not None:
            earliest_ms, self.latest_ms = now_ms, max(slot_ms, urgent_ms + URGENT_WAIT_MS)
        else:
            earliest_ms = self.since_ms + BATCH_WINDOW_MS
            self.latest_ms = max(slot_ms, earliest_ms, self.since_ms + OTHER_WAIT_MS)
        self.price_ms = self.worth_ms = None
        if slot_ms > now_ms and slot_ms >= earliest_ms:
            return slot_ms, "budget"
        if earliest_ms > now_ms:
            return earliest_ms, "batching"
        if self._has_no_price(now_ms, budget):
            return now_ms, ""
        if self._saves_enough(now_ms, budget, reserve, last_ms + self.spacing_ms - now_ms):
            return now_ms, ""
        return self._next_check_ms(now_ms), "price"

    def _reserve(self, now_ms: int, budget: "Budget") -> int:
        """Return how many pushes have to be left after this one."""
        kept = budget.kept(now_ms)
        return max(kept, budget.capacity // 16) if self._has_urgent and self.urgent_since_ms is None else kept

    def _has_no_price(self, now_ms: int, budget: "Budget") -> bool:
        """Return True if the change is pushed now, whatever a push costs."""
        assert self.latest_ms is not None
        if self.latest_ms <= now_ms:
            return True
        spent = budget.capacity - budget.left(now_ms)
        if self.urgent_since_ms is not None and spent < budget.capacity // FREE_DIVISOR:
            return True
        return all([shown is NOT_SHOWN for shown in self._shown])  # a new watch, or all is uncertain

    def _saves_enough(self, now_ms: int, budget: "Budget", reserve: int, early_ms: int) -> bool:
        left = max(0, budget.left(now_ms) - reserve)
        horizon_ms = budget.horizon_ms(now_ms)
        self.price_ms = self._price_model.price_ms(now_ms, left, budget.refill_times_ms(now_ms), horizon_ms)
        self._falling = 0
        if early_ms > 0:
            surcharge_ms = self.price_ms * self._surcharge
            self._falling = surcharge_ms * 1000000 // self.spacing_ms
            self.price_ms += surcharge_ms * early_ms // self.spacing_ms
        self.worth_ms = self._stale_ms + self._saved_ms
        return self.worth_ms >= self.price_ms or (self.is_calm and budget.left(now_ms) > budget.urgent_reserve)

    def _next_check_ms(self, now_ms: int) -> int:
        """Return when the worth may reach the price: by growing staleness, or because an estimate changes."""
        assert self.price_ms is not None
        assert self.worth_ms is not None
        assert self.latest_ms is not None
        # An estimate of a young state changes after seconds; where a push has time, so has that.
        change_ms = max(self._costs.next_change_ms(now_ms, self._shown), now_ms + 2000 * self._surcharge)
        at_ms = min(self.latest_ms, change_ms)
        rate = self._rate + self._falling
        if rate > 0:
            at_ms = min(at_ms, now_ms + (self.price_ms - self.worth_ms) * 1000000 // rate + 1)
        return max(now_ms + 1000, at_ms)

    def changes(self) -> "list[tuple[str, Any, Any]]":
        """Return (sensor name, shown measure, true measure) of each sensor that differs."""
        true = self._costs.measures()
        names = [sensor.name for sensor in self._costs.sensors]
        return [(names[key], self._shown[key], true[key]) for key in range(len(true)) if self._shown[key] != true[key]]

    def set_clock(self, now_ms: int, ahead_ms: int) -> None:
        """Set how far local time is ahead of monotonic time."""
        self._price_model.set_clock(now_ms, ahead_ms)

    def state(self) -> "dict[str, Any]":
        """Return what the policy has learnt, as plain JSON."""
        return self._price_model.state()


def build_pacing(plan: "WatchPlan", costs: "StalenessCost", memory: "dict[str, Any]", now_ms: int) -> Pacing:
    """Return the policy that the plan of a watch names; `memory` is what it had learnt before."""
    if plan["pacing"] == "spacing":
        return SpacingPacing(plan, costs)
    assert plan["pacing"] == "price", plan["pacing"]
    return PricePacing(plan, costs, memory, now_ms)
