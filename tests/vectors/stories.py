"""The stories behind the vectors, recorded for every interpreter.

`python tests/vectors/stories.py` writes `tests/vectors/recorded/*.json`; read the difference before you commit it. The
tests of the core prove what a story should give; vectors prove that boards give the same.
"""

import json
from pathlib import Path

from pushglance.core.events import (
    DELIVERED,
    REFUSED,
    THROTTLED,
    UNKNOWN,
    UNSENT,
    AvailabilityChanged,
    ClockSet,
    DayChanged,
    EdgeSeen,
    LinkChanged,
    NodeChanged,
    PulsesSeen,
    PushRetrying,
    Stopping,
    ValueSeen,
    ValueUnreadable,
)
from pushglance.core.request_events import PauseSet, PushRequested, SendRequested, SettingsReloaded, TotalSet
from support import plans
from support.core_harness import CoreHarness
from vectors import device_messages
from vectors.replay import event_of

FOLDER = Path(__file__).parent / "recorded"

MINUTE = 60_000
HOUR = 60 * MINUTE
WALL = 1_795_425_600_000


class Recorder:
    """Wrap a Decider and record every event with its answer."""

    def __init__(self, decider):
        self._decider = decider
        self.steps = []

    def __getattr__(self, name):
        return getattr(self._decider, name)

    def handle(self, event):
        """Pass the event on and record the answer."""
        commands = self._decider.handle(event)
        answer = json.loads(json.dumps([command.as_list() for command in commands]))
        self.steps.append({"event": event.as_list(), "commands": answer, "deadline_ms": self._decider.deadline_ms()})
        return commands


def _full_plan():
    watches = [
        plans.watch(
            title=["Home"],
            text=[["garage", ""], " since ", ["garage", "since"]],
            subtext=[["visitors", ""], " today, ", ["note", ""]],
            count=[["visitors", "total"]],
            percent=[["tank", ""]],
        ),
        plans.watch("second", pushes=3, spacing_ms=5 * MINUTE, text=[["tank", ""], " %"]),
    ]
    sensors = [
        plans.contact(settle_open_ms=50, settle_closed_ms=2000),
        plans.counter(),
        plans.gauge(stale_ms=2 * HOUR, decimals=1, deadband=20, high=1000),
        plans.text(),
    ]
    return plans.plan(sensors, watches)


def bounce(harness):
    """A door bounces open and closed, twice, and the second time it does not hold."""
    harness.feed(EdgeSeen(0, "garage", 0))
    harness.pass_to(MINUTE)
    for at_ms, level in [(0, 1), (3, 0), (5, 1), (9, 0), (12, 1), (4000, 0), (4030, 1), (9000, 0)]:
        harness.feed(EdgeSeen(MINUTE + at_ms, "garage", level))
    harness.pass_to(HOUR)


def full_day(harness):
    """All kinds of sensors through a day and a night, with a clock, on two watches."""
    harness.feed(EdgeSeen(0, "garage", 0), LinkChanged(1, "mqtt", 1), ValueSeen(2, "tank", "55.5", 1))
    harness.feed(ClockSet(5000, WALL, 3600), DayChanged(5000, 20_780))
    for hour in range(30):
        at_ms = (hour + 1) * HOUR
        harness.pass_to(at_ms)
        harness.feed(PulsesSeen(at_ms, "visitors", hour * 3), ValueSeen(at_ms + 1, "tank", f"{50 + hour}.25", 0))
        harness.feed(EdgeSeen(at_ms + 2, "garage", hour % 2), ValueSeen(at_ms + 3, "note", f"hour {hour} ü", 0))
        if hour == 14:
            harness.feed(DayChanged(at_ms + 4, 20_781))
    harness.feed(ValueUnreadable(31 * HOUR, "tank", 2), Stopping(31 * HOUR + 1))


