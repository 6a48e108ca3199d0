"""One watch: outcomes, doubt, backoff, parking; changed fields only, nothing to send is nothing spent."""

from itertools import pairwise

import pytest

from pushglance.core.commands import CancelPush, PushGlance, SaveDebit, SaveLedger, SaveOutcome, SaveParked, SaveSensors
from pushglance.core.events import (
    DELIVERED,
    REFUSED,
    THROTTLED,
    UNKNOWN,
    UNSENT,
    ClockSet,
    EdgeSeen,
    PulsesSeen,
    PushFinished,
    PushRetrying,
    ValueSeen,
)
from support import plans
from support.core_harness import CoreHarness

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def door(outcome=DELIVERED, memory=None, **watch):
    """Return a harness with a garage door on a topic (believed at once), closed and shown after a minute."""
    harness = CoreHarness(plans.plan([plans.topic_contact()], [plans.watch(**watch)]), memory)
    harness.feed(ValueSeen(0, "garage", "closed", 0))
    harness.pass_to(MINUTE)
    harness.outcome = outcome
    return harness


def swing(harness, at_ms, word="open"):
    """Move the door."""
    harness.feed(ValueSeen(at_ms, "garage", word, 0))


def orders_of(harness, kind):
    """Return the orders of one kind."""
    return [command for command in harness.commands if isinstance(command, kind)]


def test_the_debit_comes_before_the_push():
    """Every push is booked in the same answer, before it."""
    harness = door()
    swing(harness, 2 * MINUTE)
    kinds = [type(command) for command in harness.commands if isinstance(command, (SaveDebit, PushGlance))]
    assert kinds == [SaveDebit, PushGlance] * 2


def test_only_changed_fields_are_sent():
    """A second push carries what differs from the screen and nothing else."""
    watch = plans.watch(title=["Home"], text=[["garage", ""]], count=[["visitors", "total"]])
    harness = CoreHarness(plans.plan([plans.topic_contact(), plans.counter()], [watch]))
    harness.feed(ValueSeen(0, "garage", "closed", 0))
    harness.pass_to(MINUTE)
    harness.feed(ValueSeen(2 * MINUTE, "garage", "open", 0))
    assert [push[2] for push in harness.pushes] == [
        {"title": "Home", "text": "Garage closed", "count": "0"},
        {"text": "Garage open"},
    ]


def test_there_and_back_costs_nothing():
    """A change that is undone before it may be pushed is never pushed."""
    harness = CoreHarness(plans.plan([plans.counter(), plans.gauge()], [plans.watch(percent=[["tank", ""]])]))
    harness.feed(ValueSeen(0, "tank", "40", 0))
    harness.pass_to(MINUTE)
    harness.feed(ValueSeen(2 * MINUTE, "tank", "60", 0))
    harness.feed(ValueSeen(3 * MINUTE, "tank", "40", 0))
    harness.pass_to(5 * HOUR)
    assert len(harness.pushes) == 1
    assert harness.watch().pending == {}


def test_a_sensor_that_is_not_shown_costs_nothing():
    """What no field names is watched but never pushed."""
    harness = CoreHarness(plans.plan([plans.topic_contact(), plans.counter()]))
    harness.feed(PulsesSeen(0, "visitors", 3))
    harness.pass_to(HOUR)
    assert harness.pushes == []


def test_first_values_ride_together():
    """After a start the calm first push waits a few seconds for fields that are not known yet."""
    watch = plans.watch(text=[["garage", ""]], percent=[["tank", ""]])
    harness = CoreHarness(plans.plan([plans.topic_contact(), plans.gauge()], [watch]))
    harness.feed(ValueSeen(100, "garage", "open", 1))
    harness.feed(ValueSeen(4000, "tank", "40", 1))
    harness.pass_to(MINUTE)
    assert harness.pushes == [(4000, "watch", {"text": "Garage open", "percent": "40"})]


def test_fields_that_settings_no_longer_fill_are_cleared():
    """A field that an earlier setting put on the screen does not stay there for ever."""
    memory = {"watches": {"watch": {"shown": {"text": "Garage closed", "subtext": "old"}}}}
    harness = CoreHarness(plans.plan([plans.topic_contact()]), memory)
    harness.feed(ValueSeen(0, "garage", "closed", 0))
    harness.pass_to(MINUTE)
    assert [push[2] for push in harness.pushes] == [{"subtext": ""}]


def test_doubt_about_a_field_that_settings_no_longer_fill():
    """A field that may have been changed by the push of a crash, and that no template fills now, is cleared."""
    memory = {"watches": {"watch": {"shown": {"text": "Garage closed", "subtext": None}}}}
    harness = CoreHarness(plans.plan([plans.topic_contact()]), memory)
    harness.feed(ValueSeen(0, "garage", "closed", 0))
    harness.pass_to(MINUTE)
    assert [push[2] for push in harness.pushes] == [{"subtext": ""}]


