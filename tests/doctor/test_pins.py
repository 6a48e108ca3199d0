"""What the doctor finds about pins: devices, factory, holders, levels, edges."""

import os
import threading
import time
from functools import partial
from pathlib import Path

import pytest
from gpiozero.pins import mock

from pushglance.doctor.check_result import OK, SKIPPED, WARNING, WRONG
from pushglance.doctor.checks import gpio_access, gpio_live
from pushglance.doctor.checks.gpio_access import check_pins
from pushglance.doctor.checks.gpio_live import check_lines
from pushglance.doctor.probes import gpio_consumers
from pushglance.errors import HardwareUnavailable
from pushglance.runtime.inputs.gpio import gpio_chips
from pushglance.runtime.inputs.gpio.input_pin import _why_not
from support import fake_gpiod, plans

LGPIO = {"gpio": {"factory": "lgpio"}}


class DrivenPin(mock.MockPin):
    """A pin whose level comes from what is wired to it, whatever its pull."""

    wired = 0

    def _set_pull(self, value):
        super()._set_pull(value)
        self._change_state(self.wired)


class HighPin(DrivenPin):
    wired = 1


@pytest.fixture
def factory(monkeypatch, tmp_path):
    """Real pins are mock pins here: those of the factory that comes back; there is no chip to ask about holders."""
    monkeypatch.setattr(gpio_chips, "_DEVICES", tmp_path / "dev")
    made = mock.MockFactory()
    monkeypatch.setattr(gpio_access, "build_pin_factory", lambda _name: made)
    yield made
    made.close()


def of(plan_of_sensor, **changes):
    return plans.plan([plan_of_sensor], **LGPIO | changes)


def test_settings_without_real_pins_are_skipped(patient, found):
    """A simulation and settings of topics need no pins."""
    assert found(check_pins, patient(plans.plan([plans.contact()])))["pins"][0] == SKIPPED
    assert found(check_pins, patient(of(plans.gauge())))["pins"][0] == SKIPPED
    assert list(check_lines(patient(plans.plan([plans.contact()])))) == []


def test_no_devices_and_no_pi(patient, found):
    """Off a Pi each step on the way to the pins is wrong, with the reason, and pins are not looked at."""
    told = found(check_pins, patient(of(plans.contact())))
    assert told["devices"][0] == WRONG
    assert "gpiochip* here: in a container" in told["devices"][1]
    assert told["factory"][0] == WRONG
    assert "No other one works here, either." in told["factory"][1]
    assert found(check_lines, patient(of(plans.contact())))["lines"][0] == SKIPPED


def test_the_factory_that_gpiozero_would_take_is_named(patient, found, monkeypatch):
    """A missing library is not silently replaced: what would be is named, and can be written."""

    def absent(name):
        raise HardwareUnavailable(f"The pin factory {name!r} needs a library.")

    monkeypatch.setattr(gpio_access, "build_pin_factory", absent)
    monkeypatch.setattr(gpio_access, "_works", lambda name: name in ("pigpio", "native"))
    verdict, detail = found(check_pins, patient(of(plans.contact())))["factory"]
    assert verdict == WRONG
    assert "needs a library. gpiozero would fall back to 'pigpio', pushglance does not." in detail
    assert 'write factory = "pigpio"' in detail


def test_another_factory_is_tried_in_a_process_of_its_own():
    """Trying is for real: mock works everywhere, native needs a Pi."""
    assert gpio_access._works("mock")
    assert not gpio_access._works("native")


