"""The doctor's checks of pins: devices, factory, consumers, levels, edges."""

import os
import threading
import time
from functools import partial
from itertools import count
from pathlib import Path

import pytest
from gpiozero.pins import mock

from pushglance.doctor.check_result import OK, SKIPPED, WARNING, WRONG
from pushglance.doctor.checks.inputs import gpio_access, gpio_live
from pushglance.doctor.checks.inputs.gpio_access import check_pins
from pushglance.doctor.checks.inputs.gpio_live import check_lines
from pushglance.doctor.probes import gpio_consumers
from pushglance.errors import HardwareUnavailable
from pushglance.runtime.inputs.gpio import gpio_chips, pin_reader
from pushglance.runtime.inputs.gpio.input_pin import _open_error
from support import fake_gpiod, plans

LGPIO = {"gpio": {"factory": "lgpio"}}


class DrivenPin(mock.MockPin):
    """A pin whose level comes from its wiring, whatever its pull."""

    wired = 0

    def _set_pull(self, value):
        super()._set_pull(value)
        self._change_state(self.wired)


class HighPin(DrivenPin):
    wired = 1


@pytest.fixture
def factory(monkeypatch, tmp_path):
    """Return the mock factory that replaces real pins; without a chip whose lines have consumers."""
    monkeypatch.setattr(gpio_chips, "_DEVICES", tmp_path / "dev")
    pins = mock.MockFactory()
    monkeypatch.setattr(pin_reader, "build_pin_factory", lambda _name: pins)
    monkeypatch.setattr(pin_reader, "load_gpiod", lambda: (None, "gpiod is not here"))
    yield pins
    pins.close()


def plan_of(sensor, **changes):
    return plans.plan([sensor], **LGPIO | changes)


def test_settings_without_real_pins_are_skipped(make_context, results_of):
    """Simulated sensors and MQTT topics need no pins."""
    assert results_of(check_pins, make_context(plans.plan([plans.contact()])))["pins"][0] == SKIPPED
    assert results_of(check_pins, make_context(plan_of(plans.gauge())))["pins"][0] == SKIPPED
    assert list(check_lines(make_context(plans.plan([plans.contact()])))) == []


def test_machine_without_gpio_is_wrong(make_context, results_of):
    """Without GPIO devices, each step of the access to pins is wrong, and no pin is checked."""
    results = results_of(check_pins, make_context(plan_of(plans.contact())))
    assert results["devices"][0] == WRONG
    assert "gpiochip*: in a container" in results["devices"][1]
    assert results["reader"][0] == WRONG
    assert "No other pin factory works here, either." in results["reader"][1]
    assert results_of(check_lines, make_context(plan_of(plans.contact())))["lines"][0] == SKIPPED


def test_working_factory_is_named_where_the_configured_one_fails(make_context, results_of, monkeypatch):
    """A missing library is not replaced silently; the hint names the factory that works."""

    def absent(name):
        raise HardwareUnavailable(f"The pin factory {name!r} needs a library.")

    monkeypatch.setattr(pin_reader, "build_pin_factory", absent)
    monkeypatch.setattr(gpio_access, "_works", lambda name: name in ("pigpio", "native"))
    plan = plan_of(plans.contact(), gpio={"factory": "rpigpio"})
    status, message = results_of(check_pins, make_context(plan))["reader"]
    assert status == WRONG
    assert message.startswith("The pin factory 'rpigpio' needs a library. ->")
    assert 'write factory = "pigpio"' in message


def test_other_factory_is_tried_in_a_separate_process():
    """The factory is opened: mock works everywhere, native needs a Pi."""
    assert gpio_access._works("mock")
    assert not gpio_access._works("native")


def test_borrowed_factory_leaves_no_trace(monkeypatch, tmp_path):
    """Working directory and environment are restored, and lgpio's pipe is removed."""
    monkeypatch.delenv("LG_WD", raising=False)
    monkeypatch.chdir(tmp_path)

    def build(_name):
        os.chdir(os.environ["LG_WD"])  # as lgpio does
        Path(".lgd-nfy0").touch()
        return mock.MockFactory()

    monkeypatch.setattr(pin_reader, "build_pin_factory", build)
    monkeypatch.setattr(pin_reader, "load_gpiod", lambda: (None, "gpiod is not here"))
    with gpio_access.borrowed_reader("lgpio"):
        borrowed = Path.cwd()
        assert borrowed == Path(os.environ["LG_WD"])
    assert Path.cwd() == tmp_path
    assert "LG_WD" not in os.environ
    assert not borrowed.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only for root the permissions of the group are checked")
