"""The Plan of settings: ints in the unit of their key, wiring as levels, users as hashes."""

import json
import socket

import pytest

from pushglance.core.plan_types import PLAN_VERSION
from pushglance.plan import compile_plan

_GLANCE = "[glance]\ntitle = 'x'\n"
_BROKER = "[mqtt]\nhost = 'h'\n"


@pytest.fixture
def plan(load):
    """Return a function from the text of a file to its Plan; a missing glance or broker is added."""

    def plan(text):
        text += "" if "glance" in text else _GLANCE
        return compile_plan(load(text + ("" if "[mqtt]" in text or "mqtt =" not in text else _BROKER)))

    return plan


@pytest.fixture
def sensor(plan):
    """Return a function from the lines of one sensor to its plan."""
    return lambda lines: plan(f"[sensors.a]\n{lines}\n")["sensors"][0]


@pytest.mark.parametrize(
    ("wiring", "open_level", "active_level"),
    [
        ("", 1, 0),
        ("pull = 'up'", 1, 0),
        ("pull = 'none'", 1, 0),
        ("pull = 'down'", 0, 1),
        ("invert = true", 0, 1),
        ("pull = 'down'\ninvert = true", 1, 0),
        ("pull = 'none'\ninvert = true", 0, 1),
    ],
)
def test_level_follows_pull_and_invert(sensor, wiring, open_level, active_level):
    """An open switch leaves the pin to its pull resistor, a pulse closes it; invert swaps both."""
    assert sensor(f"kind = 'contact'\ngpio = 4\n{wiring}")["open_level"] == open_level
    assert sensor(f"kind = 'counter'\ngpio = 4\n{wiring}")["active_level"] == active_level


def test_contact_on_a_pin_has_all_defaults(sensor):
    """A contact on a pin has every default and no key of a topic."""
    assert sensor("kind = 'contact'\ngpio = 4") == {
        "name": "a",
        "kind": "contact",
        "source": "gpio",
        "urgent": 0,
        "share": 100,
        "weight": 500_000,
        "retained": "baseline",
        "settle_open_ms": 200,
        "settle_closed_ms": 200,
        "open": "Open",
        "closed": "Closed",
        "gpio": 4,
        "pull": "up",
        "open_level": 1,
    }


def test_contact_on_a_topic_has_lower_case_payloads(sensor):
    """A contact on a topic does not settle, and its payloads are lower case; invert swaps them."""
    normal = sensor("kind = 'contact'\nmqtt = 'w'\nopen_payloads = ['AUF', 1, true]\nurgent = true")
    assert normal == {
        "name": "a",
        "kind": "contact",
        "source": "mqtt",
        "urgent": 1,
        "share": 80,
        "weight": 1_000_000,
        "retained": "baseline",
        "stale_ms": 0,
        "settle_open_ms": 0,
        "settle_closed_ms": 0,
        "open": "Open",
        "closed": "Closed",
        "topic": "w",
        "qos": 1,
        "pointer": "",
        "open_payloads": ["auf", "1", "true"],
        "closed_payloads": ["closed", "off", "false", "0"],
    }
    inverted = sensor("kind = 'contact'\nmqtt = 'w'\ninvert = true")
    assert inverted["open_payloads"] == ["closed", "off", "false", "0"]
    assert inverted["closed_payloads"] == ["on", "open", "true", "1"]


@pytest.mark.parametrize(
    ("settle", "expected"),
    [
        ("'1.5s'", (1500, 1500)),
        ("{ open = '50ms', closed = '2s' }", (50, 2000)),
        ("{ closed = '2s' }", (200, 2000)),
        ("'0s'", (0, 0)),
        ("{ open = '0s' }", (0, 200)),
    ],
)
def test_settle_time_of_one_or_two_directions(sensor, settle, expected):
    """One settle time is for both directions; a missing one of two takes the default, and 0 is a value."""
    plan = sensor(f"kind = 'contact'\ngpio = 4\nsettle = {settle}")
    assert (plan["settle_open_ms"], plan["settle_closed_ms"]) == expected