def outcomes(harness):
    """Every outcome in turn, with its wait."""
    harness.outcome = None
    at_ms = 0
    for number, outcome in enumerate([UNKNOWN, UNKNOWN, UNSENT, THROTTLED, DELIVERED, REFUSED, DELIVERED]):
        harness.feed(ValueSeen(at_ms, "garage", "open" if number % 2 else "closed", 0))
        harness.pass_to(at_ms + 13 * HOUR)
        harness.answer(harness.last_push(), outcome, wait_ms=HOUR if outcome == THROTTLED else 0, detail=outcome)
        at_ms = harness.now_ms + 1000
    harness.pass_to(at_ms + 13 * HOUR)


def delayed(harness):
    """A courier that cannot send asks twice; the second time the door is closed again."""
    harness.outcome = None
    harness.feed(ValueSeen(0, "garage", "open", 0))
    harness.pass_to(MINUTE)
    push_id = harness.last_push().push_id
    harness.feed(PushRetrying(MINUTE, "watch", push_id))
    harness.feed(ValueSeen(MINUTE + 10, "garage", "closed", 0), PushRetrying(MINUTE + 20, "watch", push_id))
    harness.pass_to(2 * MINUTE)


def abandoned(harness):
    """A push gets no answer in ten minutes; a later one is withdrawn, because its change is undone before a retry."""
    harness.feed(ValueSeen(0, "garage", "closed", 0))
    harness.pass_to(HOUR)
    harness.outcome = None
    harness.feed(ValueSeen(HOUR, "garage", "open", 0))
    harness.pass_to(HOUR + 11 * MINUTE)
    harness.answer(harness.last_push(), DELIVERED)
    harness.feed(ValueSeen(2 * HOUR, "garage", "closed", 0))
    harness.pass_to(2 * HOUR + 1000)
    push_id = harness.last_push().push_id
    harness.feed(PushRetrying(2 * HOUR + 2000, "watch", push_id))
    harness.feed(ValueSeen(2 * HOUR + 3000, "garage", "open", 0), PushRetrying(2 * HOUR + 4000, "watch", push_id))
    harness.pass_to(3 * HOUR)


def storm(harness):
    """A door flaps every half minute for three hours and uses the whole budget."""
    for number in range(360):
        harness.feed(ValueSeen(number * 30_000, "garage", "open" if number % 2 else "closed", 0))
    harness.pass_to(30 * HOUR)


def reboot(harness):
    """A start with debits of a previous boot, what is shown, and totals of yesterday; the clock is set later."""
    harness.feed(EdgeSeen(0, "garage", 1), PulsesSeen(1000, "visitors", 2))
    harness.pass_to(HOUR)
    harness.feed(ClockSet(HOUR, WALL, -18_000), DayChanged(HOUR, 20_781))
    harness.pass_to(3 * HOUR)


def requests(harness):
    """A person pushes, sends, pauses and sets a total, served and rejected, before and after the clock is set."""
    harness.feed(ValueSeen(0, "tank", "55.5", 0), PulsesSeen(1000, "visitors", 3))
    harness.pass_to(MINUTE)
    harness.feed(PauseSet(MINUTE, "watch", 2 * HOUR, "a"), TotalSet(MINUTE, "visitors", "1200", "b"))
    harness.feed(ValueSeen(2 * MINUTE, "tank", "80", 0), PushRequested(2 * MINUTE, "watch", 0, "c"))
    harness.feed(
        ClockSet(3 * MINUTE, WALL, 3600), SendRequested(3 * MINUTE, "second", {"text": "Grüße", "count": "7"}, "d")
    )
    harness.feed(PushRequested(4 * MINUTE, "other", 0, "e"), TotalSet(4 * MINUTE, "visitors", "many", "f"))
    harness.outcome = UNKNOWN
    harness.feed(PushRequested(5 * MINUTE, "second", 1, "g"), PushRequested(6 * MINUTE, "second", 1, "h"))
    harness.outcome = DELIVERED
    harness.feed(PushRequested(HOUR, "second", 1, "i"), PushRequested(2 * HOUR, "second", 1, "j"))
    harness.feed(PauseSet(3 * HOUR, "second", -1, "k"), PauseSet(4 * HOUR, "second", 0, "l"))
    harness.pass_to(30 * HOUR)