def test_an_urgent_change_survives_a_crash_before_its_push():
    """A change that was saved but never pushed goes at once after the restart, when it is seen to be true still."""
    memory = {
        "sensors": {"garage": {"kind": "contact", "value": 1, "since_local_s": 0}},
        "watches": {"watch": {"shown": {"text": "Garage closed"}, "debits": [[1, DAY + 10 * MINUTE, -1]]}},
    }
    harness = CoreHarness(plans.plan(), memory, now_ms=MINUTE)
    harness.feed(EdgeSeen(MINUTE, "garage", 1))
    harness.pass_to(2 * MINUTE)
    assert harness.pushes == [(MINUTE + 200, "watch", {"text": "Garage open"})]


def test_what_is_in_doubt_is_sent_again():
    """After an unknown outcome the screen may show either state, so even the old truth is pushed again."""
    harness = door(UNKNOWN)
    swing(harness, 2 * MINUTE, "open")
    harness.outcome = DELIVERED
    swing(harness, 2 * MINUTE + 1000, "closed")
    harness.pass_to(HOUR)
    assert [push[2]["text"] for push in harness.pushes] == ["Garage closed", "Garage open", "Garage closed"]


def test_doubt_survives_a_restart():
    """A push without an answer at the moment of a crash leaves its fields unknown in the debit that was saved."""
    harness = door(None)
    swing(harness, 2 * MINUTE)
    debit = orders_of(harness, SaveDebit)[-1]
    assert (debit.sent, debit.shown) == ({"text": "Garage open"}, {"text": None})


def test_unknown_backs_off_and_pays():
    """Each push without an answer costs a debit; the next comes after 5 s, 10 s, 20 s, then spread over the day."""
    harness = door(UNKNOWN)
    swing(harness, 2 * MINUTE)
    harness.pass_to(3 * DAY)
    instants = [push[0] for push in harness.pushes[1:]]
    gaps = [after - before for before, after in pairwise(instants)]
    assert gaps[:3] == [5000, 10_000, 20_000]
    assert min(gaps[3:]) >= 24 * MINUTE
    for start in instants:
        assert len([at for at in instants if start <= at < start + DAY]) <= 50
    assert harness.watch().budget.left(harness.now_ms) > 0, "a long outage leaves something for its end"


def test_unsent_costs_nothing():
    """A push that surely never left returns its debit and is tried again, at most five minutes (plus jitter) apart."""
    harness = door(UNSENT)
    swing(harness, 2 * MINUTE)
    harness.pass_to(DAY)
    instants = [push[0] for push in harness.pushes[1:]]
    assert len(instants) > 250
    assert harness.watch().budget.left(DAY) == 49
    harness.outcome = DELIVERED
    harness.pass_to(DAY + 5 * MINUTE)
    assert harness.screens["watch"] == {"text": "Garage open"}
    assert [command.until_ms for command in orders_of(harness, SaveOutcome) if command.outcome == UNSENT] == [-1] * (
        len(instants)
    )


@pytest.mark.parametrize(("wait_ms", "expected"), [(0, 6 * HOUR), (90 * MINUTE, 90 * MINUTE), (99 * DAY, 32 * DAY)])
def test_throttled_waits_for_hours(wait_ms, expected):
    """After 429 nothing is sent until the reset that Pushover named, or for hours, never for months."""
    harness = door(None)
    swing(harness, 2 * MINUTE)
    harness.answer(harness.last_push(), THROTTLED, wait_ms=wait_ms)
    harness.outcome = DELIVERED
    harness.pass_to(40 * DAY)
    assert harness.pushes[-1][0] == 2 * MINUTE + expected


def test_refused_is_parked_and_tried_once_after_a_long_wait():
    """The same request is never repeated: a parked watch says why, saves it, and tries once after twelve hours."""
    harness = door(None)
    swing(harness, 2 * MINUTE)
    harness.answer(harness.last_push(), REFUSED, detail="user identifier is invalid")
    assert orders_of(harness, SaveParked) == [SaveParked("watch", "user identifier is invalid", "f" * 16)]
    for minute in range(3, 601):
        swing(harness, minute * MINUTE, "closed" if minute % 2 else "open")
    assert len(harness.pushes) == 2
    assert (harness.watch().why, harness.watch().parked) == ("parked", "user identifier is invalid")
    harness.outcome = DELIVERED
    harness.pass_to(13 * HOUR)
    assert harness.pushes[-1][0] == 2 * MINUTE + 12 * HOUR
    assert orders_of(harness, SaveParked)[-1] == SaveParked("watch", "", "f" * 16)


