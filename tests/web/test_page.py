"""What the page shows, of whom and how much: the present, the past, hostile texts, and nothing at all."""

import json
import re
import sqlite3
import xml.etree.ElementTree as ET  # the drawings parsed here are our own

import pytest
from prometheus_client.parser import text_string_to_metric_families

from pushglance.runtime.storage import history
from pushglance.runtime.storage.history_writer import day_of
from pushglance.watchface import clean
from pushglance.web.dashboard import DashboardView
from pushglance.web.pages import Pages
from support.agent_directories import HOUR_MS, write_year

HOSTILE = "</script><img src=x onerror=alert(1)><b>&\"'\u202e{{ 7*7 }}"
KILO = 1000


def test_it_shows_what_the_watch_shows_and_why(client):
    """Fields shown and pending, why it waits, what is left and when the next push returns stand on the page."""
    html = client.get("/").text
    for text in (
        "Garage open",
        "pending: </span>40",
        "waits for the spacing between pushes, at most 10 min",
        "<b>48</b> of 50 pushes left",
        "the next one comes back in 60 min",
        "Modular large",
        "MQTT broker",
        "away",
        "3 unreadable",
        "not known yet",
    ):
        assert text in html, text


def test_nodes_are_told(client, directories):
    """Other agents stand in the list of what is well, with the one that is away as such, and in the metrics."""
    directories.live["nodes"] = {"garage-pi": 0, "hall": 1}
    directories.write_status()
    html = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", client.get("/").text))
    assert "Node garage-pi away" in html
    assert "Node hall there" in html
    assert 'pushglance_node_up{node="garage-pi"} 0.0' in client.get("/metrics").text


def test_a_node_without_a_watch_has_a_page(client, directories):
    """An agent that only publishes shows its sensors, and asks for no link to Pushover."""
    directories.live["watches"], directories.live["links"] = {}, {"mqtt": 1}
    directories.write_status()
    html = client.get("/").text
    assert "Garage open" in html
    assert "not tried yet" not in html


def test_reasons_of_the_core_come_first(client, directories):
    """A sentence and a price that the core gives are shown instead of the page's own words."""
    directories.live["watches"]["watch"] |= {"because": "kept for the door until 14:05", "price_s": 90, "worth_s": 12}
    directories.write_status()
    html = client.get("/").text
    assert "kept for the door until 14:05" in html
    assert "waits for the spacing" not in html
    assert "costs 90 s" in html


def test_what_is_unusual_is_said(client, directories):
    """A refusal, a pause, dropped facts, lost edges and a clock that is not trusted are named, with what to type."""
    directories.live |= {"dropped": 7, "is_clock_trusted": 0, "unsaved": 2}
    directories.live["sensors"]["visitors"] |= {"lost": 9}
    directories.live["watches"]["watch"] |= {"parked": "invalid token", "paused_ms": -1, "shown": {"text": None}}
    directories.write_status()
    html = client.get("/").text
    for text in ("invalid token", "systemctl reload", "paused until it is ended", "(in doubt)", "not trusted yet"):
        assert text in html, text
    assert re.search(r"Dropped facts</span><span class=\"value bad\">7<", html)
    assert re.search(r"Lost edges</span><span class=\"value bad\">9<", html)
    assert "pin; 9 edges lost" in html


@pytest.mark.parametrize("live", [None, "{", "[]", '{"wall_ms": 0}', '{"format": 999}'])
def test_without_an_agent_the_page_says_so(client, directories, live):
    """No live file, or one that is rubbish, is a sentence and not an error."""
    (directories.run / "live.json").unlink()
    if live is not None:
        (directories.run / "live.json").write_text(live)
    answer = client.get("/")
    assert answer.status_code == 200
    assert 'class="card trouble"' in answer.text
    assert client.get("/healthz").status_code == 503
    assert "pushglance_up 0.0" in client.get("/metrics").text
    assert client.get("/weeks").status_code == 200


def test_a_silent_agent_is_not_believed(client, directories):
    """An agent that has told nothing for minutes is called silent, and what it said last is called old."""
    directories.live["wall_ms"] -= 200_000
    directories.write_status()
    html = client.get("/").text
    assert "the agent has told nothing for" in html
    assert "Garage open" in html
    assert client.get("/healthz").status_code == 503


