"""What follows a refusal or a throttled push: what is held back, for how long, and what goes out nevertheless."""

from itertools import pairwise

import pytest

from pushglance.core.commands import SaveOutcome, SaveRefusal
from pushglance.core.events import DELIVERED, REFUSED, THROTTLED, UNKNOWN, UNSENT, ClockSet, Stopping, ValueSeen
from pushglance.core.request_events import PushRequested, SettingsReloaded
from support import plans
from support.core_harness import CoreHarness

MINUTE = 60_000
HOUR = 60 * MINUTE
WALL = 1_798_300_000_000


def home(memory=None, now_ms=0, outcome=None):
    """Return a harness with a door and a tank on one watch; nothing is answered by itself."""
    watch = plans.watch(spacing_ms=0, text=[["garage", ""]], count=[["tank", ""]])
    return CoreHarness(plans.plan([plans.topic_contact(), plans.gauge()], [watch]), memory, now_ms, outcome)


def refused_home(cause, detail="a reason"):
    """Return a harness whose first push was refused with this cause."""
    harness = home()
    harness.feed(ValueSeen(0, "garage", "closed", 0), ValueSeen(0, "tank", "40", 0))
    harness.pass_to(5000)
    assert harness.pushes[0][2] == {"text": "Garage closed", "count": "40"}
    harness.answer(harness.last_push(), REFUSED, cause=cause, detail=detail)
    return harness


def glances(harness):
    """Return what was pushed after the first push."""
    return [glance for _, _, glance in harness.pushes[1:]]


@pytest.mark.parametrize("cause", ["token", "user", "token user", "device", "user count"])
def test_refused_receiver_holds_everything_back(cause):
    """If keys, user or device were refused, no other content goes out for twelve hours from the refusal."""
    harness = refused_home(cause)
    harness.feed(ValueSeen(MINUTE, "garage", "open", 0))
    harness.pass_to(5000 + 12 * HOUR - 1)
    assert glances(harness) == []
    assert (harness.watch().why, harness.watch().state) == ("parked", "parked")
    harness.pass_to(5000 + 12 * HOUR)
    assert glances(harness) == [{"text": "Garage open", "count": "40"}]


@pytest.mark.parametrize("cause", ["", "widget", "percent", "message"])
def test_other_content_goes_out_after_any_other_refusal(cause):
    """The same content waits for hours; content that differs is sent, and its delivery ends the refusal."""
    harness = refused_home(cause)
    harness.pass_to(HOUR)
    assert glances(harness) == []
    harness.feed(ValueSeen(HOUR, "garage", "open", 0))
    harness.pass_to(HOUR + MINUTE)
    assert glances(harness) == [{"text": "Garage open", "count": "40"}]
    harness.answer(harness.last_push(), DELIVERED)
    assert (harness.watch().parked, harness.commands[-1]) == ("", SaveRefusal("watch", {}, "f" * 16))


def test_refused_value_is_left_out():
    """The other fields go out at once, the value when it has changed; until then the refusal stands and is shown."""
    harness = refused_home("count", "count is too large")
    harness.pass_to(20_000)
    assert glances(harness) == [{"text": "Garage closed"}]
    harness.answer(harness.last_push(), DELIVERED)
    harness.feed(ValueSeen(HOUR, "garage", "open", 0))
    harness.pass_to(HOUR + MINUTE)
    assert glances(harness)[1:] == [{"text": "Garage open"}]
    harness.answer(harness.last_push(), DELIVERED)
    assert harness.watch().parked == "count is too large"
    harness.feed(ValueSeen(2 * HOUR, "tank", "80", 0))
    harness.pass_to(2 * HOUR + MINUTE)
    assert glances(harness)[2:] == [{"count": "80"}]
    harness.answer(harness.last_push(), DELIVERED)
    assert harness.watch().parked == ""


def test_values_refused_one_after_the_other_are_all_left_out():
    """A second refused value does not bring the first one back."""
    harness = refused_home("count")
    harness.feed(ValueSeen(MINUTE, "garage", "open", 0))
    harness.pass_to(2 * MINUTE)
    harness.answer(harness.last_push(), REFUSED, cause="text")
    harness.pass_to(10 * HOUR)
    assert len(glances(harness)) == 1
    harness.feed(ValueSeen(10 * HOUR, "garage", "closed", 0))
    harness.pass_to(10 * HOUR + MINUTE)
    assert glances(harness)[1:] == [{"text": "Garage closed"}]


def test_refused_value_is_tried_again_after_hours():
    """Twelve hours after the refusal the value is tried once more."""
    harness = refused_home("count")
    harness.outcome = DELIVERED
    harness.pass_to(13 * HOUR)
    assert harness.pushes[-1][0] == 5000 + 12 * HOUR
    assert glances(harness) == [{"text": "Garage closed"}, {"count": "40"}]


