"""The picture of the past: what the shapes say, minute by minute."""

import json

import pytest

from pushglance.runtime.storage.history import History
from pushglance.runtime.storage.history_writer import day_of
from pushglance.web import timeline
from pushglance.web.timeline import WIDTH, day_lanes
from pushglance.web.trends import weeks
from support.agent_directories import SENSORS, WATCH

MINUTE = 60_000
HOUR = 60 * MINUTE
NOW = 1_795_435_200_000
START = NOW - 24 * HOUR


@pytest.fixture
def past(directories):
    """Return a way to write a past; its instants are minutes after the beginning of the span that is drawn."""
    database = directories.open_store()
    account, device = database.execute("SELECT account, device FROM names").fetchone()

    def write(transitions=(), samples=(), pushes=()):
        for minute, value in transitions:
            row = ("garage", START + minute * MINUTE, value)
            database.execute("INSERT INTO transitions (sensor, wall_ms, value) VALUES (?, ?, ?)", row)
        for minute, value in samples:
            row = ("tank", START + minute * MINUTE, value)
            database.execute("INSERT INTO samples (sensor, wall_ms, value) VALUES (?, ?, ?)", row)
        for number, (minute, outcome) in enumerate(pushes, 1):
            row = (number, account, device, START + minute * MINUTE, json.dumps({"text": "x"}), outcome)
            database.execute("INSERT INTO pushes VALUES (?, ?, ?, 'b', ?, NULL, -1, ?, ?, '')", row)
        database.commit()

    yield write
    database.close()


def drawn(directories, live=None):
    """Return the lanes by name, each as {kind of shape: path}."""
    live = live or {"sensors": SENSORS, "watches": {"watch": WATCH}}
    with History(directories.state) as history:
        found = day_lanes(live, history, history.pushes(100), NOW)
    return {lane.name: ({shape.kind: shape.path for shape in lane.shapes}, lane.says) for lane in found}


def test_the_truth_and_the_screen_have_a_half_each(directories, past):
    """A door is open from minute 60 to 120; its pushes are delivered at 70 and 125, and so the screen says."""
    past(transitions=[(-90, 0), (60, 1), (120, 0)], pushes=[(70, "delivered"), (125, "delivered")])
    shapes, says = drawn(directories)["garage"]
    assert shapes == {"truth": "M60 2H120v11H60z", "screen": "M70 15H125v11H70z"}
    assert says == "garage: opened 1 times, open for 60 min"


def test_what_was_open_before_and_still_is(directories, past):
    """A door that was open before the span and one that is open now reach its edges."""
    past(transitions=[(-90, 1), (30, 0), (1400, 1)])
    shapes, _ = drawn(directories)["garage"]
    assert shapes == {"truth": f"M0 2H30v11H0zM1400 2H{WIDTH}v11H1400z"}


def test_a_push_without_an_answer_is_doubt(directories, past):
    """From a push that nobody answered until the next one that was delivered, the screen may show either."""
    past(transitions=[(-90, 0), (60, 1)], pushes=[(61, "unknown"), (100, "delivered"), (200, None)])
    shapes, _ = drawn(directories)["garage"]
    assert shapes["doubt"] == f"M61 15H100v11H61zM200 15H{WIDTH}v11H200z"
    assert shapes["screen"] == f"M100 15H{WIDTH}v11H100z"


def test_pushes_that_told_nothing_change_no_screen(directories, past):
    """What was refused, throttled or never left leaves the screen as it was."""
    past(transitions=[(-90, 0), (60, 1)], pushes=[(61, "refused"), (62, "throttled"), (63, "unsent")])
    shapes, _ = drawn(directories)["garage"]
    assert set(shapes) == {"truth"}


def test_a_storm_is_one_shape(directories, past):
    """A door that flaps each minute is drawn as one bar and not as hundreds."""
    past(transitions=[(minute, minute % 2) for minute in range(600)])
    shapes, says = drawn(directories)["garage"]
    assert shapes["truth"].count("M") == 1
    assert says.startswith("garage: opened 300 times")