@pytest.mark.parametrize(("fingerprint", "pushes"), [("f" * 16, 0), ("other", 1)])
def test_parked_survives_a_restart_until_the_settings_change(fingerprint, pushes):
    """A restart with the same settings does not repeat a refused request; with other settings it may."""
    memory = {"watches": {"watch": {"parked": "token is invalid", "fingerprint": fingerprint}}}
    harness = door(memory=memory)
    assert len(harness.pushes) == pushes


def test_one_in_flight():
    """While an answer is out nothing else is sent; what changed meanwhile follows it."""
    harness = door(None)
    swing(harness, 2 * MINUTE, "open")
    swing(harness, 2 * MINUTE + 100, "closed")
    swing(harness, 2 * MINUTE + 200, "open")
    swing(harness, 2 * MINUTE + 300, "closed")
    assert len(harness.pushes) == 2
    harness.outcome = DELIVERED
    harness.answer(harness.last_push(), DELIVERED)
    harness.pass_to(HOUR)
    assert [push[2]["text"] for push in harness.pushes[1:]] == ["Garage open", "Garage closed"]


def test_an_answer_that_never_comes():
    """A courier that died does not stop the watch for ever: after ten minutes the outcome is unknown."""
    harness = door(None)
    swing(harness, 2 * MINUTE)
    lost = harness.last_push()
    harness.outcome = DELIVERED
    harness.pass_to(HOUR)
    assert [push[0] for push in harness.pushes[1:]] == [2 * MINUTE, 12 * MINUTE + 5000]
    before = harness.watch().budget.left(harness.now_ms)
    harness.answer(lost, UNSENT)
    assert harness.watch().budget.left(harness.now_ms) == before, "a late word gives nothing back"
    assert CancelPush("watch", lost.push_id) in harness.commands, "an order that still waits must not leave later"


def test_an_answer_that_comes_after_its_debit_is_booked_anew():
    """A push that says after a day that it has arrived counts from then on."""
    harness = door()
    harness.pass_to(3 * DAY)
    left = harness.watch().budget.left(harness.now_ms)
    harness.feed(PushFinished(harness.now_ms, "watch", 1, DELIVERED))
    assert harness.watch().budget.left(harness.now_ms) == left - 1


def test_an_urge_ends_with_what_was_urgent():
    """A door that closed and opened again before that was told leaves what is calm to the spacing."""
    watch = plans.watch(text=[["garage", ""]], count=[["visitors", "total"]])
    harness = CoreHarness(plans.plan([plans.topic_contact(urgent=1), plans.counter()], [watch]))
    harness.feed(ValueSeen(0, "garage", "closed", 0), PulsesSeen(0, "visitors", 1))
    harness.pass_to(HOUR)
    swing(harness, HOUR)
    before = len(harness.pushes)
    swing(harness, HOUR + 1000, "closed")
    harness.feed(PulsesSeen(HOUR + 1100, "visitors", 2))
    swing(harness, HOUR + 1500)
    harness.pass_to(HOUR + 10 * MINUTE)
    assert len(harness.pushes) == before
    harness.pass_to(HOUR + 20 * MINUTE)
    assert harness.pushes[-1] == (HOUR + 20 * MINUTE, "watch", {"count": "2"})


def test_each_attempt_carries_the_freshest_glance():
    """A courier whose attempt never left asks, and is told the state as it is then, booked anew."""
    harness = door(None)
    swing(harness, 2 * MINUTE, "open")
    push = harness.last_push()
    harness.feed(PushRetrying(2 * MINUTE + 1000, "watch", push.push_id))
    assert harness.last_push().as_list() == push.as_list()
    assert len(orders_of(harness, SaveDebit)) == 2, "the same fields are booked already"
    swing(harness, 2 * MINUTE + 2000, "closed")
    harness.feed(PushRetrying(2 * MINUTE + 3000, "watch", push.push_id))
    assert orders_of(harness, CancelPush) == [CancelPush("watch", push.push_id)]
    assert orders_of(harness, SaveOutcome)[-1].outcome == UNSENT
    assert harness.watch().budget.left(harness.now_ms) == 49
    harness.pass_to(HOUR)
    assert len(harness.pushes) == 3


def test_a_delayed_push_may_grow():
    """Fields that changed while a push could not leave ride with its next attempt, under a new debit of the same id."""
    watch = plans.watch(text=[["garage", ""]], percent=[["tank", ""]])
    harness = CoreHarness(plans.plan([plans.topic_contact(), plans.gauge()], [watch]), outcome=None)
    harness.feed(ValueSeen(0, "garage", "open", 1))
    harness.pass_to(10_000)
    push = harness.last_push()
    harness.feed(ValueSeen(11_000, "tank", "40", 0))
    harness.feed(PushRetrying(12_000, "watch", push.push_id))
    assert harness.last_push() == PushGlance("watch", push.push_id, {"text": "Garage open", "percent": "40"})
    assert orders_of(harness, SaveDebit)[-1].sent == {"text": "Garage open", "percent": "40"}
    assert harness.watch().budget.left(harness.now_ms) == 49