def test_device_closed_to_the_service_is_wrong(make_context, results_of, write, factory):
    """Root may open every device; what counts is whether the group gpio may."""
    write({"dev/gpiochip0": ""})
    results = results_of(check_pins, make_context(plan_of(plans.contact())))
    assert results["devices"][0] == WRONG
    assert "but the group gpio" in results["devices"][1]
    assert results["reader"][1].startswith("gpiozero with lgpio reads the pins, and its thread wakes 1000 times")


@pytest.mark.parametrize(
    ("sensor", "words"),
    [(plans.counter(), "misses edges without notice"), (plans.contact(), "wakes 1000 times per second: gpiod is not")],
)
def test_what_is_lost_without_libgpiod_is_named(make_context, results_of, factory, sensor, words):
    """Where gpiozero reads the pins, the message says what that costs, and why libgpiod 2 does not."""
    status, message = results_of(check_pins, make_context(plan_of(sensor)))["reader"]
    assert status == WARNING
    assert words in message


@pytest.mark.parametrize(
    ("pull", "kind", "status", "words"),
    [
        ("up", mock.MockPin, OK, "level 1 from its pull alone: the switch is open, or its wire is disconnected"),
        ("down", mock.MockPin, OK, "level 0 from its pull alone"),
        ("none", mock.MockPin, WRONG, "so it floats"),
        ("up", DrivenPin, OK, "level 0, driven by what is connected to it"),
        ("none", HighPin, OK, "level 1, driven by what is connected to it"),
    ],
)
def test_floating_input_is_wrong(make_context, results_of, factory, pull, kind, status, words):
    """A line that follows each pull is not driven: ok with a configured pull, floating without one."""
    factory.pin_class = kind
    result = results_of(check_lines, make_context(plan_of(plans.contact(pull=pull))))["garage, GPIO 17"]
    assert result[0] == status
    assert words in result[1]


def test_pin_with_a_fixed_resistor_is_ok(make_context, results_of, factory):
    """GPIO 2 has a fixed pull-up: its level is shown, the other pull is not tried."""
    assert results_of(check_lines, make_context(plan_of(plans.contact(gpio=2))))["garage, GPIO 2"] == (
        OK,
        "level 1 -> ",
    )


def test_missing_pin_is_wrong(make_context, results_of, factory):
    """The message is the error with which the agent would stop."""
    status, message = results_of(check_lines, make_context(plan_of(plans.contact(gpio=99))))["garage, GPIO 99"]
    assert (status, "does not exist on this board" in message) == (WRONG, True)


@pytest.fixture
def chip(monkeypatch, tmp_path):
    """Return the chip of a Pi, read by libgpiod 2; gpiozero and lgpio are not installed."""
    monkeypatch.setattr(gpio_chips, "_DEVICES", tmp_path / "dev")
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev/gpiochip0").touch()
    board = fake_gpiod.Board({str(tmp_path / "dev/gpiochip0"): "pinctrl-bcm2711"})
    monkeypatch.setattr(gpio_chips, "import_module", lambda _name: board.module())
    monkeypatch.setattr(pin_reader, "build_pin_factory", lambda _name: pytest.fail("gpiozero is not needed"))
    return board


def test_gpiod_alone_is_enough(make_context, results_of, chip, repeat_in_thread):
    """The doctor and --watch-pins use the library that the agent uses, and nothing else."""
    plan = plans.plan([plans.contact(), plans.contact("gate", gpio=22)], **LGPIO)
    assert results_of(check_pins, make_context(plan))["reader"] == (
        OK,
        "libgpiod 2 (gpiod 2.2.0) reads the pins: it sleeps between edges and detects lost ones -> ",
    )
    levels = count()
    repeat_in_thread(lambda: chip.line(17).request and chip.drive(17, next(levels) % 2, 0))
    results = list(check_lines(make_context(plan, pin_watch_s=0.5)))
    assert results[1].message == "level 1 from its pull alone: the switch is open, or its wire is disconnected"
    moved, unmoved = results[-2:]
    assert (moved.status, unmoved.status) == (OK, WARNING)
    assert int(moved.message.split(" edges in ")[0]) >= 2
    assert not chip.line(17).consumer, "the line is released"


