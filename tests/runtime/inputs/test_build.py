"""Which inputs a Plan asks for, and what it does not import."""

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
    """Build the inputs of a plan with these sensors, and stop them at the end."""
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
    for one in built:
        one.stop()


def names(inputs):
    return [type(one).__name__ for one in inputs]


def test_each_pin_sensor_has_an_input_of_its_kind(build, sensor):
    """Contacts and counters on pins share one factory."""
    inputs = build(sensor("contact"), sensor("counter", name="visitors", gpio=27))
    assert names(inputs) == ["ContactInput", "PulseInput"]
    assert inputs[0]._pin._factory is inputs[1]._pin._factory


def test_all_topics_share_one_input_if_there_is_a_broker(build, sensor):
    """One connection for all topics; without a broker in the plan there is none."""
    topics = [sensor("gauge", name="a", topic="a"), sensor("text", name="b", topic="b")]
    assert names(build(*topics)) == []
    assert names(build(*topics, mqtt=MQTT)) == ["MqttConnection"]


def test_the_hand_takes_the_road_of_the_inputs(build, sensor, queue, tmp_path):
    """With a FIFO in the plan, its lines reach the plan's pins and topics, broker or not."""
    inputs = build(sensor("contact", pull="down"), sensor("gauge", name="tank", topic="t"), hand=tmp_path / "hand")
    assert names(inputs) == ["ContactInput", "SimulatorInput"]
    for one in inputs:
        one.start()
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


def test_a_factory_that_is_not_there_is_said_at_once(build, sensor, monkeypatch):
    """No way to the pins ends the build with a sentence, and nothing else is tried."""
    monkeypatch.setitem(pin_factory._FACTORIES, "native", ("no.such.module", ""))
    with pytest.raises(HardwareUnavailable):
        build(sensor("contact"), factory="native")


def test_real_pins_are_read_by_gpiod(build, sensor, monkeypatch):
    """On lgpio's chip contacts and counters share one input of libgpiod's, and gpiozero is not even asked."""
    monkeypatch.setattr(gpio_chips, "import_module", lambda _name: fake_gpiod.Board({}).module())
    monkeypatch.setitem(pin_factory._FACTORIES, "lgpio", ("no.such.module", ""))
    pins = [sensor("contact"), sensor("counter", name="a", gpio=5), sensor("counter", name="b", gpio=6)]
    assert names(build(*pins, factory="lgpio")) == ["GpiodInput"]


def test_without_gpiod_contacts_are_read_by_gpiozero(build, sensor, monkeypatch, caplog):
    """The named factory reads contacts as well, if not as lightly: nothing is lost, so nothing is said."""
    monkeypatch.setattr(gpio_chips, "import_module", lambda _name: fake_gpiod.SimpleNamespace(__version__="1.5.4"))
    monkeypatch.setitem(pin_factory._FACTORIES, "lgpio", pin_factory._FACTORIES["mock"])
    assert names(build(sensor("contact"), factory="lgpio")) == ["ContactInput"]
    assert caplog.records == []


def test_without_gpiod_pulses_fall_back_and_that_is_said(build, sensor, monkeypatch, caplog):
    """The named factory counts, and one sentence says what is lost and how to mend it."""
    monkeypatch.setattr(gpio_chips, "import_module", lambda _name: fake_gpiod.SimpleNamespace(__version__="1.5.4"))
    monkeypatch.setitem(pin_factory._FACTORIES, "lgpio", pin_factory._FACTORIES["mock"])
    assert names(build(sensor("counter"), factory="lgpio")) == ["PulseInput"]
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "misses edges and does not know it: the gpiod here (1.5.4) is of libgpiod 1" in caplog.text


def test_another_factory_counts_by_itself(build, sensor, monkeypatch):
    """Whoever names another way to the pins gets it for pulses, too: it may lead to another machine."""
    monkeypatch.setattr(gpio_chips, "import_module", lambda _name: pytest.fail("gpiod was asked for"))
    assert names(build(sensor("counter"), factory="mock")) == ["PulseInput"]


@pytest.mark.parametrize(
    ("plan", "absent"),
    [
        ("{'sensors': [], 'mqtt': None, 'hand': ''}", ["gpiozero", "paho", "ssl"]),
        ("{'sensors': [], 'mqtt': {}, 'hand': ''}", ["gpiozero", "paho", "ssl"]),
        ("{'sensors': [], 'mqtt': None, 'hand': '/hand', 'gpio': {'factory': 'lgpio'}}", ["gpiozero", "paho", "ssl"]),
    ],
)
def test_what_is_not_asked_for_is_not_imported(plan, absent):
    """A daemon without pins has no gpiozero in memory, one without topics no paho and no TLS."""
    program = (
        "import sys; from pushglance.runtime.inputs.build import build_inputs\n"
        f"build_inputs({plan}, None, None); print(sorted(set(sys.modules) & set({absent})))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], env={"PYTHONPATH": str(AGENT)}, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
