"""Content of the page: current values, history, hostile texts, missing data, and bounds on size and work."""

import json
import re
import sqlite3
import time
import xml.etree.ElementTree as ET  # the drawings parsed here are our own

import pytest

from pushglance.runtime.storage import history
from pushglance.runtime.storage.history_writer import day_of
from pushglance.watchface import clean
from pushglance.web.pages import Pages
from pushglance.web.views.dashboard import DashboardView
from support.agent.agent_directories import HOUR_MS, write_year

HOSTILE = "</script><img src=x onerror=alert(1)><b>&\"'\u202e{{ 7*7 }}"
KILO = 1000


def test_page_shows_screen_pending_fields_and_budget(client):
    """The page has the fields shown and pending, the reason to wait, the pushes left and when the next one returns."""
    html = client.get("/").text
    for text in (
        "Garage open",
        '<span class="quiet">percent</span> 40',
        "Waits for the spacing between pushes, at most 10 min",
        "<b>48</b> of 50 pushes left",
        "the next one comes back in 60 min",
        "Modular large",
        "MQTT broker",
        "not connected",
        "3 unreadable",
        "No value yet",
    ):
        assert text in html, text


def test_nodes_are_listed(client, directories):
    """Other agents are in the health list and in the metrics, with their state."""
    directories.status["nodes"] = {"garage-pi": 0, "hall": 1}
    directories.write_status()
    html = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", client.get("/").text))
    assert "Node garage-pi offline" in html
    assert "Node hall online" in html
    assert 'pushglance_node_up{node="garage-pi"} 0.0' in client.get("/metrics").text


def test_node_without_a_watch_has_a_page(client, directories):
    """An agent that only publishes shows its sensors and no link to Pushover."""
    directories.status["watches"], directories.status["links"] = {}, {"mqtt": 1}
    directories.write_status()
    html = client.get("/").text
    assert "Garage open" in html
    assert "not tried yet" not in html


def test_explanation_of_the_core_comes_first(client, directories):
    """An explanation from the core replaces the general text; its first clause is shown, the rest on demand."""
    directories.status["watches"]["watch"] |= {
        "explanation": "shown between 13:10 and 14:05: kept for the door; 9 of 50 pushes left",
        "price_explanation": "a push costs 90 s",
    }
    directories.write_status()
    html = client.get("/").text
    assert '<p class="waits">Shown between 13:10 and 14:05: kept for the door</p>' in html
    assert "aits for the spacing" not in html
    assert re.search(
        r"<details[^>]*><summary>Why[?]</summary><ul><li>9 of 50 pushes left</li><li>A push costs 90 s</li></ul>", html
    )


def test_next_try_is_shown_with_the_failure(client, directories):
    """After a failure the page says when the next try is, without opening anything."""
    directories.status["watches"]["watch"]["explanation"] = "waits to try again: no answer; next try 14:05 (in 2 h)"
    directories.write_status()
    html = client.get("/").text
    assert '<p class="waits">Waits to try again: no answer</p>' in html
    assert '<p class="quiet">Next try 14:05 (in 2 h)</p>' in html


def test_unusual_states_are_shown(client, directories):
    """A refusal, a pause, dropped events, lost edges and an untrusted clock are shown, with the command to type."""
    directories.status |= {"dropped": 7, "is_clock_trusted": 0, "unsaved": 2}
    directories.status["sensors"]["visitors"] |= {"lost": 9}
    directories.status["watches"]["watch"] |= {"parked": "invalid token", "paused_ms": -1, "shown": {"text": None}}
    directories.write_status()
    html = client.get("/").text
    for text in ("invalid token", "systemctl reload", "paused until it is ended", "(uncertain)", "not trusted yet"):
        assert text in html, text
    assert re.search(r"Dropped events</span><span class=\"value error\">7<", html)
    assert re.search(r"Lost edges</span><span class=\"value error\">9<", html)
    assert "pin; 9 edges lost" in html


