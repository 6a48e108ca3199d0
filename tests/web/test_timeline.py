"""Timelines and trends: the shapes that are drawn for a given history."""

import json
import time

import pytest

from pushglance.runtime.storage.history import History
from pushglance.runtime.storage.history_writer import day_of
from pushglance.web.charts import timeline
from pushglance.web.charts.axis import WIDTH
from pushglance.web.charts.group_history import combined_steps
from pushglance.web.charts.timeline import day_tracks
from pushglance.web.charts.trends import week_charts
from support.agent.agent_directories import SENSORS, WATCH

MINUTE = 60_000
HOUR = 60 * MINUTE
NOW = 1_795_435_200_000
START = NOW - 24 * HOUR


@pytest.fixture
def write_history(directories):
    """Return a function that writes a history; times are minutes after the start of the timeline."""
    database = directories.open_store()
    account, device = database.execute("SELECT account, device FROM names").fetchone()

    def write(transitions=(), samples=(), pushes=(), days=()):
        for name, changes in days:
            database.execute("INSERT INTO days VALUES (?, ?, ?, 0, 1, 0)", (name, day_of(NOW), changes))
        for minute, value in transitions:
            row = ("garage", START + minute * MINUTE, value)
            database.execute("INSERT INTO transitions (sensor, wall_ms, value) VALUES (?, ?, ?)", row)
        for minute, value in samples:
            row = ("tank", START + minute * MINUTE, value)
            database.execute("INSERT INTO samples (sensor, wall_ms, value) VALUES (?, ?, ?)", row)
        for number, (minute, outcome) in enumerate(pushes, 1):
            row = (number, account, device, START + minute * MINUTE, json.dumps({"text": "x"}), outcome)
            database.execute("INSERT INTO pushes VALUES (?, ?, ?, ?, ?, ?, '')", row)
        database.commit()

    yield write
    database.close()


def draw_tracks(directories, status=None):
    """Return the tracks by name, each as ({kind of shape: path}, description)."""
    status = status or {"sensors": SENSORS, "watches": {"watch": WATCH}}
    with History(directories.state) as history:
        _, tracks = day_tracks(status, history, history.pushes(100), NOW)
    return {track.name: ({shape.kind: shape.path for shape in track.shapes}, track.description) for track in tracks}


def test_contact_track_has_sensor_above_and_screen_below(directories, write_history):
    """A contact open from minute 60 to 120 with pushes delivered at 70 and 125 gives one bar in each half."""
    write_history(transitions=[(-90, 0), (60, 1), (120, 0)], pushes=[(70, "delivered"), (125, "delivered")])
    shapes, description = draw_tracks(directories)["garage"]
    assert shapes == {"actual": "M60 2H120v11H60z", "shown": "M70 15H125v11H70z"}
    assert description == "garage: opened once, open for 60 min in total"


def test_open_spans_reach_the_edges(directories, write_history):
    """A contact that was open before the timeline, or is open now, is drawn up to the edge."""
    write_history(transitions=[(-90, 1), (30, 0), (1400, 1)])
    shapes, _ = draw_tracks(directories)["garage"]
    assert shapes == {"actual": f"M0 2H30v11H0zM1400 2H{WIDTH}v11H1400z"}


def test_contact_that_opened_after_the_end_of_the_axis_is_a_mark(directories, write_history):
    """The axis ends up to ten seconds before now: a contact that opened since then is a mark at its end."""
    write_history(transitions=[(-90, 0), (1441, 1)])
    shapes, description = draw_tracks(directories)["garage"]
    assert shapes == {"actual": f"M{WIDTH} 2H{WIDTH + 2}v11H{WIDTH}z"}
    assert description == "garage: opened once, open for 0 s in total"


