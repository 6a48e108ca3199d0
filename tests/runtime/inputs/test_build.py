"""The inputs that are built for a Plan, and the libraries that are not imported for it."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from pushglance.errors import HardwareUnavailable
from pushglance.runtime.inputs.build import build_inputs
from pushglance.runtime.inputs.gpio import gpio_chips, pin_factory
from support import fake_gpiod, plans

AGENT = Path(__file__).parents[3] / "agent"
MQTT = plans.mqtt(version="5")


@pytest.fixture
def build(queue, clock):
    """Return a function that builds the inputs of a Plan with these sensors; they are stopped at the end."""
    built = []

    def build(*sensors, mqtt=None, hand="", factory="mock"):
        plan = {
            "sensors": list(sensors),
            "mqtt": mqtt,
            "gpio": {"factory": factory},
            "hand": str(hand),
            "secrets": {"mqtt_password": ""},
        }
        built.extend(build_inputs(plan, queue, clock.now_ms))
        return built

    yield build
    for source_input in built:
        source_input.stop()


def pieces(inputs):
    """Return the inputs, and instead of all pins those that read them."""
    found = []
    for one in inputs:
        if type(one).__name__ != "PinInputs":
            found.append(one)
            continue
        shared = one._build(one._sensors)
        found += [one._build([sensor]) for sensor in one._sensors] if shared is None else [shared]
    return found


def names(inputs):
    return [type(source_input).__name__ for source_input in pieces(inputs)]


def test_each_pin_has_an_input(build, sensor):
    """With gpiozero each contact and each counter has its own input, and they share one factory."""
    inputs = build(sensor("contact"), sensor("counter", name="visitors", gpio=27))
    assert names(inputs) == ["ContactInput", "PulseInput"]
    contact, pulses = pieces(inputs)
    assert contact._pin._factory is pulses._pin._factory


def test_topics_share_one_connection(build, sensor):
    """All topics share one connection; without a broker in the Plan there is none."""
    topics = [sensor("gauge", name="a", topic="a"), sensor("text", name="b", topic="b")]
    assert names(build(*topics)) == []
    assert names(build(*topics, mqtt=MQTT)) == ["MqttConnection"]


def test_simulator_drives_pins_and_topics(build, sensor, queue, tmp_path):
    """With a FIFO in the Plan its lines reach the pins and topics, also without a broker."""
    inputs = build(sensor("contact", pull="down"), sensor("gauge", name="tank", topic="t"), hand=tmp_path / "hand")
    assert names(inputs) == ["ContactInput", "SimulatorInput"]
    for source_input in inputs:
        source_input.start()
    (tmp_path / "hand").write_bytes(b"pin 17 1\ntopic t 5\n")
    queue.wait_for(["EdgeSeen", "door", 0], ["EdgeSeen", "door", 1], ["ValueSeen", "tank", "5", 0])


def test_simulator_does_not_drive_real_pins(build, sensor, monkeypatch, tmp_path, caplog):
    """With another pin factory than mock, a pin line is refused."""
    monkeypatch.setitem(pin_factory._FACTORIES, "lgpio", pin_factory._FACTORIES["mock"])
    inputs = build(sensor("contact"), hand=tmp_path / "hand", factory="lgpio")
    inputs[1].start()
    (tmp_path / "hand").write_bytes(b"pin 17 1\n")
    deadline_s = time.monotonic() + 2
    while not caplog.records and time.monotonic() < deadline_s:
        time.sleep(0.01)
    assert "only mock pins can be driven" in caplog.text


def test_missing_factory_raises_an_error(build, sensor, monkeypatch):
    """If the pins cannot be used and nothing else is read, the start fails, and no other factory is tried."""
    monkeypatch.setitem(pin_factory._FACTORIES, "native", ("no.such.module", ""))
    [pins] = build(sensor("contact"), factory="native")
    with pytest.raises(HardwareUnavailable, match="'native' needs no"):
        pins.start()


def test_missing_factory_leaves_the_topics(build, sensor, monkeypatch, queue):
    """If topics are read, too, the pins are unknown with the reason, and the daemon goes on."""
    monkeypatch.setitem(pin_factory._FACTORIES, "native", ("no.such.module", ""))
    topic = sensor("gauge", name="a", topic="a")
    build(sensor("contact"), topic, mqtt=MQTT, factory="native")[0].start()
    [row] = queue.rows()
    assert row[:4] == ["AvailabilityChanged", "door", "input", 0]
    assert "'native' needs no" in row[4]


def test_real_pins_are_read_with_gpiod(build, sensor, monkeypatch):
    """With factory lgpio contacts and counters share one input with libgpiod, and gpiozero is not used."""
    monkeypatch.setattr(gpio_chips, "import_module", lambda _name: fake_gpiod.Board({}).module())
    monkeypatch.setitem(pin_factory._FACTORIES, "lgpio", ("no.such.module", ""))
    pins = [sensor("contact"), sensor("counter", name="a", gpio=5), sensor("counter", name="b", gpio=6)]
    assert names(build(*pins, factory="lgpio")) == ["GpiodInput"]


def test_contacts_without_gpiod_are_read_with_gpiozero(build, sensor, monkeypatch, caplog):
    """Without libgpiod gpiozero reads contacts, without a warning, because no edge is lost."""
    monkeypatch.setattr(gpio_chips, "import_module", lambda _name: fake_gpiod.SimpleNamespace(__version__="1.5.4"))
    monkeypatch.setitem(pin_factory._FACTORIES, "lgpio", pin_factory._FACTORIES["mock"])
    assert names(build(sensor("contact"), factory="lgpio")) == ["ContactInput"]
    assert caplog.records == []


def test_pulses_without_gpiod_make_a_warning(build, sensor, monkeypatch, caplog):
    """Without libgpiod gpiozero counts pulses, and one warning says what is lost and how to fix it."""
    monkeypatch.setattr(gpio_chips, "import_module", lambda _name: fake_gpiod.SimpleNamespace(__version__="1.5.4"))
    monkeypatch.setitem(pin_factory._FACTORIES, "lgpio", pin_factory._FACTORIES["mock"])
    assert names(build(sensor("counter"), factory="lgpio")) == ["PulseInput"]
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert (
        "misses edges without notice above about 50 a second: the gpiod here (1.5.4) belongs to libgpiod 1"
        in caplog.text
    )


def test_other_factory_does_not_use_gpiod(build, sensor, monkeypatch):
    """Another factory than lgpio counts pulses, too, because its pins may be on another machine."""
    monkeypatch.setattr(gpio_chips, "import_module", lambda _name: pytest.fail("gpiod was imported"))
    assert names(build(sensor("counter"), factory="mock")) == ["PulseInput"]


@pytest.mark.parametrize(
    ("plan", "absent"),
    [
        ("{'sensors': [], 'mqtt': None, 'hand': ''}", ["gpiozero", "paho", "ssl"]),
        ("{'sensors': [], 'mqtt': {}, 'hand': ''}", ["gpiozero", "paho", "ssl"]),
        ("{'sensors': [], 'mqtt': None, 'hand': '/hand', 'gpio': {'factory': 'lgpio'}}", ["gpiozero", "paho", "ssl"]),
    ],
)
def test_unused_libraries_are_not_imported(plan, absent):
    """Without pins gpiozero is not imported, and without topics neither paho nor TLS."""
    program = (
        "import sys; from pushglance.runtime.inputs.build import build_inputs\n"
        f"build_inputs({plan}, None, None); print(sorted(set(sys.modules) & set({absent})))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], env={"PYTHONPATH": str(AGENT)}, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