@pytest.mark.parametrize("content", [None, "{", "[]", '{"wall_ms": 0}', '{"format": 999}'])
def test_missing_or_invalid_status_is_shown_as_a_problem(client, directories, content):
    """Without a valid status file the page answers 200 with the problem, /healthz 503, and the metric `up` is 0."""
    (directories.run / "live.json").unlink()
    if content is not None:
        (directories.run / "live.json").write_text(content)
    response = client.get("/")
    assert response.status_code == 200
    assert 'class="card problem"' in response.text
    assert client.get("/healthz").status_code == 503
    assert "pushglance_up 0.0" in client.get("/metrics").text
    assert client.get("/weeks").status_code == 200


def test_values_of_a_silent_agent_are_marked_as_old(client, directories):
    """After minutes without an update the page says that its values are old, and /healthz answers 503."""
    directories.status["wall_ms"] -= 200_000
    directories.write_status()
    html = client.get("/").text
    assert "no update from the agent for 4 min; the values below are old" in html
    assert "Garage open" in html
    assert client.get("/healthz").status_code == 503


def test_stuck_worker_is_named(client, directories):
    """A worker without progress is named on the page and in the metrics, and /healthz answers 503."""
    directories.status["stuck"] = ["courier"]
    directories.write_status()
    html = client.get("/").text
    assert "no progress: courier; systemd restarts the agent if this lasts" in html
    assert "Worker courier" in html
    assert client.get("/healthz").status_code == 503
    assert 'pushglance_worker_stuck{worker="courier"} 1.0' in client.get("/metrics").text


