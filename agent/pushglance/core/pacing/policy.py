"""When to spend a push. This is the narrow door: a watch tells what it sees and asks `push_at_ms`, nothing else.

Two ways to pace stand behind it. `PricePacing`, the usual one: a change waits until having been wrong, and what
showing it will probably save, is worth what a push costs just now; a push costs as much as is needed for the budget to
last. `SpacingPacing`, the plain rule: so far apart, and closer for what is urgent while pushes are plenty.

Guarantees, as rules on top of the price:
- An urgent change after a calm minute goes at once, up to 40 of them a day, while more than the last few are left.
- What is not urgent keeps the spacing, and leaves the last sixteenth of the budget to what is.
- Nothing waits for ever: what is urgent 20 minutes, anything else 3 hours, then it goes as soon as the budget has one.
"""

from .price_model import PriceModel
from .staleness import NOT_TOLD

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pushglance.core.plan_types import WatchPlan

    from .budget import Budget
    from .staleness import StalenessCost

BATCH_WINDOW_MS = 2000  # what is not urgent waits this long for other changes to ride with it
URGENT_WAIT_MS = 20 * 60 * 1000  # the longest wait of what is urgent, and
OTHER_WAIT_MS = 3 * 3600 * 1000  # of anything else, while the budget has a push for it
LONGEST_WAIT_MS = OTHER_WAIT_MS  # of anything that the budget has a push for
PLENTY_PART = 5  # while no more than this part of the budget is spent, what is urgent asks for no price
LANE_PUSHES = 40  # in a day that calm urgent changes may take without asking for the price


_SLIGHT = 100000  # millionths: a field that differs although every sensor is told, e.g. an hour or a word


class Pacing:
    """Be the common part: since when something waits, and how much of the budget is kept for what is urgent."""

    is_learning = False  # whether it wants to know how long states hold, and has something to keep

    def __init__(self, plan: "WatchPlan", stakes: "StalenessCost") -> None:
        self.sensors = stakes.sensors
        self._spacing_ms = plan["spacing_ms"]
        self._has_urgent = any([sensor.is_urgent for sensor in stakes.sensors])
        self.since_ms = None  # type: int | None  # since when the screen differs
        self.urgent_since_ms = None  # type: int | None  # since when it differs in something urgent
        self.is_calm = False  # something urgent has changed after a calm minute, and is not shown yet
        self.price_ms = None  # type: int | None  # what a push costs, weighted ms of being wrong; None: unpriced
        self.worth_ms = None  # type: int | None  # what waits has cost so far and will probably cost
        self.latest_ms = None  # type: int | None  # until when what waits is shown, if the budget has a push

    def observe(self, now_ms: int, pending: "list[str]") -> None:
        """Look at the truth; `pending` names the sensors of the fields that differ from the screen."""

    def on_waiting(self, now_ms: int, is_urgent: bool) -> None:
        """Note that something waits to be shown."""
        if self.since_ms is None:
            self.since_ms = now_ms
        if not is_urgent:
            self.urgent_since_ms, self.is_calm = None, False
        elif self.urgent_since_ms is None:
            self.urgent_since_ms = now_ms

    def on_idle(self) -> None:
        """Note that nothing waits any more."""
        self.since_ms = self.urgent_since_ms = self.price_ms = self.worth_ms = self.latest_ms = None
        self.is_calm = False

    def on_pushed(self, now_ms: int) -> None:
        """Note that everything that waited is on its way."""
        self.on_idle()

    def on_finished(self, is_shown: bool, is_sure: bool) -> None:
        """Note how the push ended: it is shown, surely not, or nobody is sure."""

    def push_at_ms(self, now_ms: int, last_ms: "int | None", budget: "Budget") -> "tuple[int | None, str]":
        """Return the instant to push, or to ask again, and what is waited for; (None, why) if there is none ever.

        `last_ms` is the last push (None: none known).
        """
        raise NotImplementedError

    def changes(self) -> "list[tuple[str, Any, Any]]":
        """Return (sensor, what is told of it, what is true) of what waits, as far as this pacing knows."""
        return []

    def set_clock(self, now_ms: int, ahead_ms: int) -> None:
        """Learn how far local time is ahead of monotonic time."""

    def state(self) -> "dict[str, Any]":
        """Return what was learnt, as plain JSON."""
        return {}


