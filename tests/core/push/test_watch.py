"""One watch: outcomes, uncertain fields, backoff, parking; only changed fields are sent, and nothing costs nothing."""

from itertools import pairwise

import pytest

from pushglance.core.commands import (
    CancelPush,
    PushGlance,
    SaveDebit,
    SaveLedger,
    SaveOutcome,
    SaveSensors,
)
from pushglance.core.events import (
    DELIVERED,
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
    """Return a harness with a garage door on a topic (without settle time), closed and shown after a minute."""
    harness = CoreHarness(plans.plan([plans.topic_contact()], [plans.watch(**watch)]), memory)
    harness.feed(ValueSeen(0, "garage", "closed", 0))
    harness.pass_to(MINUTE)
    harness.outcome = outcome
    return harness


def swing(harness, at_ms, word="open"):
    """Move the door."""
    harness.feed(ValueSeen(at_ms, "garage", word, 0))


def commands_of(harness, kind):
    """Return the commands of one type."""
    return [command for command in harness.commands if isinstance(command, kind)]


def test_debit_comes_before_the_push():
    """Every push is debited in the same answer, before it."""
    harness = door()
    swing(harness, 2 * MINUTE)
    kinds = [type(command) for command in harness.commands if isinstance(command, (SaveDebit, PushGlance))]
    assert kinds == [SaveDebit, PushGlance] * 2


def test_only_changed_fields_are_sent():
    """A second push carries only fields that differ from what is shown."""
    watch = plans.watch(title=["Home"], text=[["garage", ""]], count=[["visitors", "total"]])
    harness = CoreHarness(plans.plan([plans.topic_contact(), plans.counter()], [watch]))
    harness.feed(ValueSeen(0, "garage", "closed", 0))
    harness.pass_to(MINUTE)
    harness.feed(ValueSeen(2 * MINUTE, "garage", "open", 0))
    assert [push[2] for push in harness.pushes] == [
        {"title": "Home", "text": "Garage closed", "count": "0"},
        {"text": "Garage open"},
    ]


def test_undone_change_is_not_pushed():
    """A change that is undone before it may be pushed is never pushed."""
    harness = CoreHarness(plans.plan([plans.counter(), plans.gauge()], [plans.watch(percent=[["tank", ""]])]))
    harness.feed(ValueSeen(0, "tank", "40", 0))
    harness.pass_to(MINUTE)
    harness.feed(ValueSeen(2 * MINUTE, "tank", "60", 0))
    harness.feed(ValueSeen(3 * MINUTE, "tank", "40", 0))
    harness.pass_to(5 * HOUR)
    assert len(harness.pushes) == 1
    assert harness.watch().pending == {}


def test_sensor_that_is_not_shown_is_not_pushed():
    """A sensor in no field never causes a push."""
    harness = CoreHarness(plans.plan([plans.topic_contact(), plans.counter()]))
    harness.feed(PulsesSeen(0, "visitors", 3))
    harness.pass_to(HOUR)
    assert harness.pushes == []


def test_first_values_are_pushed_together():
    """After a start the first push waits a few seconds for fields that are unknown yet."""
    watch = plans.watch(text=[["garage", ""]], percent=[["tank", ""]])
    harness = CoreHarness(plans.plan([plans.topic_contact(), plans.gauge()], [watch]))
    harness.feed(ValueSeen(100, "garage", "open", 1))
    harness.feed(ValueSeen(4000, "tank", "40", 1))
    harness.pass_to(MINUTE)
    assert harness.pushes == [(4000, "watch", {"text": "Garage open", "percent": "40"})]


def test_field_without_a_template_is_cleared():
    """A field that previous settings filled is cleared."""
    memory = {"watches": {"watch": {"shown": {"text": "Garage closed", "subtext": "old"}}}}
    harness = CoreHarness(plans.plan([plans.topic_contact()]), memory)
    harness.feed(ValueSeen(0, "garage", "closed", 0))
    harness.pass_to(MINUTE)
    assert [push[2] for push in harness.pushes] == [{"subtext": ""}]


def test_uncertain_field_without_a_template_is_cleared():
    """A field that a push may have changed before a crash, and that no template fills now, is cleared."""
    memory = {"watches": {"watch": {"shown": {"text": "Garage closed", "subtext": None}}}}
    harness = CoreHarness(plans.plan([plans.topic_contact()]), memory)
    harness.feed(ValueSeen(0, "garage", "closed", 0))
    harness.pass_to(MINUTE)
    assert [push[2] for push in harness.pushes] == [{"subtext": ""}]


def test_urgent_change_survives_a_crash_before_its_push():
    """A change that was saved but never pushed is pushed at once after the restart, when it is confirmed."""
    memory = {
        "sensors": {"garage": {"kind": "contact", "value": 1, "since_local_s": 0}},
        "watches": {"watch": {"shown": {"text": "Garage closed"}, "debits": [[1, DAY + 10 * MINUTE, -1]]}},
    }
    harness = CoreHarness(plans.plan(), memory, now_ms=MINUTE)
    harness.feed(EdgeSeen(MINUTE, "garage", 1))
    harness.pass_to(2 * MINUTE)
    assert harness.pushes == [(MINUTE + 200, "watch", {"text": "Garage open"})]


def test_uncertain_field_is_sent_again():
    """After an unknown outcome the watch may show either state, so even the previous one is pushed again."""
    harness = door(UNKNOWN)
    swing(harness, 2 * MINUTE, "open")
    harness.outcome = DELIVERED
    swing(harness, 2 * MINUTE + 1000, "closed")
    harness.pass_to(HOUR)
    assert [push[2]["text"] for push in harness.pushes] == ["Garage closed", "Garage open", "Garage closed"]


def test_uncertain_fields_survive_a_restart():
    """The debit of a push without an answer saves its fields as unknown, for the case of a crash."""
    harness = door(None)
    swing(harness, 2 * MINUTE)
    debit = commands_of(harness, SaveDebit)[-1]
    assert (debit.sent, debit.shown) == ({"text": "Garage open"}, {"text": None})


def test_unknown_outcome_backs_off_and_costs_debits():
    """Each push without an answer costs a debit; retries follow after 5 s, 10 s, 20 s, then spread over the day."""
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


def test_unsent_push_is_refunded():
    """A push that surely never left is refunded and tried again, at most five minutes (plus jitter) apart."""
    harness = door(UNSENT)
    swing(harness, 2 * MINUTE)
    harness.pass_to(DAY)
    instants = [push[0] for push in harness.pushes[1:]]
    assert len(instants) > 250
    assert harness.watch().budget.left(DAY) == 49
    harness.outcome = DELIVERED
    harness.pass_to(DAY + 5 * MINUTE)
    assert harness.screens["watch"] == {"text": "Garage open"}
    assert [command.until_ms for command in commands_of(harness, SaveOutcome) if command.outcome == UNSENT] == [-1] * (
        len(instants)
    )


@pytest.mark.parametrize(("wait_ms", "expected"), [(0, 6 * HOUR), (90 * MINUTE, 90 * MINUTE), (99 * DAY, 32 * DAY)])
def test_used_up_quota_waits_for_its_reset(wait_ms, expected):
    """After a quota is used up nothing is sent until the reset that Pushover named, or for hours, never for months."""
    harness = door(None)
    swing(harness, 2 * MINUTE)
    harness.answer(harness.last_push(), THROTTLED, wait_ms=wait_ms, cause="quota")
    harness.outcome = DELIVERED
    harness.pass_to(40 * DAY)
    assert harness.pushes[-1][0] == 2 * MINUTE + expected


def test_only_one_push_is_in_flight():
    """Before the answer nothing else is sent; changes meanwhile follow it."""
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


def test_push_without_an_answer_is_abandoned():
    """A courier that died does not stop the watch for ever: after ten minutes the outcome is unknown."""
    harness = door(None)
    swing(harness, 2 * MINUTE)
    lost = harness.last_push()
    harness.outcome = DELIVERED
    harness.pass_to(HOUR)
    assert [push[0] for push in harness.pushes[1:]] == [2 * MINUTE, 12 * MINUTE + 5000]
    before = harness.watch().budget.left(harness.now_ms)
    harness.answer(lost, UNSENT)
    assert harness.watch().budget.left(harness.now_ms) == before, "a late outcome refunds nothing"
    assert CancelPush("watch", lost.push_id) in harness.commands, "a push that still waits must not leave later"


def test_late_answer_is_debited_again():
    """A push that is reported as delivered after a day counts from then on."""
    harness = door()
    harness.pass_to(3 * DAY)
    left = harness.watch().budget.left(harness.now_ms)
    harness.feed(PushFinished(harness.now_ms, "watch", 1, DELIVERED))
    assert harness.watch().budget.left(harness.now_ms) == left - 1


def test_undone_urgent_change_leaves_other_fields_to_the_spacing():
    """If the door closes and opens again before that was pushed, the other fields wait for the spacing."""
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


def test_each_attempt_carries_the_present_glance():
    """A courier whose attempt never left gets the present glance, with a new debit if it differs."""
    harness = door(None)
    swing(harness, 2 * MINUTE, "open")
    push = harness.last_push()
    harness.feed(PushRetrying(2 * MINUTE + 1000, "watch", push.push_id))
    assert harness.last_push().as_list() == push.as_list()
    assert len(commands_of(harness, SaveDebit)) == 2, "the same fields are debited already"
    swing(harness, 2 * MINUTE + 2000, "closed")
    harness.feed(PushRetrying(2 * MINUTE + 3000, "watch", push.push_id))
    assert commands_of(harness, CancelPush) == [CancelPush("watch", push.push_id)]
    assert commands_of(harness, SaveOutcome)[-1].outcome == UNSENT
    assert harness.watch().budget.left(harness.now_ms) == 49
    harness.pass_to(HOUR)
    assert len(harness.pushes) == 3


def test_retried_push_may_get_more_fields():
    """Fields that changed before the retry are sent with it, under a new debit with the same push id."""
    watch = plans.watch(text=[["garage", ""]], percent=[["tank", ""]])
    harness = CoreHarness(plans.plan([plans.topic_contact(), plans.gauge()], [watch]), outcome=None)
    harness.feed(ValueSeen(0, "garage", "open", 1))
    harness.pass_to(10_000)
    push = harness.last_push()
    harness.feed(ValueSeen(11_000, "tank", "40", 0))
    harness.feed(PushRetrying(12_000, "watch", push.push_id))
    assert harness.last_push() == PushGlance("watch", push.push_id, {"text": "Garage open", "percent": "40"})
    assert commands_of(harness, SaveDebit)[-1].sent == {"text": "Garage open", "percent": "40"}
    assert harness.watch().budget.left(harness.now_ms) == 49


def test_sensors_are_saved_with_a_retried_push():
    """A total that grew before the retry is saved first, so no smaller one follows after a crash."""
    harness = CoreHarness(plans.plan([plans.counter()], [plans.watch(count=[["visitors", "total"]])]), outcome=None)
    harness.feed(PulsesSeen(0, "visitors", 7))
    harness.pass_to(10_000)
    push = harness.last_push()
    harness.feed(PulsesSeen(11_000, "visitors", 9))
    retried = harness.decider.handle(PushRetrying(12_000, "watch", push.push_id))
    assert [type(command) for command in retried] == [SaveSensors, SaveDebit, PushGlance]
    assert retried[0].states["visitors"]["total"] == 9
    assert retried[-1].glance == {"count": "9"}
    again = harness.decider.handle(PushRetrying(13_000, "watch", push.push_id))
    assert [type(command) for command in again] == [PushGlance], "nothing has changed, so nothing is saved"


def test_retry_of_an_ended_push_is_cancelled():
    """A courier that retries a push that has ended gets a CancelPush."""
    harness = door()
    assert harness.decider.handle(PushRetrying(2 * MINUTE, "watch", 77)) == [CancelPush("watch", 77)]


def test_sixty_changes_in_an_hour_keep_the_budget():
    """A door that moves each minute for an hour keeps the budget, and its last state arrives in that hour."""
    harness = door()
    for minute in range(60):
        swing(harness, (2 + minute) * MINUTE, "closed" if minute % 2 else "open")
    harness.pass_to(85 * MINUTE)
    assert len(harness.pushes) <= 50
    assert harness.screens["watch"] == {"text": "Garage closed"}
    assert harness.watch().pending == {}


def test_watches_have_their_own_budgets():
    """Two watches of one agent are paced and debited separately."""
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
    """When the clock becomes trusted, earlier debits get their wall time and are saved."""
    wall = 1_800_000_000_000
    memory = {
        "watches": {"watch": {"shown": {"text": "Garage closed"}, "debits": [[1, -1, wall - 1], [2, -1, wall + HOUR]]}}
    }
    harness = door(memory=memory)
    harness.feed(ClockSet(2 * MINUTE, wall, 0))
    ledger = commands_of(harness, SaveLedger)
    assert ledger == [SaveLedger("watch", [[1, 2 * MINUTE, wall], [2, 2 * MINUTE + HOUR, wall + HOUR]])]
    assert harness.watch().budget.left(2 * MINUTE) == 49


def test_push_id_continues_after_a_restart():
    """No two pushes of one store have the same id."""
    harness = CoreHarness(plans.plan([plans.topic_contact()]), {"push_id": 41})
    harness.feed(ValueSeen(0, "garage", "open", 0))
    harness.pass_to(MINUTE)
    assert harness.last_push().push_id == 42


def test_late_batch_gives_the_same_state():
    """Three edges delivered late together settle as on time, and cost one push instead of three."""
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
    """An event with an earlier instant than the last one counts as of the last one."""
    harness = door()
    assert harness.decider.handle(PushFinished(0, "watch", 99, UNSENT)) == []
    assert harness.decider.now_ms == MINUTE