def nodes(harness):
    """Two nodes go offline and online, one is online without a reading; then every other cause of unknown."""
    harness.feed(NodeChanged(0, "pi", 0), ValueSeen(1, "garage", "open", 1), ValueSeen(2, "tank", "55.5", 1))
    harness.feed(NodeChanged(3, "garden", 1))
    harness.pass_to(MINUTE)
    harness.feed(ValueSeen(MINUTE, "garage", "closed", 0), ValueSeen(MINUTE, "visitors", "40", 0))
    harness.feed(NodeChanged(MINUTE + 1, "pi", 1))
    harness.feed(ValueSeen(HOUR, "visitors", "43", 0), NodeChanged(HOUR + 5, "garden", 0))
    harness.feed(NodeChanged(2 * HOUR, "garden", 1), ValueSeen(3 * HOUR, "tank", "60", 0))
    harness.feed(AvailabilityChanged(4 * HOUR, "garage", "reported", 0))
    harness.feed(NodeChanged(6 * HOUR, "other", 1), NodeChanged(6 * HOUR, "pi", 0))
    harness.pass_to(8 * HOUR)
    _unknown(harness)


def _unknown(harness):
    """Every cause of an unknown value, in turn: reported, offline, stale, no broker, an unreadable pin, chatter."""
    harness.feed(
        LinkChanged(8 * HOUR, "mqtt", 1),
        ValueSeen(8 * HOUR + 1, "gate", "open", 1),
        ValueSeen(8 * HOUR + 2, "level", "55.5", 1),
    )
    harness.feed(EdgeSeen(8 * HOUR + 3, "shed", 1), ClockSet(8 * HOUR + 5000, WALL, 3600))
    harness.pass_to(8 * HOUR + MINUTE)
    harness.feed(AvailabilityChanged(8 * HOUR + MINUTE, "level", "reported", 0))
    harness.feed(
        AvailabilityChanged(8 * HOUR + 2 * MINUTE, "gate", "offline", 0),
        ValueSeen(8 * HOUR + 3 * MINUTE, "gate", "open", 1),
    )
    harness.feed(ValueSeen(9 * HOUR, "level", "56", 0), AvailabilityChanged(9 * HOUR, "gate", "offline", 1))
    harness.feed(ValueSeen(10 * HOUR, "gate", "closed", 0))
    harness.pass_to(13 * HOUR)
    harness.feed(ValueSeen(13 * HOUR, "level", "57", 0), LinkChanged(13 * HOUR, "mqtt", 0))
    harness.pass_to(14 * HOUR)
    harness.feed(LinkChanged(14 * HOUR, "mqtt", 1), ValueSeen(14 * HOUR, "gate", "closed", 1))
    harness.feed(AvailabilityChanged(15 * HOUR, "shed", "input", 0, "in use"))
    harness.feed(AvailabilityChanged(16 * HOUR, "shed", "input", 1), EdgeSeen(16 * HOUR, "shed", 0))
    for number in range(70):
        harness.feed(EdgeSeen(17 * HOUR + number * 1900, "shed", number % 2))
    harness.pass_to(18 * HOUR)
    for number, watts in enumerate(["0", "5.5", "4.5", "3.9", "7", "7"]):
        harness.feed(ValueSeen(18 * HOUR + number * MINUTE, "washer", watts, 0))
    harness.feed(ValueSeen(19 * HOUR, "bell", "open", 0))
    harness.pass_to(20 * HOUR)
    harness.feed(AvailabilityChanged(20 * HOUR, "gate", "offline", 0), ValueSeen(20 * HOUR, "bell", "open", 0))
    harness.pass_to(21 * HOUR)
    harness.feed(Stopping(21 * HOUR))