def test_what_a_delayed_push_tells_is_kept_with_it():
    """A total that grew while a push could not leave is saved before it rides along: no smaller one follows a crash."""
    harness = CoreHarness(plans.plan([plans.counter()], [plans.watch(count=[["visitors", "total"]])]), outcome=None)
    harness.feed(PulsesSeen(0, "visitors", 7))
    harness.pass_to(10_000)
    push = harness.last_push()
    harness.feed(PulsesSeen(11_000, "visitors", 9))
    renewed = harness.decider.handle(PushRetrying(12_000, "watch", push.push_id))
    assert [type(command) for command in renewed] == [SaveSensors, SaveDebit, PushGlance]
    assert renewed[0].states["visitors"]["total"] == 9
    assert renewed[-1].glance == {"count": "9"}
    again = harness.decider.handle(PushRetrying(13_000, "watch", push.push_id))
    assert [type(command) for command in again] == [PushGlance], "nothing has changed since: the card is left alone"


def test_a_renewal_of_a_push_that_is_no_more():
    """A courier that asks for a push the core has given up is told to drop it."""
    harness = door()
    assert harness.decider.handle(PushRetrying(2 * MINUTE, "watch", 77)) == [CancelPush("watch", 77)]


def test_sixty_changes_in_an_hour():
    """A door that moves once a minute for an hour stays within its budget, and its last state arrives in that hour."""
    harness = door()
    for minute in range(60):
        swing(harness, (2 + minute) * MINUTE, "closed" if minute % 2 else "open")
    harness.pass_to(85 * MINUTE)
    assert len(harness.pushes) <= 50
    assert harness.screens["watch"] == {"text": "Garage closed"}
    assert harness.watch().pending == {}


def test_watches_have_their_own_budgets():
    """Two watches of one harness are paced and booked apart."""
    watches = [plans.watch("one", pushes=1), plans.watch("two", pushes=5)]
    harness = CoreHarness(plans.plan([plans.topic_contact()], watches))
    harness.feed(ValueSeen(0, "garage", "closed", 0))
    harness.pass_to(MINUTE)
    swing(harness, HOUR, "open")
    assert harness.screens == {"one": {"text": "Garage closed"}, "two": {"text": "Garage open"}}
    assert harness.watch("one").why == "budget"
    harness.pass_to(DAY + HOUR)
    assert harness.screens["one"] == {"text": "Garage open"}


def test_down_time_is_credited_and_saved():
    """When the clock becomes trusted, debits of before are dated and the ledger is ordered to disk."""
    wall = 1_800_000_000_000
    memory = {
        "watches": {"watch": {"shown": {"text": "Garage closed"}, "debits": [[1, -1, wall - 1], [2, -1, wall + HOUR]]}}
    }
    harness = door(memory=memory)
    harness.feed(ClockSet(2 * MINUTE, wall, 0))
    ledger = orders_of(harness, SaveLedger)
    assert ledger == [SaveLedger("watch", [[1, 2 * MINUTE, wall], [2, 2 * MINUTE + HOUR, wall + HOUR]])]
    assert harness.watch().budget.left(2 * MINUTE) == 49


def test_the_push_id_goes_on_after_a_restart():
    """No two pushes of one store have the same id."""
    harness = CoreHarness(plans.plan([plans.topic_contact()]), {"push_id": 41})
    harness.feed(ValueSeen(0, "garage", "open", 0))
    harness.pass_to(MINUTE)
    assert harness.last_push().push_id == 42


def test_a_late_batch_is_as_good_as_on_time():
    """Three edges delivered late together settle as they would have on time, and cost one push instead of three."""
    edges = [
        EdgeSeen(0, "garage", 0),
        EdgeSeen(1000, "garage", 1),
        EdgeSeen(5000, "garage", 0),
        EdgeSeen(5040, "garage", 1),
    ]
    late = CoreHarness(plans.plan())
    for edge in edges:
        late.decider.handle(edge)
    late.now_ms = 9000
    late.pass_to(9000)
    on_time = CoreHarness(plans.plan())
    for edge in edges:
        on_time.pass_to(edge.at_ms)
        on_time.feed(edge)
    on_time.pass_to(9000)
    assert late.decider.sensors["garage"].state() == on_time.decider.sensors["garage"].state()
    assert late.screens == {"watch": {"text": "Garage open"}}


def test_time_never_runs_back():
    """A fact stamped before one that was handled counts as of that one, and nothing breaks."""
    harness = door()
    assert harness.decider.handle(PushFinished(0, "watch", 99, UNSENT)) == []
    assert harness.decider.now_ms == MINUTE