def test_a_number_is_a_line_and_the_screen_its_shadow(directories, past, monkeypatch):
    """The tank falls from 80 to 40 at minute 300 (and is 40 now); the push at 600 tells it."""
    past(samples=[(-30, 80), (300, 40)], pushes=[(10, "delivered"), (600, "delivered")])
    shapes, says = drawn(directories)["tank"]
    assert says == "tank: between 40 and 40, now 40"
    past(samples=[(0, 80)])
    shapes, says = drawn(directories)["tank"]
    assert shapes["line"] == f"M0 3.0H300V41.0H{WIDTH}"
    assert shapes["shadow"] == f"M9 3.0H600V41.0H{WIDTH}"
    assert says == "tank: between 40 and 80, now 40"


def test_the_budget_falls_and_returns(directories, past):
    """Each push takes one of the budget, a day and ten minutes later it is back; ticks tell how each one ended."""
    past(pushes=[(-1440, "delivered"), (100, "delivered"), (200, "unknown"), (300, "unsent")])
    shapes, says = drawn(directories)["watch: pushes and budget left"]
    assert shapes["tick good"] == "M100 34v10"
    assert shapes["tick warm"] == "M200 34v10"
    assert "2 pushes in the last 24 hours, 48 of 50 left" in says
    heights = shapes["line"]
    assert heights.startswith("M0 3.8"), "one of 50 was spent the day before"
    assert heights.count("V") == 3, "it comes back, then two go"


def test_returns_are_drawn_ahead(directories):
    """Pushes that come back in one and in two hours stand at those places of the next 24 hours."""
    shapes, says = drawn(directories)["watch: pushes come back, next 24 hours"]
    assert shapes == {"tick back": "M60 3v14M120 3v14"}
    assert says.startswith("watch: pushes come back at ")


def test_sensors_of_another_watch_have_its_screen(directories, past):
    """A sensor's screen is that of the watch that shows it; one that nobody shows has none."""
    past(transitions=[(-90, 0), (60, 1)], pushes=[(70, "delivered")])
    watch = WATCH | {"sensors": ["tank"]}
    shapes, _ = drawn(directories, {"sensors": SENSORS, "watches": {"watch": watch}})["garage"]
    assert set(shapes) == {"truth"}


def test_weeks_have_a_bar_for_each_day_and_a_year_one_for_each_week(directories):
    """Days become bars between lowest and highest; over a year counts are added up by week and extents joined."""
    database = directories.open_store()
    today = day_of(NOW)
    for ago in range(21):
        database.execute("INSERT INTO days VALUES ('tank', ?, 5, ?, ?, 50)", (today - ago, 10.0 + ago, 60.0))
        database.execute("INSERT INTO days VALUES ('visitors', ?, 5, 0, 10, 10)", (today - ago,))
    database.commit()
    database.close()
    with History(directories.state) as history:
        near = weeks(history, SENSORS, 7, NOW)
        far = weeks(history, SENSORS, 364, NOW)
    bars = {chart.name: chart.path.count("M") for chart in near["charts"]}
    assert bars == {"garage": 0, "visitors": 7, "tank": 7}
    assert {chart.name: chart.path.count("M") for chart in far["charts"]} == {"garage": 0, "visitors": 3, "tank": 3}
    assert [chart.says for chart in far["charts"]][1:] == ["visitors, counted: up to 70 a week", "tank: 10 to 60"]
    assert far["is_by_week"]
    assert not near["is_by_week"]


def test_nothing_is_read_beyond_what_can_be_drawn():
    """The bounds on what is read are about what fits into the width."""
    assert timeline.CHANGES_READ <= 2 * WIDTH
    assert timeline.SAMPLES_READ <= WIDTH