def _plan_of_nodes():
    sensors = [
        plans.of_node(),
        plans.counter(source="mqtt", counts="total", resets="never", node="pi"),
        plans.gauge(node="garden", decimals=1),
        plans.contact("shed", settle_open_ms=2000, settle_closed_ms=2000),
        plans.topic_contact("gate"),
        plans.gauge("level", decimals=1, stale_ms=3 * HOUR),
        plans.counter("meter", source="mqtt", counts="total", resets="never"),
        plans.topic_contact("washer", threshold=[5_000_000, 1_000_000, 1], settle_open_ms=1000),
        plans.topic_contact("bell", hold_ms=5 * MINUTE),
        plans.group("any", ["gate", "washer", "bell"], open="{count} open: {names}"),
        plans.group("mean", ["tank", "level"], combine="mean", decimals=2, ignores_unknown=1),
    ]
    fields = {"text": [["garage", ""], " since ", ["garage", "since"]], "count": [["visitors", ""]]}
    parts = [["shed", ""], " ", ["gate", ""], " ", ["gate", "since"], " ", ["level", ""], " ", ["meter", ""]]
    title = [["any", ""], ", ", ["any", "names"], ", ", ["mean", ""]]
    watch = plans.watch(percent=[["tank", ""]], subtext=parts, title=title, **fields)
    return plans.plan(sensors, [watch], mqtt=plans.mqtt())


_LOST_MEMORY = {
    "sensors": {"garage": {"kind": "contact", "value": 1, "since_local_s": 0, "unknown": "node"}},
    "watches": {"watch": {"shown": {"text": "? since ?"}}},
}


_PAUSED_MEMORY = {
    "watches": {"second": {"pause": {"for_ms": 5 * HOUR, "until_ms": -1, "until_wall_ms": WALL + HOUR}}},
}

_REBOOT_MEMORY = {
    "push_id": 90,
    "sensors": {
        "garage": {"kind": "contact", "value": 0, "since_local_s": 1_795_400_000},
        "visitors": {"kind": "counter", "total": 40, "today": 7, "day": 20_780, "meter": None},
    },
    "watches": {
        "second": {"shown": {"text": "1 %"}, "debits": [[88, -1, WALL - HOUR], [89, -1, WALL + HOUR], [90, -1, -1]]},
    },
}


def messages(harness):
    """A door is left open, twice; a message is retried, one gets no answer, one is refused."""
    harness.feed(ClockSet(0, WALL, 3600), EdgeSeen(0, "garage", 0))
    harness.outcome = None
    harness.feed(EdgeSeen(HOUR, "garage", 1))
    harness.pass_to(HOUR + 20 * MINUTE + 500)
    push = harness.last_push()
    harness.feed(PushRetrying(HOUR + 21 * MINUTE, "messages", push.push_id))
    harness.answer(push, DELIVERED)
    harness.feed(EdgeSeen(2 * HOUR, "garage", 0))
    harness.pass_to(2 * HOUR + MINUTE)
    harness.answer(harness.last_push(), UNKNOWN)
    harness.pass_to(2 * HOUR + 2 * MINUTE)
    harness.answer(harness.last_push(), DELIVERED)
    harness.feed(EdgeSeen(3 * HOUR, "garage", 1))
    harness.pass_to(4 * HOUR)
    harness.answer(harness.last_push(), REFUSED, detail="user identifier is invalid")
    harness.pass_to(20 * HOUR)


def values(harness):
    """Factors, spikes, increments, totals with glitches, rates and times, over a restart of the clock."""
    harness.feed(ValueSeen(0, "cpu", "48312", 0), ValueSeen(1, "note", "2026-12-01T18:30:00Z", 0))
    harness.feed(ClockSet(5000, WALL, 3600), DayChanged(5000, 20_780))
    totals = ["4711040", "4711060.5", "0", "4711080", "99999999", "4711081", "12", "40", "77.25"]
    for minute in range(30):
        at_ms = (minute + 1) * MINUTE
        cpu = str(48_000 + minute * 333) if minute % 7 else "85000"
        harness.feed(ValueSeen(at_ms, "cpu", cpu, minute % 5 == 0), PulsesSeen(at_ms + 1, "power", minute * 375))
        harness.feed(PulsesSeen(at_ms + 2, "rain", minute * 279_400), PulsesSeen(at_ms + 3, "turns", minute * 7))
        harness.feed(ValueSeen(at_ms + 4, "gas", totals[minute % len(totals)], 0))
    harness.feed(ValueSeen(31 * MINUTE, "cpu", "12000", 0))
    harness.pass_to(2 * HOUR)
    harness.feed(ClockSet(2 * HOUR, WALL + 2 * HOUR, 7200), TotalSet(2 * HOUR, "gas", "47.1", "a", 1))
    harness.pass_to(3 * HOUR)
    harness.feed(Stopping(3 * HOUR))


