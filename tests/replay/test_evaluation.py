"""The evaluation: delays, shares and scores of a replay."""

import numpy as np
import pytest

from pushglance.replay.evaluation import evaluate, trace_of, traced_sensor, urgent_delays
from pushglance.replay.simulator import DeliveredPush, SimulationResult
from pushglance.replay.trace import DAY_MS, make_trace
from support import plans
from support.traces import DOOR, MINUTE_MS, TANK, door


def minutes(*pushes):
    """Return push instants given in minutes."""
    return np.array([round(minute * MINUTE_MS) for minute in pushes], dtype=np.int64)


def test_delay_ends_when_the_screen_is_right_again():
    """A push ends it, and so does a value that changes back: then the change is undone."""
    trace = door(10, 20, 30, 32)  # open, closed, open, closed
    delays = urgent_delays(trace, minutes(11, 20))
    assert (delays.changes, delays.undone) == (3, 1)
    assert (delays.median_s, delays.worst_s) == (60, 120)


def test_change_pushed_at_once_has_no_delay():
    """It counts as a change that was shown after 0 s."""
    delays = urgent_delays(door(10, 20), minutes(10, 20))
    assert (delays.changes, delays.undone, delays.worst_s) == (2, 0, 0)


def test_change_never_shown_is_late_until_the_end():
    """The end of the trace ends the delay, and the change does not count as undone."""
    delays = urgent_delays(door(1430), minutes())
    assert (delays.changes, delays.undone, delays.worst_s) == (1, 0, 600)


def test_sensor_without_urgent_changes_has_no_delays():
    """A tank is not urgent; a door without changes is never late."""
    assert urgent_delays(make_trace([TANK], [0], ([1000], [0], [3]), 1), minutes()) is None
    assert urgent_delays(door(), minutes()).changes == 0


def test_other_sensors_do_not_affect_the_delays():
    """Changes of a tank neither make the door late nor end its delay."""
    trace = make_trace([DOOR, TANK], [0, 0], ([600_000, 660_000, 720_000], [0, 1, 1], [1, 4, 5]), 1)
    assert urgent_delays(trace, minutes(15)).worst_s == 300


@pytest.mark.parametrize(
    ("sensor", "weight", "significant_change"),
    [
        (plans.contact(weight=1_000_000), 1.0, 1.0),
        (plans.counter(weight=200_000, significant_change=10), 0.2, 10.0),
        (plans.text(weight=500_000), 0.5, 1.0),
        (plans.gauge(weight=250_000, decimals=1, significant_change=50), 0.25, 5.0),
    ],
)
def test_weight_and_significant_change_come_from_the_plan(sensor, weight, significant_change):
    """The significant change of a gauge has its decimals."""
    assert (traced_sensor(sensor).weight, traced_sensor(sensor).significant_change) == (weight, significant_change)


def test_watch_is_evaluated_by_the_sensors_it_shows():
    """Readings of other sensors, stale ones and the time before the first reading do not count."""
    plan = plans.plan([plans.contact(), plans.gauge(), plans.text()], [plans.watch(text=[["tank", ""]])])
    readings = [(100, "garage", "1"), (1000, "tank", "20"), (2000, "tank", "?"), (3000, "tank", "25")]
    trace = trace_of(plan, plan["watches"][0], SimulationResult(readings), [0, DAY_MS])
    assert [sensor.name for sensor in trace.sensors] == ["tank"]
    assert (trace.first.tolist(), trace.at_ms.tolist(), trace.value.tolist()) == ([20], [3000], [25])


def test_texts_are_right_or_wrong():
    """Two different texts differ fully, however similar they are."""
    plan = plans.plan([plans.text()], [plans.watch(text=[["note", ""]])])
    result = SimulationResult([(0, "note", "a"), (10_000, "note", "zebra"), (20_000, "note", "a")])
    evaluation = evaluate(plan, plan["watches"][0], result, [0, DAY_MS])
    assert evaluation.cost.tolist() == [0.5 * 10]


def test_evaluation_holds_all_figures():
    """Pushes of other watches do not count; the scores compare with the calendar day and with any 24 hours."""
    watches = [plans.watch(pushes=2), plans.watch("other")]
    plan = plans.plan([plans.contact()], watches)
    readings = [(at * 1000, "garage", str(number % 2)) for number, at in enumerate(range(0, 800, 100))]
    pushes = [DeliveredPush(at * 1000, name, {}, 0) for at, name in ((100, "watch"), (150, "other"), (200, "watch"))]
    evaluation = evaluate(plan, watches[0], SimulationResult(readings, pushes), [0, DAY_MS])
    assert evaluation.push_ms.tolist() == [100_000, 200_000]
    assert (evaluation.most_in_24h, evaluation.capacity) == (2, 2)
    assert evaluation.wrong_share["garage"] == pytest.approx((200 + 86_400 - 700) / 86_400)
    assert evaluation.optimum[0] == pytest.approx(300), "push the last opening only, and show three short ones wrong"
    assert evaluation.score == pytest.approx((evaluation.cost[0] + 60) / 360)
    assert evaluation.bound <= evaluation.optimum[0] + 1e-6