class SpacingPacing(Pacing):
    """Pace one watch by a wanted gap between pushes.

    What is urgent goes at once while pushes are plenty and waits longer as they run low, up to the spacing; everything
    else waits for company, for the spacing, and never takes the last fifth when something urgent may come.
    """

    def push_at_ms(self, now_ms: int, last_ms: "int | None", budget: "Budget") -> "tuple[int | None, str]":
        """Return the instant to push and what is waited for."""
        assert self.since_ms is not None, "asked while nothing waits"
        if self.urgent_since_ms is not None:
            # Half the budget left: 37 s of a 20 min spacing. Nearly full: a second. Nearly empty: all of it.
            gap_ms = self._spacing_ms >> (budget.left(now_ms) * 10 // max(1, budget.capacity))
            wanted_ms, keep = now_ms, 0
        else:
            gap_ms = self._spacing_ms
            wanted_ms, keep = self.since_ms + BATCH_WINDOW_MS, budget.capacity // 5 if self._has_urgent else 0
        free_ms = budget.next_slot_ms(now_ms, keep)
        if free_ms is None:
            return None, "budget"
        spaced_ms = now_ms if last_ms is None else last_ms + gap_ms
        self.latest_ms = max(wanted_ms, spaced_ms, free_ms)
        if free_ms > max(wanted_ms, spaced_ms):
            return free_ms, "budget"
        return self.latest_ms, "spacing" if spaced_ms > wanted_ms else "batching"


class PricePacing(Pacing):
    """Pace one watch by the price of a push."""

    is_learning = True

    def __init__(self, plan: "WatchPlan", stakes: "StalenessCost", memory: "dict[str, Any]", now_ms: int) -> None:
        super().__init__(plan, stakes)
        self._stakes = stakes
        self._demand = PriceModel(stakes, memory, self._spacing_ms)
        self._demand.start(now_ms)
        self._told = [NOT_TOLD] * len(stakes.sensors)  # type: list[Any]  # what is on the screen of each sensor
        self._sent = None  # type: list[Any] | None  # the same as the push in flight has it
        self._owed_ms = 0  # weighted ms of being wrong since the last push
        self._rate = 0
        self._at_ms = now_ms
        self._lane_ms = []  # type: list[int]  # until when each push of the lane counts
        self._lane_until_ms = None  # type: int | None  # the same of the push that was just allowed

    def observe(self, now_ms: int, pending: "list[str]") -> None:
        """Learn from the truth, and add up what being wrong has cost."""
        true = self._stakes.measures()
        self._demand.observe(now_ms, true)
        self._owed_ms += self._rate * (now_ms - self._at_ms) // 1000000
        self._at_ms = now_ms
        self._rate = 0
        if self._sent is None:
            for key in range(len(true)):
                if not pending or self._stakes.sensors[key].name not in pending:
                    self._told[key] = true[key]
        if pending:
            self._rate = self._stakes.weigh(self._told, true, None, now_ms)[0] or _SLIGHT

    def on_idle(self) -> None:
        """Note that nothing waits any more: the truth came back by itself."""
        super().on_idle()
        self._owed_ms = 0

    def on_pushed(self, now_ms: int) -> None:
        """Note that everything that waited is on its way."""
        super().on_pushed(now_ms)
        self._sent, self._rate = self._stakes.measures(), 0
        if self._lane_until_ms is not None:
            self._lane_ms.append(self._lane_until_ms)
        self._lane_until_ms = None

    def on_finished(self, is_shown: bool, is_sure: bool) -> None:
        """Note how the push ended: it is shown, surely not, or nobody is sure."""
        sent, self._sent = self._sent, None
        if sent is None or (is_sure and not is_shown):
            return
        for key in range(len(sent)):
            if sent[key] != self._told[key]:
                self._told[key] = sent[key] if is_shown else NOT_TOLD

    def push_at_ms(self, now_ms: int, last_ms: "int | None", budget: "Budget") -> "tuple[int | None, str]":
        """Return the instant to push, or to ask again, and what is waited for."""
        assert self.since_ms is not None, "asked while nothing waits"
        urgent_ms = self.urgent_since_ms
        keep = 0 if urgent_ms is not None or not self._has_urgent else budget.capacity // 16
        free_ms = budget.next_slot_ms(now_ms, keep)
        if free_ms is None:
            return None, "budget"
        earliest_ms = now_ms
        if urgent_ms is not None:
            self.latest_ms = max(free_ms, urgent_ms + URGENT_WAIT_MS)
        else:
            earliest_ms = self.since_ms + BATCH_WINDOW_MS
            if last_ms is not None:
                earliest_ms = max(earliest_ms, last_ms + self._spacing_ms)
            self.latest_ms = max(free_ms, earliest_ms, self.since_ms + OTHER_WAIT_MS)
        self.price_ms = self.worth_ms = self._lane_until_ms = None
        if free_ms > now_ms and free_ms >= earliest_ms:
            return free_ms, "budget"
        if earliest_ms > now_ms:
            return earliest_ms, "spacing" if earliest_ms > self.since_ms + BATCH_WINDOW_MS else "batching"
        if self._is_unpriced(now_ms, budget):
            return now_ms, ""
        if self._is_worth_it(now_ms, budget, keep) or self._may_use_lane(now_ms, budget):
            return now_ms, ""
        return self._ask_again_ms(now_ms), "price"

    def _is_unpriced(self, now_ms: int, budget: "Budget") -> bool:
        """Tell whether this goes whatever a push costs."""
        assert self.latest_ms is not None
        if self.latest_ms <= now_ms:
            return True
        spent = budget.capacity - budget.left(now_ms)
        if self.urgent_since_ms is not None and spent < budget.capacity // PLENTY_PART:
            return True
        return all([told is NOT_TOLD for told in self._told])  # a new watch, or nobody knows what it shows

    def _is_worth_it(self, now_ms: int, budget: "Budget", keep: int) -> bool:
        left = max(0, budget.left(now_ms) - keep)
        horizon_ms = budget.horizon_ms(now_ms)
        self.price_ms = self._demand.price_ms(now_ms, left, budget.refill_times_ms(now_ms), horizon_ms)
        true = self._stakes.measures()
        saved_ms = self._stakes.weigh(self._told, true, true, now_ms)[1]
        self.worth_ms = self._owed_ms + saved_ms
        return self.worth_ms >= self.price_ms

    def _may_use_lane(self, now_ms: int, budget: "Budget") -> bool:
        """Tell whether a calm urgent change goes unpriced; `pushed` counts it."""
        if not self.is_calm or budget.left(now_ms) <= budget.urgent_reserve:
            return False
        self._lane_ms = [until_ms for until_ms in self._lane_ms if until_ms > now_ms]
        if len(self._lane_ms) >= LANE_PUSHES:
            return False
        self._lane_until_ms = budget.horizon_ms(now_ms)
        return True

    def _ask_again_ms(self, now_ms: int) -> int:
        """Return when the worth may reach the price: when enough is owed, or something is known better."""
        assert self.price_ms is not None
        assert self.worth_ms is not None
        assert self.latest_ms is not None
        at_ms = min(self.latest_ms, self._stakes.next_edge_ms(now_ms, self._told))
        if self._rate > 0:
            at_ms = min(at_ms, now_ms + (self.price_ms - self.worth_ms) * 1000000 // self._rate + 1)
        return max(now_ms + 1000, at_ms)

    def changes(self) -> "list[tuple[str, Any, Any]]":
        """Return (sensor, what is told of it, what is true) of what waits."""
        true = self._stakes.measures()
        names = [sensor.name for sensor in self._stakes.sensors]
        return [(names[key], self._told[key], true[key]) for key in range(len(true)) if self._told[key] != true[key]]

    def set_clock(self, now_ms: int, ahead_ms: int) -> None:
        """Learn how far local time is ahead of monotonic time."""
        self._demand.set_clock(now_ms, ahead_ms)

    def state(self) -> "dict[str, Any]":
        """Return what was learnt, as plain JSON."""
        return self._demand.state()


def build_pacing(plan: "WatchPlan", stakes: "StalenessCost", memory: "dict[str, Any]", now_ms: int) -> Pacing:
    """Return the pacing that the plan of a watch names; `memory` is what one has learnt before."""
    if plan["pacing"] == "spacing":
        return SpacingPacing(plan, stakes)
    assert plan["pacing"] == "price", plan["pacing"]
    return PricePacing(plan, stakes, memory, now_ms)