@pytest.mark.parametrize(
    ("settings", "weight", "change"),
    [
        ("kind = 'contact'\ngpio = 4", 500_000, None),
        ("kind = 'contact'\ngpio = 4\nurgent = true", 1_000_000, None),
        ("kind = 'contact'\ngpio = 4\nurgent = true\nweight = 2.5", 2_500_000, None),
        ("kind = 'text'\nmqtt = 'x'", 500_000, None),
        ("kind = 'counter'\ngpio = 4", 200_000, 10),
        ("kind = 'counter'\ngpio = 4\nsignificant_change = 3\nweight = 0.000001", 1, 3),
        ("kind = 'gauge'\nmqtt = 'x'\ndecimals = 1", 200_000, 100),
        ("kind = 'gauge'\nmqtt = 'x'\nlow = 0\nhigh = 5", 200_000, 1),
        ("kind = 'gauge'\nmqtt = 'x'\ndecimals = 2\nsignificant_change = 0.5", 200_000, 50),
    ],
)
def test_weight_and_significant_change(sensor, settings, weight, change):
    """Weight and significant change are as written, or follow from kind, urgency and the range from low to high."""
    plan = sensor(settings)
    assert (plan["weight"], plan.get("significant_change")) == (weight, change)


def test_counter_has_the_keys_of_its_source(sensor):
    """A counter on a pin has a width in us; a counter on a topic has what it counts and its QoS."""
    pin = sensor("kind = 'counter'\ngpio = 4\nresets = 'daily'")
    assert (pin["width_us"], pin["resets"], "counts" in pin) == (5000, "daily", False)
    messages = sensor("kind = 'counter'\nmqtt = 'w'")
    assert (messages["counts"], messages["qos"], "width_us" in messages) == ("messages", 2, False)
    assert sensor("kind = 'counter'\nmqtt = 'w'\ncounts = 'total'")["qos"] == 1
    assert sensor("kind = 'counter'\nmqtt = 'w'\nqos = 0")["qos"] == 0


def test_gauge_has_scaled_ints(sensor):
    """The numbers of a gauge are exact ints scaled by its decimals, and its time is in ms."""
    plan = sensor(
        "kind = 'gauge'\nmqtt = 'w'\nvalue = '/a/b'\ndecimals = 2\ndeadband = 0.1\nlow = -10\nhigh = 12.30\n"
        "stale_after = '2h'"
    )
    assert [plan[key] for key in ("decimals", "deadband", "low", "high", "stale_ms")] == [2, 10, -1000, 1230, 7_200_000]
    assert (plan["pointer"], plan["topic"]) == ("/a/b", "w")


def test_text_has_40_characters_and_never_gets_stale(sensor):
    """By default a text is cut at 40 characters and never gets stale."""
    plan = sensor("kind = 'text'\nmqtt = 'w'\nretained = 'ignore'")
    assert (plan["length"], plan["stale_ms"], plan["retained"]) == (40, 0, "ignore")


def test_glance_defines_one_watch(plan):
    """[glance] defines one watch with the device and user of [pushover]; its fields are in Pushover's order."""
    made = plan(
        "[pushover]\ndevice = 'mine'\n[budget]\npushes = 40\nspacing = '0s'\n"
        "[sensors.a]\nkind = 'contact'\ngpio = 4\n[glance]\ntext = '{a} {{since}} {a.since}'\ntitle = ''\n"
    )
    [watch] = made["watches"]
    assert {key: watch[key] for key in ("name", "device", "pushes", "spacing_ms", "fields")} == {
        "name": "watch",
        "device": "mine",
        "pushes": 40,
        "spacing_ms": 0,
        "fields": [
            {"name": "title", "parts": []},
            {"name": "text", "parts": [["a", ""], " {since} ", ["a", "since"]]},
        ],
    }


def _watch(name, user="", device="d", title="x"):
    key = f"user = '{user * 30}'\n" if user else ""
    return f"[watches.{name}]\n{key}device = '{device}'\nglance.title = '{title}'\n"


def test_account_depends_on_the_user_only(plan):
    """The account is a hash of the user key; the names of watch and device do not matter."""
    made = plan(_watch("anna", "a") + _watch("ben", "a", "e") + _watch("carl", "c") + _watch("dora"))
    accounts = [watch["account"] for watch in made["watches"]]
    assert accounts[0] == accounts[1]
    assert len(set(accounts)) == 3
    assert all(len(account) == 16 and int(account, 16) >= 0 for account in accounts)
    assert made["secrets"]["users"] == {
        "anna": "a" * 30,
        "ben": "a" * 30,
        "carl": "c" * 30,
        "dora": made["secrets"]["users"]["dora"],
    }