def saved_refusal(harness):
    """Return the refusal that the store holds."""
    return [command for command in harness.commands if isinstance(command, SaveRefusal)][-1].refusal


@pytest.mark.parametrize("restarts_ms", [[HOUR], [HOUR, 11 * HOUR]])
def test_restarts_do_not_move_the_next_try(restarts_ms):
    """However often the agent starts, the next try is twelve hours after the refusal."""
    refusal = saved_refusal(refused_home("device"))
    for start_ms in restarts_ms:
        harness = home({"watches": {"watch": {"refusal": refusal, "fingerprint": "f" * 16}}}, start_ms)
        harness.feed(ValueSeen(start_ms, "garage", "closed", 0), ValueSeen(start_ms, "tank", "40", 0))
        harness.pass_to(start_ms + MINUTE)
        assert harness.pushes == []
    harness.pass_to(13 * HOUR)
    assert harness.pushes[0][0] == 5000 + 12 * HOUR


def test_reboot_moves_the_next_try_until_the_clock_is_right():
    """On another boot it waits its whole time at most; with the right time of day only what is left."""
    harness = refused_home("device")
    harness.feed(ClockSet(HOUR, WALL, 0))
    refusal = saved_refusal(harness) | {"until_ms": -1}
    harness = home({"watches": {"watch": {"refusal": refusal, "fingerprint": "f" * 16}}})
    harness.feed(ValueSeen(0, "garage", "closed", 0), ValueSeen(0, "tank", "40", 0))
    assert harness.watch().refusal.left_ms(0) == 12 * HOUR
    harness.feed(ClockSet(MINUTE, WALL + 5 * HOUR, 0))
    harness.pass_to(12 * HOUR)
    assert harness.pushes[0][0] == 6 * HOUR + 5000 + MINUTE


def test_refusal_of_other_settings_does_not_count():
    """With another fingerprint the push goes out at once."""
    refusal = saved_refusal(refused_home("device"))
    harness = home({"watches": {"watch": {"refusal": refusal, "fingerprint": "other"}}})
    harness.feed(ValueSeen(0, "garage", "closed", 0), ValueSeen(0, "tank", "40", 0))
    harness.pass_to(MINUTE)
    assert len(harness.pushes) == 1


def test_reload_tries_again_at_once():
    """A person who fixed the account and reloads sees the push within seconds, and the refusal is forgotten."""
    harness = refused_home("device")
    harness.pass_to(HOUR)
    harness.feed(SettingsReloaded(HOUR))
    assert harness.pushes[-1][0] == HOUR
    assert saved_refusal(harness) == {}


def test_request_tries_again_at_once():
    """`push-now` sends what was refused, keys and device included."""
    harness = refused_home("device")
    harness.feed(PushRequested(MINUTE, "watch", 0, "r1"))
    assert glances(harness) == [{"text": "Garage closed", "count": "40"}]


@pytest.mark.parametrize("outcome", [UNSENT, THROTTLED, REFUSED])
def test_debit_returns_if_the_push_was_surely_not_executed(outcome):
    """The answer proves it, so nothing is spent, and spacing and quota of the sensor are not used up either."""
    harness = home()
    harness.feed(ValueSeen(0, "garage", "closed", 0), ValueSeen(0, "tank", "40", 0))
    harness.pass_to(5000)
    harness.answer(harness.last_push(), outcome)
    save = next(command for command in harness.commands if isinstance(command, SaveOutcome))
    assert (save.until_ms, harness.watch().budget.left(5000)) == (-1, 50)


def test_late_answer_returns_no_debit():
    """An answer that comes after its push was given up may be about another attempt: the debit stays."""
    harness = home()
    harness.feed(ValueSeen(0, "garage", "closed", 0), ValueSeen(0, "tank", "40", 0))
    harness.pass_to(5000)
    push = harness.last_push()
    harness.pass_to(11 * MINUTE)
    left = harness.watch().budget.left(11 * MINUTE)
    harness.answer(push, REFUSED)
    assert (harness.watch().budget.left(11 * MINUTE), harness.watch().parked) == (left, "")