def test_tile_has_state_since_and_reason(client, directories):
    """Groups come first; a state has its beginning, or at least how long; an unknown one is grey with its reason."""
    garage = {"reading": "open", "since_local_s": -1, "held_ms": 35 * 60_000}
    tank = {"text": "?", "reading": "unknown", "unknown": "broker", "unknown_detail": ""}
    group = {"kind": "group", "source": "group", "text": "1 open", "reading": "open", "unreadable": 0}
    directories.status["sensors"]["garage"] |= garage
    directories.status["sensors"]["tank"] |= tank
    directories.status["sensors"]["all"] = group
    directories.status["page"] = {"actions": [], "sensors": {"all": {"members": ["garage"], "combine": "any_open"}}}
    directories.write_status()
    tiles = re.findall(r'<li class="tile ([\w ]+)" title="([^"]*)">(.*?)</li>', client.get("/").text, re.DOTALL)
    words = [re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", tile)).strip() for _, _, tile in tiles]
    assert words[:2] == ["All 1 open", "Garage Garage open for at least 35 min"]
    assert tiles[0][:2] == ("open group", "group, group: garage")
    assert words[3] == "Tank Unknown The MQTT broker has been away for too long"
    assert tiles[3][0] == "unknown"
    directories.status["sensors"]["garage"] |= {"since_local_s": int(time.time()) + time.localtime().tm_gmtoff - 2100}
    directories.write_status()
    assert re.search(r"since (\w{3} )?\d\d:\d\d · 35 min", client.get("/").text)


def test_pushes_are_folded_by_day(client, directories):
    """Each day is one fold with its number of pushes; the answer of Pushover is there on demand."""
    write_year(directories)
    html = client.get("/").text
    days = re.findall(r'<details class="day"[^>]*>\s*<summary><b>([^<]+)</b> <span class="quiet">(\d+) push', html)
    assert {name for name, _ in days} <= {"Today", "Yesterday"}
    assert sum(int(number) for _, number in days) == 15
    assert html.count('<span class="quiet">delivered: request 4e3758f7') == 15
    older = client.get("/pushes?before=5000").text
    assert re.search(r"<b>\w+day, \d\d \w+ \d{4}</b>", older)


def test_icons_and_manifest_are_for_the_home_screen(locked):
    """A phone may read icon and manifest without the password; every icon of the manifest exists."""
    manifest = locked.get("/manifest.webmanifest")
    assert manifest.headers["Content-Type"].startswith("application/manifest+json")
    for icon in manifest.json()["icons"]:
        response = locked.get(icon["src"])
        assert response.status_code == 200
        assert response.headers["Content-Type"] == icon["type"]
    assert locked.get("/touch-icon.png").content.startswith(b"\x89PNG")


def write_hostile_texts(directories):
    """Fill the status file and the store with hostile names and texts."""
    watch = directories.status["watches"].pop("watch")
    watch |= {"shown": {"title": HOSTILE}, "pending": {"text": HOSTILE}, "parked": HOSTILE, "why": HOSTILE}
    directories.status["watches"][HOSTILE] = watch | {"sensors": [HOSTILE]}
    kinds = ("contact", "counter", "gauge", "text")
    directories.status["sensors"] = {
        HOSTILE + kind: {"kind": kind, "source": HOSTILE, "text": HOSTILE, "unreadable": 0} for kind in kinds
    }
    directories.status["links"] = {HOSTILE: 0}
    directories.write_status()
    database = directories.open_store()
    database.execute("UPDATE names SET name = ?", (HOSTILE,))
    for number in range(60):
        sent = json.dumps({"text": HOSTILE})
        database.execute(
            "INSERT INTO pushes SELECT ?, account, device, ?, ?, 'refused', ? FROM names",
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
    """Names, readings, fields and answers of Pushover are escaped on every page."""
    write_hostile_texts(directories)
    if path == "/events":
        pages = Pages(DashboardView(directories.state, directories.run), "token", has_password=False)
        html = "".join(pages.render_sections().values())
    else:
        html = client.get(path).text
    assert "&lt;img src=x" in html
    assert "<img" not in html
    assert "<b>&" not in html
    assert "\u202e" not in html
    assert "{{ 7*7 }}" in html, "a text is never rendered as a template"


def test_svg_is_well_formed(client, directories):
    """Every SVG on the page is well formed."""
    write_year(directories)
    html = client.get("/").text + client.get("/weeks?last=52").text
    drawings = re.findall(r"<svg.*?</svg>", html, re.DOTALL)
    assert len(drawings) > 12
    for drawing in drawings:
        ET.fromstring(drawing)  # noqa: S314 - our own drawing


@pytest.mark.parametrize("path", ["/", "/pushes?before=5000", "/weeks?last=52"])
def test_page_stays_small_after_a_year(client, directories, path):
    """With 10 000 pushes and a year of history a page with its styles and script stays below 100 kB."""
    write_year(directories)
    page = client.get(path)
    assert page.status_code == 200
    files = ("style.css", "page.js", "icon.svg", "touch-icon.png", "manifest.webmanifest")
    weight = len(page.content) + sum(len(client.get(f"/{name}").content) for name in files)
    assert weight < 100 * KILO


@pytest.mark.parametrize(("path", "steps_max"), [("/", 1000), ("/pushes?before=5000", 50), ("/weeks?last=52", 500)])
def test_queries_stay_bounded_after_a_year(client, directories, monkeypatch, path, steps_max):
    """SQLite needs a bounded number of steps for a page after a year: thousands, not millions."""
    write_year(directories)
    steps = []
    opened = history.open_snapshot

    def watched(store_path):
        database = opened(store_path)
        database.set_progress_handler(lambda: steps.append(1) and None, 100)
        return database

    monkeypatch.setattr(history, "open_snapshot", watched)
    assert client.get(path).status_code == 200
    assert 0 < len(steps) < steps_max, "in hundreds of steps of SQLite's virtual machine"


def test_older_pushes_are_linked_page_by_page(client, directories):
    """Links lead from the page to all older pushes, up to the oldest one."""
    write_year(directories)
    path, seen = "/", 0
    for _ in range(4):
        html = client.get(path).text
        seen += html.count("<time")
        path = re.search(r'href="(/pushes\?before=\d+)"', html).group(1)
    assert seen == 15 + 3 * 50
    assert "Older pushes</a>" not in client.get("/pushes?before=30").text


@pytest.mark.parametrize("path", ["/pushes", "/pushes?before=x", "/pushes?before=" + "9" * 30, "/weeks?last=1000"])
def test_invalid_numbers_are_refused(client, path):
    """A missing or invalid number is answered with 400 and the form of the address."""
    response = client.get(path)
    assert response.status_code == 400
    assert "Add " in response.text


def test_unreadable_store_leaves_current_values(client, directories):
    """If the store cannot be read, the page shows the current values without history."""
    directories.state.mkdir()
    (directories.state / "pushglance.db").write_bytes(b"x" * 5000)
    assert "Garage open" in client.get("/").text
    with pytest.raises(sqlite3.Error):
        sqlite3.connect(directories.state / "pushglance.db").execute("SELECT * FROM pushes")