def _plan_of_values():
    rate = {"per_ms": HOUR, "over_ms": 5 * MINUTE, "factor": 1000, "divisor": 1000, "decimals": 0}
    sensors = [
        plans.gauge("cpu", linear=[1, -500, 1000], decimals=1, deadband=3, valid={"max": 800, "max_step": 50}),
        plans.counter("power", linear=[1, 0, 1000], decimals=3, rate=rate),
        plans.counter("rain", source="mqtt", counts="increments", decimals=1, linear=[2794, 0, 10_000]),
        plans.counter("turns", linear=[1, 0, 375], decimals=4, resets="never"),
        plans.counter(
            "gas", source="mqtt", counts="total", decimals=2, linear=[1, 0, 1000], valid={"max_step": 50_000}
        ),
        plans.text(),
    ]
    fields = {
        "title": [["power", "rate"], " W, ", ["power", "last", "never"]],
        "text": [["cpu", "", "no value"], " ", ["rain", "today"], " ", ["turns", "total"]],
        "subtext": [["gas", "today", "no gas"], " ", ["note", "time_day"]],
    }
    return plans.plan(sensors, [plans.watch(spacing_ms=2 * MINUTE, **fields)])


def refusals(harness):
    """A value, a device and an unknown reason are refused, a quota and a burst throttle, and a reload lifts all."""
    harness.outcome = None
    harness.feed(ClockSet(0, WALL, 3600), ValueSeen(0, "garage", "closed", 0), ValueSeen(0, "tank", "40", 0))
    harness.pass_to(5000)
    harness.answer(harness.last_push(), REFUSED, detail="count is bad", cause="count")
    harness.pass_to(MINUTE)
    harness.answer(harness.last_push(), DELIVERED)
    harness.feed(ValueSeen(HOUR, "garage", "open", 0))
    harness.pass_to(HOUR + MINUTE)
    harness.answer(harness.last_push(), REFUSED, detail="no", cause="")
    harness.feed(ValueSeen(2 * HOUR, "garage", "closed", 0), ValueSeen(2 * HOUR, "tank", "70", 0))
    harness.pass_to(2 * HOUR + MINUTE)
    harness.answer(harness.last_push(), THROTTLED, wait_ms=HOUR, cause="quota")
    harness.pass_to(4 * HOUR)
    harness.answer(harness.last_push(), THROTTLED, wait_ms=9000, cause="burst")
    harness.pass_to(5 * HOUR)
    harness.answer(harness.last_push(), REFUSED, detail="device name is not valid", cause="device")
    harness.pass_to(6 * HOUR)
    harness.feed(SettingsReloaded(6 * HOUR))
    harness.answer(harness.last_push(), DELIVERED, cause="unreached", detail="no active devices")
    harness.pass_to(30 * HOUR)


def _plan_of_refusals():
    fields = {"text": [["garage", ""]], "count": [["tank", ""]]}
    return plans.plan([plans.topic_contact(), plans.gauge()], [plans.watch(spacing_ms=0, **fields)])


def prices(harness):
    """A door and visitors paced by price on two watches, one with a daily budget: some busy hours, then a stop."""
    harness.feed(ClockSet(0, WALL, 3600), ValueSeen(1, "garage", "closed", 0))
    visitors = 0
    for hour in (1, 2, 9, 27):
        for number in range(24):
            at_ms = hour * HOUR + number * (number % 5 + 1) * 20_000
            harness.pass_to(max(harness.now_ms, at_ms))
            visitors += number % 3
            harness.feed(PulsesSeen(harness.now_ms, "visitors", visitors))
            harness.feed(ValueSeen(harness.now_ms, "garage", "closed" if number % 2 else "open", 0))
    harness.pass_to(30 * HOUR)
    harness.feed(Stopping(30 * HOUR))