def waits_after(outcome, answers, cause="", wait_ms=0):
    """Return the seconds between the ends of pushes and the next tries."""
    harness = home()
    harness.feed(ValueSeen(0, "garage", "closed", 0), ValueSeen(0, "tank", "40", 0))
    harness.pass_to(5000)
    found = []
    for _ in range(answers):
        ended_ms = harness.now_ms
        harness.answer(harness.last_push(), outcome, cause=cause, wait_ms=wait_ms)
        harness.pass_to(harness.watch().next_ms)
        harness.pass_to(harness.watch().next_ms if harness.watch().in_flight is None else harness.now_ms)
        found.append((harness.pushes[-1][0] - ended_ms) // 1000)
    return found


def test_burst_waits_seconds_to_minutes():
    """A 429 that is not about a quota is tried again after seconds, then after minutes, never after hours."""
    assert waits_after(THROTTLED, 9, "burst") == [5, 10, 20, 40, 80, 160, 300, 300, 300]


@pytest.mark.parametrize(("outcome", "cause"), [(THROTTLED, "burst"), (UNKNOWN, "server")])
def test_retry_after_is_honoured_and_grows(outcome, cause):
    """The wait that a server asks for is a floor; repeated failures still wait longer."""
    assert waits_after(outcome, 3, cause, wait_ms=15_000) == [15, 15, 20]


def test_quota_waits_for_its_reset():
    """A quota of the month that is used up waits until the reset that Pushover names."""
    assert waits_after(THROTTLED, 1, "quota", wait_ms=5 * HOUR) == [5 * 3600]


def stored(state):
    """Return what a store returns after a restart on the same boot."""
    return {"watches": {"watch": {"fingerprint": "f" * 16, "refusal": state}}}


def refusal_after(harness, *events):
    """Return the refusal that was saved last, after these events."""
    harness.feed(*events)
    return [command.refusal for command in harness.commands if isinstance(command, SaveRefusal)][-1]


def test_a_regular_restart_tries_once_more():
    """After a regular stop, the refused push is tried once; if it is refused again, it waits for hours again."""
    harness = refused_home("device")
    state = refusal_after(harness, Stopping(HOUR))
    harness = home(stored(state), HOUR)
    harness.outcome = REFUSED
    harness.feed(ValueSeen(HOUR, "garage", "closed", 0), ValueSeen(HOUR, "tank", "40", 0))
    harness.pass_to(10 * HOUR)
    assert [at_ms // MINUTE for at_ms, _, _ in harness.pushes] == [60]


def test_a_regular_restart_waits_a_minute_from_the_refusal():
    """An agent that is restarted again and again sends a refused push at most once a minute."""
    harness = refused_home("device")
    state = refusal_after(harness, Stopping(10_000))
    harness = home(stored(state), 11_000)
    harness.feed(ValueSeen(11_000, "garage", "closed", 0), ValueSeen(11_000, "tank", "40", 0))
    harness.pass_to(64_999)
    assert harness.pushes == []
    harness.pass_to(65_000)
    assert len(harness.pushes) == 1


def test_a_crash_does_not_move_the_next_try():
    """Without a regular stop the next try stays twelve hours from the refusal, on the same boot and after another."""
    harness = refused_home("device")
    state = refusal_after(harness, ClockSet(6000, WALL + 6000, 0))
    harness = home(stored(state), HOUR)
    harness.feed(ValueSeen(HOUR, "garage", "closed", 0), ValueSeen(HOUR, "tank", "40", 0))
    harness.pass_to(5000 + 12 * HOUR - 1)
    assert harness.pushes == []
    harness.pass_to(5000 + 12 * HOUR)
    assert len(harness.pushes) == 1


@pytest.mark.parametrize("wait_ms", [1, 1000, 3000])
def test_a_quota_that_is_reset_at_once_again_and_again_is_asked_ever_less(wait_ms):
    """Waits of a second for a quota grow like others: Pushover must not be asked each second."""
    harness = home()
    harness.feed(ValueSeen(0, "garage", "closed", 0), ValueSeen(0, "tank", "40", 0))
    harness.pass_to(5000)
    for _ in range(9):
        harness.answer(harness.last_push(), THROTTLED, wait_ms=wait_ms, cause="quota")
        before = len(harness.pushes)
        while len(harness.pushes) == before:
            harness.pass_to(harness.now_ms + 1000)
    waits_ms = [later[0] - push[0] for push, later in pairwise(harness.pushes)]
    assert waits_ms[0] >= 5000
    assert waits_ms[-1] >= 5 * MINUTE


@pytest.mark.parametrize("cause", ["", "text"])
def test_contents_that_were_all_refused_are_not_sent_in_turns(cause):
    """A door that moves to and fro sends each refused content once, and another content still goes out."""
    harness = refused_home(cause)
    for minute in range(10, 100, 10):
        harness.feed(ValueSeen(minute * MINUTE, "garage", ("closed", "open")[minute // 10 % 2], 0))
        harness.pass_to((minute + 5) * MINUTE)
        if harness.watch().in_flight is not None:
            harness.answer(harness.last_push(), REFUSED, cause=cause)
    assert [glance for glance in glances(harness) if glance.get("text")] == [{"text": "Garage open", "count": "40"}]
    harness.feed(ValueSeen(2 * HOUR, "tank", "50", 0))
    harness.pass_to(3 * HOUR)
    assert harness.last_push().glance["count"] == "50"