def test_fingerprint_changes_with_what_pushover_can_refuse(plan, monkeypatch):
    """The fingerprint changes with everything that a refusal can depend on, and with nothing else."""

    def fingerprint(text):
        return plan(text)["watches"][0]["fingerprint"]

    base = fingerprint(_watch("anna", "a"))
    assert fingerprint(_watch("bert", "a") + "[budget]\npushes = 4\n[sensors.a]\nkind = 'contact'\ngpio = 4\n") == base
    changed = {
        fingerprint(_watch("anna", "b")),
        fingerprint(_watch("anna", "a", "e")),
        fingerprint(_watch("anna", "a", title="y")),
        fingerprint(_watch("anna", "a") + "[pushover]\nurl = 'https://h'\n"),
    }
    monkeypatch.setenv("PUSHGLANCE_PUSHOVER__TOKEN", "z" * 30)
    changed.add(fingerprint(_watch("anna", "a")))
    assert len(changed) == 5
    assert base not in changed


def test_broker_has_defaults_and_absolute_paths(plan, tmp_path):
    """The broker has every default, TLS has another default port, and paths are absolute."""
    made = plan("[mqtt]\nhost = 'h'\n")["mqtt"]
    assert (made["port"], made["version"], made["keepalive_s"], made["tls"]) == (1883, "auto", 60, 0)
    assert (made["username"], made["ca_file"]) == ("", "")
    (tmp_path / "ca.pem").write_text("x")
    made = plan("[mqtt]\nhost = 'h'\ntls = true\nca_file = 'ca.pem'\nversion = '5'\nkeepalive = '2min'\n")["mqtt"]
    assert (made["port"], made["keepalive_s"], made["ca_file"]) == (8883, 120, str(tmp_path / "ca.pem"))


@pytest.mark.parametrize(
    ("host", "client_id"),
    [
        ("pi", "pushglance-pi"),
        ("pi.home/#", "pushglance-pi-home"),
        ("", "pushglance-agent"),
        ("x" * 99, "pushglance-" + "x" * 53),
    ],
)
def test_client_id_is_made_of_the_host_name(plan, monkeypatch, host, client_id):
    """The client id is made of this computer's name, with characters and a length that every broker accepts."""
    monkeypatch.setattr(socket, "gethostname", lambda: host)
    assert plan(_BROKER)["mqtt"]["client_id"] == client_id


def test_simulation_has_no_broker_and_mock_pins(plan):
    """The Plan of a simulation has no broker and mock pins, whatever the other tables contain."""
    made = plan(
        "[simulation]\nhand = '/run/hand'\n[gpio]\nfactory = 'lgpio'\n"
        "[mqtt]\nhost = 'h'\nusername = 'u'\npassword = 'p'\n"
        "[sensors.a]\nkind = 'text'\nmqtt = 'w'\n"
    )
    assert (made["mqtt"], made["gpio"]["factory"], made["hand"]) == (None, "mock", "/run/hand")
    assert made["secrets"]["mqtt_password"] == ""
    assert made["sensors"][0]["topic"] == "w"


def test_plan_is_json_of_ints_and_strings(plan):
    """A Plan has no float and no boolean, and null only for a missing broker, node or messages."""
    made = plan(
        "[sensors.a]\nkind = 'contact'\ngpio = 4\nurgent = true\n"
        "[sensors.b]\nkind = 'gauge'\nmqtt = 'w'\ndecimals = 6\ndeadband = 0.000001\n"
        "[sensors.c]\nkind = 'text'\nmqtt = 'w'\n[sensors.d]\nkind = 'counter'\ngpio = 5\n"
        "[sensors.e]\nkind = 'contact'\ngpio = 6\nleft_open = '20min'\n"
    )
    assert json.loads(json.dumps(made)) == made
    assert made["version"] == PLAN_VERSION
    assert made.pop("node") is None
    assert (made["clock"], made["hand"], made["pushover"]["connect_ms"]) == ("synchronised", "", 10_000)
    _assert_plain(made)


def _assert_plain(value):
    if isinstance(value, (dict, list)):
        for inner in value.values() if isinstance(value, dict) else value:
            _assert_plain(inner)
    else:
        assert type(value) in {int, str}, value