def _priced_plan():
    fields = {"text": [["garage", ""]], "count": [["visitors", "total"]]}
    watches = [
        plans.watch(pacing="price", spacing_ms=5 * MINUTE, **fields),
        plans.watch("second", pushes=12, pacing="price", resets_at_s=4 * 3600, **fields),
    ]
    return plans.plan([plans.topic_contact(), plans.counter(resets="never")], watches)


_LEARNT_MEMORY = {
    "learnt": {
        "sensor garage": [None, None, [100] * 20 + [900] * 16, None, None, [30] * 36],
        "watch watch": {"counts": [[(9 - row) * 300] * 24 for row in range(8)], "watched": [1500] * 24},
    }
}


def devices(harness):
    """Messages of many devices, with every rule that selects and reads a message, and every transform of a value."""
    harness.feed(ClockSet(0, WALL, 3600), DayChanged(0, 20_780))
    for row in device_messages.messages():
        harness.feed(*[event_of(*event) for event in row[4]])
    harness.pass_to(HOUR)


def _plan_of_devices():
    text = [[name, ""] for name in ("door", "window", "outside", "washer", "gate", "most")]
    spaced = [part for value in text for part in (" ", value)][1:]
    subtext = [["door", "since"], " ", ["rain", ""], " ", ["steps", ""], " ", ["battery", ""], " ", ["probe", ""]]
    watch = plans.watch(spacing_ms=0, text=spaced, subtext=subtext, count=[["rings", ""]])
    return plans.plan(device_messages.SENSORS, [watch])


STORIES = {
    "devices": (devices, _plan_of_devices(), {}),
    "messages": (messages, plans.plan(watches=[], messages=plans.messages()), {}),
    "bounce": (bounce, plans.plan(), {}),
    "full_day": (full_day, _full_plan(), {}),
    "outcomes": (outcomes, plans.plan([plans.topic_contact()]), {}),
    "delayed": (delayed, plans.plan([plans.topic_contact()]), {}),
    "abandoned": (abandoned, plans.plan([plans.topic_contact()]), {}),
    "storm": (storm, plans.plan([plans.topic_contact()]), {}),
    "refusals": (refusals, _plan_of_refusals(), {}),
    "reboot": (reboot, _full_plan(), _REBOOT_MEMORY),
    "prices": (prices, _priced_plan(), _LEARNT_MEMORY),
    "values": (values, _plan_of_values(), {}),
    "nodes": (nodes, _plan_of_nodes(), _LOST_MEMORY),
    "requests": (requests, _full_plan(), _PAUSED_MEMORY),
}


def record(name):
    """Return the vector of a story: plan, memory and every event with its answer."""
    story, plan, memory = STORIES[name]
    harness = CoreHarness(plan, memory)
    recorder = Recorder(harness.decider)
    harness.decider = recorder
    story(harness)
    core_plan = {"sensors": plan["sensors"], "watches": plan["watches"], "messages": plan["messages"]}
    if plan["mqtt"] is not None:
        core_plan["mqtt"] = plan["mqtt"]
    vector = {"about": story.__doc__, "plan": core_plan, "memory": memory, "start_ms": 0, "steps": recorder.steps}
    return vector | ({"messages": device_messages.messages()} if name == "devices" else {})


def text_of(vector):
    """Return a vector as JSON with one line per step, so that differences are readable."""
    head = {key: value for key, value in vector.items() if key not in ("steps", "messages")}
    steps = ",\n".join(json.dumps(step, ensure_ascii=False, sort_keys=True) for step in vector["steps"])
    rows = ",\n".join(json.dumps(row, ensure_ascii=False) for row in vector.get("messages", ()))
    messages = f', "messages": [\n{rows}\n]' if rows else ""
    return json.dumps(head, ensure_ascii=False, sort_keys=True)[:-1] + messages + ', "steps": [\n' + steps + "\n]}\n"


if __name__ == "__main__":
    for story_name in STORIES:
        (FOLDER / f"{story_name}.json").write_text(text_of(record(story_name)))
