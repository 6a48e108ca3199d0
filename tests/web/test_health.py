"""Health: what is wrong on the page, at /healthz for monitors, and in the metrics for Prometheus."""

import re

import pytest
from prometheus_client.parser import text_string_to_metric_families

from pushglance.runtime.storage.history_writer import day_of
from support.agent.agent_directories import HOUR_MS

REFUSED = {
    "parked": "device name is not valid",
    "refusal": {"cause": "device", "next_try_in_ms": 5 * HOUR_MS, "left_out": []},
}
ALARMS = {
    "reported": {"garage": ""},
    "left": 9,
    "capacity": 10,
    "parked": "",
    "due": [],
    "explanation": "",
    "noted": {},
}


def test_refusal_of_a_watch_is_shown_once(client, directories):
    """A watch that Pushover refuses has one sentence with the cure and the next try, and no second one."""
    directories.status["watches"]["watch"] |= REFUSED | {
        "why": "parked",
        "explanation": "waits to try again: Pushover refused: device name is not valid; next try 21:00 (in 5 h)",
    }
    directories.write_status()
    html = client.get("/").text
    assert html.count("device name is not valid") == 1
    assert "log in again in the app there" in html
    assert "next try in 5 h" in html


def test_refusal_of_an_alarm_is_shown_once_in_the_card(client, directories):
    """An alarm that Pushover refuses is named, and the refusal is explained once."""
    directories.status["messages"] = (
        ALARMS
        | REFUSED
        | {
            "due": ["garage"],
            "why": "parked",
            "explanation": "garage: waits to try again: Pushover refused: device name is not valid; next try 21:00",
        }
    )
    directories.write_status()
    html = client.get("/").text
    assert "garage: waits because Pushover refused" in html
    assert html[html.index('<div id="messages">') :].count("device name is not valid") == 1


@pytest.mark.parametrize(
    ("watch", "messages", "is_well"),
    [
        ({}, None, True),
        ({}, ALARMS, True),
        (REFUSED, ALARMS, False),
        ({}, ALARMS | REFUSED, False),
        ({}, ALARMS | {"due": ["garage"], "explanation": "garage: waits to try again"}, False),
        ({}, ALARMS | {"noted": {"garage": "alarm not sent"}}, False),
    ],
)
def test_health_knows_of_what_is_held_up(client, directories, watch, messages, is_well):
    """/healthz is 503 while a watch or alarms are refused, or an alarm waits or was missed; it names none of them."""
    directories.status["watches"]["watch"] |= watch
    directories.status["messages"] = messages
    directories.write_status()
    response = client.get("/healthz")
    assert (response.status_code == 200) == is_well
    assert response.text == ("ok\n" if is_well else "working, but a watch or an alarm is held up: see the page\n")


def test_alarm_that_was_not_given_is_shown(client, directories):
    """The health of messages is on the page and in the metrics, as that of a watch."""
    directories.status["messages"] = {
        "reported": {"garage": "missed"},
        "left": 9,
        "capacity": 10,
        "parked": "",
        "due": ["garage"],
        "explanation": "garage: waits to try again: no connection",
        "noted": {"garage": "alarm not sent"},
    }
    directories.write_status()
    html = client.get("/").text
    section = html[html.index('<div id="messages">') :]
    assert "garage: waits to try again: no connection" in section
    assert "garage: alarm not sent" in section
    assert "garage: waits to try again" in html[: html.index('id="sensors"')], "an alarm is seen first"
    assert re.search(r"Messages</span><span class=\"value error\">", html)
    metrics = client.get("/metrics").text
    for line in ("messages_left 9.0", "messages_due 1.0", "messages_parked 0.0", "messages_problems 1.0"):
        assert f"pushglance_{line}" in metrics


def test_health_has_a_bar_for_each_day(client, directories):
    """Thirty bars show delivered, uncertain and refused days, and days without a push."""
    database = directories.open_store()
    account, device = database.execute("SELECT account, device FROM names").fetchone()
    today = day_of(directories.now_ms())
    for ago, outcome in (
        (0, "delivered"),
        (1, "delivered"),
        (1, "unknown"),
        (2, "unknown"),
        (3, "delivered"),
        (3, "refused"),
        (40, "refused"),
    ):
        database.execute("INSERT INTO push_days VALUES (?, ?, ?, ?, 2)", (account, device, today - ago, outcome))
    database.commit()
    database.close()
    bars = re.search(r'<svg class="bars".*?</svg>', client.get("/").text, re.DOTALL)[0]
    assert {kind: path.count("M") for kind, path in re.findall(r'class="(\w+)" d="([^"]+)"', bars)} == {
        "none": 26,
        "error": 2,
        "warn": 1,
        "ok": 1,
    }
    assert "6 of 12 pushes delivered in 30 days" in bars


def test_metrics_have_the_values_of_the_status(client):
    """The metrics are in Prometheus' format and contain the values of the status file."""
    text = client.get("/metrics").text
    values = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert values["pushglance_up",] == 1
    assert values["pushglance_pushes_left", "watch"] == 48
    assert values["pushglance_link_up", "mqtt"] == 0
    assert values["pushglance_sensor_value", "tank"] == 40
    assert values["pushglance_unreadable_payloads_total", "tank"] == 3
    assert values["pushglance_edges_lost_total", "visitors"] == 0


def test_metrics_have_every_kind_of_sensor_alarms_and_receivers(client, directories):
    """Contacts, doors and groups, ages, alarms and what Pushover refuses have metrics, too."""
    directories.status["sensors"]["garage"] |= {"reading": "open", "age_ms": 2500}
    directories.status["sensors"]["gate"] = {"kind": "group", "source": "group", "text": "?", "unreadable": 0}
    directories.status["sensors"]["gate"] |= {"reading": "moving", "text": "moving"}
    directories.status["sensors"]["sum"] = directories.status["sensors"]["gate"] | {"reading": "12.5", "text": "12.5"}
    directories.status["sensors"]["cellar"] = directories.status["sensors"]["garage"] | {"reading": "unknown"}
    directories.status["messages"] = ALARMS | REFUSED | {"due": ["gate"], "noted": {"cellar": "alarm not sent"}}
    directories.status["messages"]["reported"] = {"garage": "1"}
    directories.write_status()
    lines = client.get("/metrics").text.splitlines()
    for line in (
        'sensor_open{sensor="garage"} 1.0',
        'sensor_open{sensor="gate"} 1.0',
        'sensor_value{sensor="sum"} 12.5',
        'sensor_unknown{sensor="note"} 1.0',
        'sensor_age_seconds{sensor="garage"} 2.5',
        'alarm_reported{sensor="garage"} 1.0',
        'alarm_waiting{sensor="gate"} 1.0',
        'alarm_failed{sensor="cellar"} 1.0',
        'receiver_parked{receiver="watch"} 0.0',
        'receiver_parked{receiver="messages"} 1.0',
    ):
        assert f"pushglance_{line}" in lines, line
    assert not any(line.startswith('pushglance_sensor_open{sensor="cellar"}') for line in lines), (
        "an unknown contact is neither open nor closed"
    )
