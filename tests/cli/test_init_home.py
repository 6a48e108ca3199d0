"""`pushglance init` in a home with 25 zigbee2mqtt devices, 2000 retained topics and Home Assistant's discovery."""

import threading
import time
import tomllib
from contextlib import contextmanager

from pushglance.plan import compile_plan
from pushglance.settings import load_settings
from support.servers import zigbee_home
from support.servers.broker import Broker
from support.settings_files import bare_environment, keys
from support.terminal import Terminal

__all__ = ["bare_environment", "keys"]
_KEYSTROKES_PER_S = 3  # of an unpractised typist
_KEY_LENGTH = 30  # pasted


@contextmanager
def _sending(broker, *states):
    """Let devices send their states all the time."""
    has_ended = threading.Event()

    def send():
        while not has_ended.wait(0.2):
            broker.publish_all(zigbee_home.state(name, **changes) for name, changes in states)

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield
    finally:
        has_ended.set()
        thread.join()


def test_home_is_set_up_in_a_minute_of_typing(tmp_path, keys):
    """All devices of a home become sensors with names, words, units and availability, for a minute of typing."""
    file = tmp_path / "mine.toml"
    # mosquitto's own limit of waiting messages, so that a burst of 2000 is one.
    with Broker(tmp_path / "broker", settings=("max_queued_messages 1000",)) as broker:
        broker.publish_all(zigbee_home.retained(), retain=True)
        begin_s = time.monotonic()
        with Terminal("init", str(file)) as person:
            person.answer("Application token", "a" * _KEY_LENGTH)
            person.answer("User key", "u" * _KEY_LENGTH)
            person.answer("Number [1]", "3")
            person.answer("name or address [localhost]", broker.host)
            person.answer("Its port [1883]", str(broker.port))
            person.answer("User name", "")
            person.answer("How many seconds to listen [15]", "10")
            with _sending(broker, ("Front door", {"contact": False}), ("Freezer", {"temperature": -18.42})):
                person.expect("announce devices to Home Assistant")
            person.expect("Front door")
            person.expect("false  [contact]")
            person.expect("-18.42 °C  [gauge]")
            assert "/config" not in person.text
            person.answer("Which ones", "all")
            person.expect("Picked")
            person.answer("Which ones", "")
            person.answer("Change a name or words", "")
            person.answer("Are these 8 doors and windows urgent", "y")
            person.answer("Number [4]", "")
            person.expect("is written")
            assert person.end() == 0, person.text
        waited_s = time.monotonic() - begin_s
    keystrokes = person.keystrokes - 2 * _KEY_LENGTH
    print(f"{keystrokes} keystrokes, {waited_s:.0f} s of waiting")  # noqa: T201
    assert keystrokes / _KEYSTROKES_PER_S < 60
    settings = load_settings(file)
    compile_plan(settings)
    sensors = tomllib.loads(file.read_text())["sensors"]
    devices = {sensor["mqtt"].removeprefix("zigbee2mqtt/") for sensor in sensors.values() if "mqtt" in sensor}
    assert devices == set(zigbee_home.DEVICES) - {"Doorbell"}  # no button is announced, and the bell did not ring
    assert sensors["front_door"] == {
        "kind": "contact",
        "mqtt": "zigbee2mqtt/Front door",
        "value": "/contact",
        "invert": True,
        "device_class": "door",
        "availability": "zigbee2mqtt/Front door/availability",
        "open": "Front door open",
        "closed": "Front door closed",
        "urgent": True,
    }
    assert sensors["freezer_temperature"] == {
        "kind": "gauge",
        "mqtt": "zigbee2mqtt/Freezer",
        "value": "/temperature",
        "decimals": 1,
        "unit": "°C",
        "device_class": "temperature",
        "availability": "zigbee2mqtt/Freezer/availability",
    }
    assert sensors["buero_fenster"]["open"] == "Büro Fenster open"
    assert sensors["washing_machine_energy"]["counts"] == "total"
    assert sensors["openings"]["kind"] == "group"
    assert len(sensors["openings"]["of"]) == 8
    with Terminal("check", "-c", str(file)) as person:
        assert person.end() == 0, person.text