def test_busy_line_names_its_consumer(make_context, results_of, chip, root):
    """The consumer and the processes with open GPIO lines are named; the line is not touched."""
    chip.line(17).consumer = "gpio-fan"
    for number, name, link in ((44, "fand", "anon_inode:gpio-line"), (45, "vim", "/dev/tty"), (46, "old", "gpio-line")):
        (root / f"proc/{number}/fd").mkdir(parents=True)
        (root / f"proc/{number}/comm").write_text(name + "\n")
        (root / f"proc/{number}/fd/3").symlink_to(link)
    status, message = results_of(check_lines, make_context(plan_of(plans.contact())))["garage, GPIO 17"]
    assert status == WRONG
    assert message.startswith("in use by 'gpio-fan'; processes with open GPIO lines: fand (44) ->")


def test_unreadable_process_is_ignored(tmp_path):
    """A process can end while /proc is read."""
    (tmp_path / "17").mkdir()
    assert gpio_consumers.processes_with_lines(tmp_path) == []


def test_lines_of_the_running_agent_are_not_touched(make_context, results_of, factory, monkeypatch):
    """Their state comes from the agent's status file."""
    monkeypatch.setattr(gpio_live, "check_free_line", lambda *_: pytest.fail("the line was touched"))
    status = {"pid": os.getpid(), "sensors": {"garage": {"text": "Garage open"}}}
    result = results_of(check_lines, make_context(plan_of(plans.contact()), agent_status=status))["garage, GPIO 17"]
    assert result == (OK, "used by the running agent, which reports: Garage open -> ")


@pytest.fixture
def repeat_in_thread():
    """Return a function that repeats a step in another thread until the test ends."""
    ended = threading.Event()
    threads = []

    def repeat_in_thread(step):
        def repeat():
            while not ended.wait(0.02):
                step()

        threads.append(threading.Thread(target=repeat))
        threads[-1].start()

    yield repeat_in_thread
    ended.set()
    for thread in threads:
        thread.join()


def toggle(pin):
    if pin.when_changed is not None:  # it is being watched
        (pin.drive_low if pin.state else pin.drive_high)()


def test_edges_are_counted_while_pins_are_watched(make_context, factory, repeat_in_thread):
    """A free pin without edges is a warning with a hint about the wiring."""
    sensors = [plans.contact(), plans.contact("gate", gpio=22)]
    repeat_in_thread(partial(toggle, factory.pin(17)))
    results = list(check_lines(make_context(plans.plan(sensors, **LGPIO), pin_watch_s=0.5)))
    moved, unmoved = results[-2:]
    assert moved.status == OK
    assert int(moved.message.split(" edges in ")[0]) >= 2
    assert (unmoved.name, unmoved.status) == ("gate, GPIO 22", WARNING)
    assert unmoved.message == "0 edges in 0 s, level 1 now"
    assert "between the pin and ground" in unmoved.hint


def test_changes_reported_by_the_agent_are_counted(make_context, factory, repeat_in_thread, monkeypatch):
    """For lines that the agent uses, its status file is watched."""
    texts = iter(["open", "closed"] * 10_000)
    status = {"pid": os.getpid(), "sensors": {"garage": {"text": "open"}}}
    monkeypatch.setattr(gpio_live, "read_status", lambda _directory: {"sensors": {"garage": {"text": next(texts)}}})
    start_s = time.monotonic()
    *_, result = check_lines(make_context(plan_of(plans.contact()), agent_status=status, pin_watch_s=0.5))
    assert time.monotonic() - start_s >= 0.5
    assert result.status == OK
    assert int(result.message.split(" settled changes in ")[0]) >= 1


def test_consumer_is_empty_without_a_library(monkeypatch, factory):
    """A line whose consumer is unknown counts as free; opening it shows whether it is."""

    def absent(name):
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    monkeypatch.setattr(gpio_chips, "import_module", absent)
    assert gpio_consumers.consumer_name(17) == ""


def test_error_of_a_busy_line_names_the_doctor():
    """The agent's error names the command that finds the other program."""
    assert "pushglance doctor" in _open_error(17, OSError("GPIO busy"))