def hostile_past(directories):
    """Fill the live file and the store with hostile names and texts."""
    watch = directories.live["watches"].pop("watch")
    watch |= {"shown": {"title": HOSTILE}, "pending": {"text": HOSTILE}, "parked": HOSTILE, "why": HOSTILE}
    directories.live["watches"][HOSTILE] = watch | {"sensors": [HOSTILE]}
    kinds = ("contact", "counter", "gauge", "text")
    directories.live["sensors"] = {
        HOSTILE + kind: {"kind": kind, "source": HOSTILE, "text": HOSTILE, "unreadable": 0} for kind in kinds
    }
    directories.live["links"] = {HOSTILE: 0}
    directories.write_status()
    database = directories.open_store()
    database.execute("UPDATE names SET name = ?", (HOSTILE,))
    for number in range(60):
        sent = json.dumps({"text": HOSTILE})
        database.execute(
            "INSERT INTO pushes SELECT ?, account, device, 'b', ?, NULL, -1, ?, 'refused', ? FROM names",
            (number, directories.now_ms() - HOUR_MS, sent, HOSTILE),
        )
    database.execute(
        "INSERT INTO transitions (sensor, wall_ms, value) VALUES (?, ?, 1)",
        (clean(HOSTILE) + "contact", directories.now_ms() - HOUR_MS),
    )
    database.execute(
        "INSERT INTO days VALUES (?, ?, 1, 0, 1, 1)", (clean(HOSTILE) + "contact", day_of(directories.now_ms()))
    )
    database.commit()
    database.close()


@pytest.mark.parametrize("path", ["/", "/pushes?before=59", "/weeks", "/events"])
def test_hostile_texts_stay_texts(client, directories, path):
    """Names, readings, fields and what Pushover says are escaped wherever they stand."""
    hostile_past(directories)
    if path == "/events":
        html = "".join(Pages(DashboardView(directories.state, directories.run), has_password=False).sections().values())
    else:
        html = client.get(path).text
    assert "&lt;img src=x" in html
    assert "<img" not in html
    assert "<b>&" not in html
    assert "\u202e" not in html
    assert "{{ 7*7 }}" in html, "a text is never taken for a template"


def test_drawings_are_sound(client, directories):
    """Every SVG on the page is well formed."""
    write_year(directories)
    html = client.get("/").text + client.get("/weeks?last=52").text
    drawings = re.findall(r"<svg.*?</svg>", html, re.DOTALL)
    assert len(drawings) > 12
    for drawing in drawings:
        ET.fromstring(drawing)  # noqa: S314 - our own drawing


@pytest.mark.parametrize("path", ["/", "/pushes?before=5000", "/weeks?last=52"])
def test_a_year_weighs_no_more_than_a_day(client, directories, path):
    """With 10 000 pushes, a flapping door and a year behind it a page stays below 100 kB, styles and script with it."""
    write_year(directories)
    whole = client.get(path)
    assert whole.status_code == 200
    weight = len(whole.content) + sum(
        len(client.get(f"/{name}").content) for name in ("style.css", "page.js", "icon.svg")
    )
    assert weight < 100 * KILO


@pytest.mark.parametrize(("path", "steps_max"), [("/", 1000), ("/pushes?before=5000", 50), ("/weeks?last=52", 500)])
def test_a_year_costs_no_more_than_a_day(client, directories, monkeypatch, path, steps_max):
    """The store does a bounded amount of work for a page, whatever lies in it: thousands of steps, not millions."""
    write_year(directories)
    steps = []
    opened = history.open_snapshot

    def watched(store_path):
        database = opened(store_path)
        database.set_progress_handler(lambda: steps.append(1) and None, 100)
        return database

    monkeypatch.setattr(history, "open_snapshot", watched)
    assert client.get(path).status_code == 200
    assert 0 < len(steps) < steps_max, "in hundreds of steps of SQLite's machine"


def test_older_pushes_are_a_way_back(client, directories):
    """From the page one gets to older pushes, page by page, to the oldest."""
    write_year(directories)
    path, seen = "/", 0
    for _ in range(4):
        html = client.get(path).text
        seen += html.count("<time")
        path = re.search(r'href="(/pushes\?before=\d+)"', html).group(1)
    assert seen == 15 + 3 * 50
    assert "Older pushes</a>" not in client.get("/pushes?before=30").text


@pytest.mark.parametrize("path", ["/pushes", "/pushes?before=x", "/pushes?before=" + "9" * 30, "/weeks?last=1000"])
def test_addresses_that_mean_nothing_get_a_sentence(client, path):
    """A number that is none is answered with what to ask for."""
    answer = client.get(path)
    assert answer.status_code == 400
    assert "Name a" in answer.text


def test_metrics_are_for_prometheus(client):
    """The metrics are in Prometheus' format and say what the live file says."""
    text = client.get("/metrics").text
    found = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert found["pushglance_up",] == 1
    assert found["pushglance_pushes_left", "watch"] == 48
    assert found["pushglance_link_up", "mqtt"] == 0
    assert found["pushglance_sensor_value", "tank"] == 40
    assert found["pushglance_unreadable_payloads_total", "tank"] == 3
    assert found["pushglance_edges_lost_total", "visitors"] == 0


def test_a_store_that_is_away_leaves_the_present(client, directories):
    """A store that cannot be read costs the past, not the page."""
    directories.state.mkdir()
    (directories.state / "pushglance.db").write_bytes(b"x" * 5000)
    assert "Garage open" in client.get("/").text
    with pytest.raises(sqlite3.Error):
        sqlite3.connect(directories.state / "pushglance.db").execute("SELECT * FROM pushes")
