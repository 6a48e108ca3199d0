"""Every kind and source of sensor on a board: the core shows it, or the settings are refused with a sentence."""

import pytest

from pushglance.errors import SettingsError
from pushglance.plan import board_plan
from pushglance.sandbox import TOKEN, USER, Sandbox
from pushglance.settings import load_settings
from support.boards.board import WAIT_S, Board
from support.servers.broker import Broker

HEAD = """
[pushover]
url = "https://pushover.test"
[board]
ssid = "home"
country = "DE"
ntp = "time.test"
psram = true
[mqtt]
host = "broker.test"
port = {port}
"""
_WINDOW = """kind = "contact"
mqtt = "window"
value = "/contact"
open_payloads = ["false"]
closed_payloads = ["true"]
open = "ajar"
"""
# (sensor, its settings below [sensors.NAME], topic, payload, what the watch shows)
KINDS = [
    ("door", 'kind = "contact"\ngpio = 17\nopen = "open"', "", "", "open"),
    ("window", _WINDOW, "window", '{"contact": false}', "ajar"),
    ("washer", 'kind = "contact"\nmqtt = "watts"\nopen_above = 20\nopen = "runs"', "watts", "350",
     "runs"),
    ("motion", 'kind = "contact"\nmqtt = "motion"\nhold = "10min"\nopen = "moved"', "motion", "on", "moved"),
    ("bell", 'kind = "counter"\nmqtt = "bell"\ncounts = "messages"\nresets = "never"', "bell", "ring", "1"),
    ("meter", 'kind = "counter"\nmqtt = "kwh"\ncounts = "increments"\nmultiply = 0.5\ndecimals = 1\nresets = "never"',
     "kwh", "3", "1.5"),
    ("boiler", 'kind = "gauge"\nmqtt = "boiler"\nmultiply = 0.001\nvalid = { min = 0, max = 100 }\ndecimals = 1',
     "boiler", "20500", "20.5"),
    ("note", 'kind = "text"\nlength = 8\nmqtt = "note"\nmap = { "2" = "Turbo" }', "note", "2", "Turbo"),
    ("shed", 'kind = "contact"\nnode = "pi"\nopen = "far"', "pushglance/pi/sensor/shed", "open", "far"),
    ("both", 'kind = "group"\nof = ["door", "window"]\ncombine = "count"', "", "", "2"),
    ("most", 'kind = "group"\nof = ["boiler"]\ncombine = "max"\ndecimals = 1', "", "", "20.5"),
]  # fmt: skip
REFUSED = {
    "a file": ('kind = "gauge"\nfile = "/sys/class/thermal/thermal_zone0/temp"', "cannot read files"),
    "both edges": ('kind = "counter"\ngpio = 5\nedges = "both"', "counts plain pulses"),
    "a dead time": ('kind = "counter"\ngpio = 5\ndead_time = "2s"', "counts plain pulses"),
    "a message": ('kind = "contact"\ngpio = 5\nleft_open = { after = "20min" }', "sends no messages"),
}


@pytest.fixture(autouse=True)
def keys(monkeypatch):
    monkeypatch.setenv("PUSHGLANCE_PUSHOVER__TOKEN", TOKEN)
    monkeypatch.setenv("PUSHGLANCE_PUSHOVER__USER", USER)
    monkeypatch.setenv("PUSHGLANCE_BOARD__PASSWORD", "wifi password")


def test_every_kind_is_shown(tmp_path):
    """Each kind of sensor, with what changes its value, runs in the core of a board, and the watch shows it."""
    with Broker(tmp_path / "broker") as broker, Sandbox() as sandbox:
        sensors = "".join(f"[sensors.{name}]\n{keys}\n" for name, keys, *_ in KINDS)
        text = " ".join(f"{{{name}}}" for name, *_ in KINDS)
        path = tmp_path / "pushglance.toml"
        path.write_text(f'{HEAD.format(port=broker.port)}{sensors}[glance]\ntext = "{text}"\n')
        plan = board_plan(load_settings(path, "pico_w"), 4_000_000_000)
        plan["pushover"]["url"] = sandbox.url
        plan["watches"][0] |= {"pacing": "spacing", "spacing_ms": 0}
        pulses = [(topic, payload) for name, _, topic, payload, _ in KINDS if name in ("bell", "meter")]
        broker.publish("pushglance/pi/status", "online", retain=True)
        for _, _, topic, payload, _ in KINDS:
            if topic and (topic, payload) not in pulses:
                broker.publish(topic, payload, retain=True)
        with Board(tmp_path / "flash", plan) as board:
            board.start(heap="1M")
            sandbox.wait_for(lambda: "Turbo" in (sandbox.screen(USER)["text"] or ""), WAIT_S)
            broker.publish_all(pulses)
            shown = " ".join(value for *_, value in KINDS)
            sandbox.wait_for(lambda: sandbox.screen(USER)["text"] == shown, WAIT_S)


@pytest.mark.parametrize(("sensor", "sentence"), REFUSED.values(), ids=REFUSED.keys())
def test_what_a_board_lacks_is_refused(tmp_path, sensor, sentence):
    """What no board can read is refused with a sentence that names the board."""
    path = tmp_path / "pushglance.toml"
    path.write_text(f'{HEAD.format(port=1883)}[sensors.other]\n{sensor}\n[glance]\ntext = "{{other}}"\n')
    with pytest.raises(SettingsError, match=sentence) as caught:
        load_settings(path, "pico_w")
    assert "Raspberry Pi Pico W" in str(caught.value)