def test_screen_is_uncertain_after_a_push_without_an_answer(directories, write_history):
    """From a push without an answer until the next delivered one the screen is uncertain."""
    write_history(transitions=[(-90, 0), (60, 1)], pushes=[(61, "unknown"), (100, "delivered"), (200, None)])
    shapes, _ = draw_tracks(directories)["garage"]
    assert shapes["uncertain"] == f"M61 15H100v11H61zM200 15H{WIDTH}v11H200z"
    assert shapes["shown"] == f"M100 15H{WIDTH}v11H100z"


def test_pushes_that_did_not_arrive_change_no_screen(directories, write_history):
    """Refused, throttled and unsent pushes leave the screen as it was."""
    write_history(transitions=[(-90, 0), (60, 1)], pushes=[(61, "refused"), (62, "throttled"), (63, "unsent")])
    shapes, _ = draw_tracks(directories)["garage"]
    assert set(shapes) == {"actual"}


def test_flapping_contact_is_one_bar(directories, write_history):
    """A contact that changes each minute is drawn as one bar and not as hundreds."""
    write_history(transitions=[(minute, minute % 2) for minute in range(600)])
    shapes, description = draw_tracks(directories)["garage"]
    assert shapes["actual"].count("M") == 1
    assert description.startswith("garage: opened 300 times")


def test_numbers_have_a_line_for_sensor_and_screen(directories, write_history):
    """A gauge falls from 80 to 40 at minute 300 and is 40 now; the screen follows with the push at minute 600."""
    write_history(samples=[(-30, 80), (300, 40)], pushes=[(10, "delivered"), (600, "delivered")])
    shapes, description = draw_tracks(directories)["tank"]
    assert description == "tank: between 40 and 40, now 40"
    write_history(samples=[(0, 80)])
    shapes, description = draw_tracks(directories)["tank"]
    assert shapes["line"] == f"M0 3.0H300V41.0H{WIDTH}"
    assert shapes["shown-line"] == f"M9 3.0H600V41.0H{WIDTH}"
    assert description == "tank: between 40 and 80, now 40"


def test_budget_line_falls_and_rises(directories, write_history):
    """Each push takes one from the budget and returns after 24 h 10 min; the ticks show the outcomes."""
    write_history(pushes=[(-1440, "delivered"), (100, "delivered"), (200, "unknown"), (300, "unsent")])
    shapes, description = draw_tracks(directories)["watch: pushes and budget left"]
    assert shapes["tick ok"] == "M100 34v10"
    assert shapes["tick warn"] == "M200 34v10"
    assert "2 pushes in the last 24 hours, 48 of 50 left" in description
    heights = shapes["line"]
    assert heights.startswith("M0 3.8"), "one of 50 was spent the day before"
    assert heights.count("V") == 3, "one returns, then two are spent"


def test_refills_are_drawn_ahead(directories):
    """Pushes that return in one and in two hours are drawn at minutes 60 and 120 of the next 24 hours."""
    shapes, description = draw_tracks(directories)["watch: refills of the budget, next 24 hours"]
    assert shapes == {"tick refill": "M60 3v14M120 3v14"}
    assert description.startswith("watch: the budget is refilled at ")


def test_sensor_that_no_watch_shows_has_no_screen(directories, write_history):
    """The pushes of a watch are drawn only for the sensors that it shows."""
    write_history(transitions=[(-90, 0), (60, 1)], pushes=[(70, "delivered")])
    watch = WATCH | {"sensors": ["tank"]}
    shapes, _ = draw_tracks(directories, {"sensors": SENSORS, "watches": {"watch": watch}})["garage"]
    assert set(shapes) == {"actual"}