def test_lgpio_s_pipe_and_directory_go_away_again(monkeypatch, tmp_path):
    """Borrowing the factory changes neither the working directory nor the environment, and leaves no file."""
    monkeypatch.delenv("LG_WD", raising=False)
    monkeypatch.chdir(tmp_path)

    def build(_name):
        os.chdir(os.environ["LG_WD"])  # as lgpio does
        Path(".lgd-nfy0").touch()
        return mock.MockFactory()

    monkeypatch.setattr(gpio_access, "build_pin_factory", build)
    with gpio_access.lent_factory("lgpio"):
        lent = Path.cwd()
        assert lent == Path(os.environ["LG_WD"])
    assert Path.cwd() == tmp_path
    assert "LG_WD" not in os.environ
    assert not lent.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="root may open everything: then the group's rights are looked at")
def test_a_device_that_the_service_may_not_open(patient, found, write, factory):
    """For root everything opens; what counts is whether the group gpio may."""
    write({"dev/gpiochip0": ""})
    told = found(check_pins, patient(of(plans.contact())))
    assert told["devices"][0] == WRONG
    assert "but the group gpio" in told["devices"][1]
    assert told["factory"] == (OK, "the pin factory 'lgpio' works -> ")


OLD_GPIOD = fake_gpiod.SimpleNamespace(__version__="1.6.3")


@pytest.mark.parametrize(
    ("module", "sensor", "verdict", "words"),
    [
        (fake_gpiod.Board({}).module(), plans.contact(), OK, "libgpiod 2 reads them (gpiod 2.2.0)"),
        (OLD_GPIOD, plans.counter(), WARNING, "misses edges and does not know it"),
        (OLD_GPIOD, plans.contact(), WARNING, "wakes a thousand times a second: the gpiod here (1.6.3)"),
    ],
)
def test_what_reads_the_lines(patient, found, factory, monkeypatch, module, sensor, verdict, words):
    """Which library reads the pins is said, and what it costs where that is not libgpiod 2."""
    monkeypatch.setattr(gpio_chips, "import_module", lambda _name: module)
    told = found(check_pins, patient(of(sensor)))["reader"]
    assert told[0] == verdict
    assert words in told[1]


@pytest.mark.parametrize(
    ("pull", "kind", "verdict", "words"),
    [
        ("up", mock.MockPin, OK, "level 1 by its pull alone: the switch is open, or its wire is off"),
        ("down", mock.MockPin, OK, "level 0 by its pull alone"),
        ("none", mock.MockPin, WRONG, "so it floats"),
        ("up", DrivenPin, OK, "level 0, driven by what is wired to it"),
        ("none", HighPin, OK, "level 1, driven by what is wired to it"),
    ],
)
def test_levels_and_floating_inputs(patient, found, factory, pull, kind, verdict, words):
    """A line that follows every pull is driven by nothing: fine with a pull of its own, floating without."""
    factory.pin_class = kind
    told = found(check_lines, patient(of(plans.contact(pull=pull))))["garage, GPIO 17"]
    assert told[0] == verdict
    assert words in told[1]


def test_a_pin_with_a_resistor_of_its_own(patient, found, factory):
    """GPIO 2 takes no other pull than up: its level is told, and no more is tried."""
    assert found(check_lines, patient(of(plans.contact(gpio=2))))["garage, GPIO 2"] == (OK, "level 1 -> ")


def test_a_pin_that_does_not_exist(patient, found, factory):
    """A line that cannot be claimed is wrong, with the sentence that the agent would end with."""
    verdict, detail = found(check_lines, patient(of(plans.contact(gpio=99))))["garage, GPIO 99"]
    assert (verdict, "does not exist on this board" in detail) == (WRONG, True)


@pytest.fixture
def chip(monkeypatch, tmp_path, factory):
    """A chip whose lines' holders can be asked for."""
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev/gpiochip0").touch()
    board = fake_gpiod.Board({str(tmp_path / "dev/gpiochip0"): "pinctrl-bcm2711"})
    monkeypatch.setattr(gpio_chips, "import_module", lambda _name: board.module())
    return board


def test_a_busy_line_and_by_whom(patient, found, chip, root):
    """What the holder calls itself and the processes with GPIO lines open are named; others' lines are not touched."""
    chip.line(17).consumer = "gpio-fan"
    for number, name, link in ((44, "fand", "anon_inode:gpio-line"), (45, "vim", "/dev/tty"), (46, "old", "gpio-line")):
        (root / f"proc/{number}/fd").mkdir(parents=True)
        (root / f"proc/{number}/comm").write_text(name + "\n")
        (root / f"proc/{number}/fd/3").symlink_to(link)
    verdict, detail = found(check_lines, patient(of(plans.contact())))["garage, GPIO 17"]
    assert verdict == WRONG
    assert (
        "it is held by what calls itself 'gpio-fan'; of all processes these have GPIO lines open: fand (44) ->"
        in detail
    )


def test_a_process_that_cannot_be_looked_into_is_passed_over(tmp_path):
    """Processes end while they are looked at."""
    (tmp_path / "17").mkdir()
    assert gpio_consumers.processes_with_lines(tmp_path) == []


def test_lines_of_the_running_agent_are_left_alone(patient, found, factory, monkeypatch):
    """What the agent holds is taken from what it tells; nothing is claimed."""
    monkeypatch.setattr(gpio_live, "probe", lambda *_: pytest.fail("the line was touched"))
    live = {"pid": os.getpid(), "sensors": {"garage": {"text": "Garage open"}}}
    told = found(check_lines, patient(of(plans.contact()), live=live))["garage, GPIO 17"]
    assert told == (OK, "the running agent holds it and says: Garage open -> ")


@pytest.fixture
def moving():
    """Do something again and again in another thread until the test ends."""
    ended = threading.Event()
    threads = []

    def moving(step):
        def move():
            while not ended.wait(0.02):
                step()

        threads.append(threading.Thread(target=move))
        threads[-1].start()

    yield moving
    ended.set()
    for thread in threads:
        thread.join()


def toggle(pin):
    if pin.when_changed is not None:  # it is being watched
        (pin.drive_low if pin.state else pin.drive_high)()


def test_edges_are_counted_while_the_magnet_moves(patient, factory, moving):
    """Each free pin tells its edges and its level; one without any is a warning with the wiring."""
    sensors = [plans.contact(), plans.contact("gate", gpio=22)]
    moving(partial(toggle, factory.pin(17)))
    told = list(check_lines(patient(plans.plan(sensors, **LGPIO), watch_s=0.5)))
    seen, quiet = told[-2:]
    assert seen.verdict == OK
    assert int(seen.detail.split(" edges in ")[0]) >= 2
    assert (quiet.name, quiet.verdict) == ("gate, GPIO 22", WARNING)
    assert quiet.detail == "0 edges in 0 s, level 1 now"
    assert "between the pin and ground" in quiet.cure


def test_changes_that_the_agent_tells_are_counted(patient, factory, moving, monkeypatch):
    """Where the agent holds the line, its live file is watched."""
    texts = iter(["open", "closed"] * 10_000)
    live = {"pid": os.getpid(), "sensors": {"garage": {"text": "open"}}}
    monkeypatch.setattr(gpio_live, "read_status", lambda _directory: {"sensors": {"garage": {"text": next(texts)}}})
    began_s = time.monotonic()
    *_, told = check_lines(patient(of(plans.contact()), live=live, watch_s=0.5))
    assert time.monotonic() - began_s >= 0.5
    assert told.verdict == OK
    assert int(told.detail.split(" settled changes in ")[0]) >= 1


def test_holders_without_gpiod_and_lgpio(monkeypatch, factory):
    """Where no library can tell who holds a line, it counts as free, and claiming it will say."""

    def absent(name):
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    monkeypatch.setattr(gpio_chips, "import_module", absent)
    assert gpio_consumers.name_of_holder(17) == ""


def test_the_sentence_of_a_busy_line_points_here():
    """The agent's own sentence about a busy line names the command that knows more."""
    assert "pushglance doctor" in _why_not(17, OSError("GPIO busy"))