def test_trends_have_a_bar_for_each_day_or_week(directories):
    """A week has a bar for each day; a long history one for each week, with sums of counters and ranges of gauges."""
    database = directories.open_store()
    today = day_of(NOW)
    for ago in range(119):
        database.execute("INSERT INTO days VALUES ('tank', ?, 5, ?, ?, 50)", (today - ago, 10.0 + ago % 21, 60.0))
        database.execute("INSERT INTO days VALUES ('visitors', ?, 5, 0, 10, 10)", (today - ago,))
    database.commit()
    database.close()
    with History(directories.state) as history:
        near = week_charts(history, SENSORS, {}, 7, NOW)
        far = week_charts(history, SENSORS, {}, 364, NOW)
    bars = {chart.name: chart.path.count("M") for chart in near["charts"]}
    assert bars == {"garage": 0, "visitors": 7, "tank": 7}
    assert {chart.name: chart.path.count("M") for chart in far["charts"]} == {"garage": 0, "visitors": 17, "tank": 17}
    assert [chart.description for chart in far["charts"]][1:] == [
        "visitors, counted: up to 70 a week",
        "tank: 10 to 60",
    ]
    assert far["is_by_week"]
    assert not near["is_by_week"]


def test_charts_begin_when_the_history_begins(directories, write_history):
    """Twelve hours after the first value the axis has twelve hours; in the first minutes it has half an hour."""
    write_history(transitions=[(720, 1)])
    with History(directories.state) as history:
        axis, _ = day_tracks({"sensors": SENSORS, "watches": {}}, history, [], NOW)
        young, tracks = day_tracks({"sensors": SENSORS, "watches": {}}, history, [], START + 725 * MINUTE)
        year = week_charts(history, {}, {}, 364, NOW)
    assert axis.start_ms == START + 720 * MINUTE
    assert axis.x(START + 1080 * MINUTE) == WIDTH // 2
    assert axis.title.startswith("Since ")
    assert young.now_ms - young.start_ms == HOUR // 2
    assert tracks[0].begin == WIDTH * 25 // 30, "before the first value nothing is known"
    assert year["first"] == week_charts_first(NOW), "a history without days still has the width of a week"


def week_charts_first(now_ms):
    """Return the date six days before, as the charts write it."""
    return time.strftime("%d %b %Y", time.gmtime((day_of(now_ms) - 6) * 86_400))


@pytest.mark.parametrize(
    ("combine", "steps"),
    [
        ("any_open", [(3, 1.0), (6, 0.0)]),
        ("door", [(3, 1.0), (4, 0.0), (5, 1.0)]),
        ("count", [(3, 1.0), (4, 2.0), (5, 1.0), (6, 0.0)]),
        ("max", [(3, 1.0), (6, 0.0)]),
        ("mean", [(3, 0.5), (4, 1.0), (5, 0.5), (6, 0.0)]),
    ],
)
def test_history_of_a_group_is_that_of_its_members(combine, steps):
    """A group begins once each member is known, and changes when what they make together changes.

    Its members: the first is open from 1 to 5, the second is closed at 3 and open from 4 to 6.
    """
    first, second = [(1, 1), (5, 0)], [(3, 0), (4, 1), (6, 0)]
    if combine == "door":
        first, second = [(1, 0), (4, 1), (5, 0)], [(3, 0)]
    assert combined_steps(combine, [first, second]) == steps


def test_group_has_a_lane_before_its_members(directories, write_history):
    """A group of contacts has its own track and, over weeks, the changes of its members."""
    write_history(transitions=[(-90, 0), (60, 1), (120, 0)], days=[("garage", 5)])
    page = {"sensors": {"all": {"members": ["garage"], "combine": "any_open"}}}
    group = {"kind": "group", "source": "group", "text": "All closed", "unreadable": 0}
    sensors = {**SENSORS, "all": group}
    with History(directories.state) as history:
        _, tracks = day_tracks({"sensors": sensors, "watches": {}, "page": page}, history, [], NOW)
        weeks = week_charts(history, sensors, page["sensors"], 7, NOW)
    assert [track.name for track in tracks][:2] == ["all", "garage"]
    assert tracks[0].shapes[0].path == "M60 2H120v11H60z"
    assert weeks["charts"][0].name == "all"
    assert weeks["charts"][0].description == "all, changes of its sensors: up to 5 a day"


def test_query_limits_match_the_width():
    """The queries read about as many rows as fit into the width of a track."""
    assert timeline.CHANGES_READ <= 2 * WIDTH
    assert timeline.SAMPLES_READ <= WIDTH
