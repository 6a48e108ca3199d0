"""Pin factories: the one that is named, or a sentence why not."""

import subprocess
import sys
import types
from pathlib import Path

import pytest
from gpiozero.exc import PinUnknownPi

from pushglance.errors import HardwareUnavailable
from pushglance.runtime.inputs.gpio import pin_factory
from pushglance.runtime.inputs.gpio.pin_factory import build_pin_factory

AGENT = Path(__file__).parents[4] / "agent"


@pytest.fixture
def failing(monkeypatch):
    """Make the import of a factory's module, or the factory itself, raise an error."""

    def fail(error, *, at_import=False):
        def raise_it():
            raise error

        def load(name):
            if at_import:
                raise_it()
            classes = dict.fromkeys(("LGPIOFactory", "NativeFactory", "PiGPIOFactory", "RPiGPIOFactory"), raise_it)
            return types.SimpleNamespace(**classes)

        monkeypatch.setattr(pin_factory, "import_module", load)

    return fail


def test_mock_is_made_when_it_is_named():
    """The named factory comes back, and no other."""
    assert type(build_pin_factory("mock")).__name__ == "MockFactory"


@pytest.mark.parametrize(
    ("name", "module", "cure"),
    [
        ("lgpio", "lgpio", "apt install python3-lgpio"),
        ("lgpio", "gpiozero.pins", r"pip install 'pushglance\[gpio\]'"),
        ("rpigpio", "RPi", 'factory = "lgpio"'),
        ("pigpio", "pigpio", "needs pigpio: install it"),
    ],
)
def test_a_missing_library_is_named(failing, name, module, cure):
    """A library that is not installed is named, with what to type."""
    failing(ModuleNotFoundError(f"No module named {module!r}", name=module), at_import=True)
    with pytest.raises(HardwareUnavailable, match=cure):
        build_pin_factory(name)


def test_no_pi_is_said_so(failing):
    """The words of gpiozero are kept beside the cure."""
    failing(PinUnknownPi("unable to locate Pi revision in /proc/device-tree or /proc/cpuinfo"))
    with pytest.raises(HardwareUnavailable, match=r"unable to locate Pi revision.*mock"):
        build_pin_factory("lgpio")


def test_a_silent_pigpio_daemon_is_named(failing):
    """The factory pigpio without its daemon says how to start it."""
    failing(OSError("failed to connect to localhost:8888"))
    with pytest.raises(HardwareUnavailable, match="systemctl start pigpiod"):
        build_pin_factory("pigpio")


@pytest.mark.parametrize(("name", "device"), [("lgpio", "gpiochip"), ("native", "gpiomem")])
def test_no_gpio_device_is_said_so(failing, monkeypatch, tmp_path, name, device):
    """Without a GPIO device at all, groups are not to blame."""
    monkeypatch.setattr(pin_factory, "_CHIPS", tmp_path)
    failing(RuntimeError("can not open gpiochip"))
    with pytest.raises(HardwareUnavailable, match=f"There is n.*{device}"):
        build_pin_factory(name)


@pytest.mark.parametrize(("name", "device"), [("lgpio", "gpiochip0"), ("native", "gpiomem")])
def test_a_closed_gpio_device_names_the_group(failing, monkeypatch, tmp_path, name, device):
    """A device that this user may not open needs the group gpio."""
    (tmp_path / device).touch()
    monkeypatch.setattr(pin_factory, "_CHIPS", tmp_path)
    monkeypatch.setattr(pin_factory.os, "access", lambda *_: False)
    failing(RuntimeError("can not open gpiochip"))
    with pytest.raises(HardwareUnavailable, match=f"{device}: add the user to the group gpio"):
        build_pin_factory(name)


def test_any_other_failure_is_passed_on_in_words(failing, monkeypatch, tmp_path):
    """What nobody foresaw is said as it is."""
    (tmp_path / "gpiochip0").touch()
    monkeypatch.setattr(pin_factory, "_CHIPS", tmp_path)
    failing(RuntimeError("the moon is wrong"))
    with pytest.raises(HardwareUnavailable, match=r"'lgpio' cannot be used: the moon is wrong \(RuntimeError\)"):
        build_pin_factory("lgpio")


def test_real_lgpio_without_a_place_for_its_pipe(tmp_path):
    """The real library in a directory that cannot be written: the sentence names LG_WD."""
    pytest.importorskip("lgpio", reason="lgpio is not installed: type `pip install pushglance[gpio]`")
    program = (
        "from pushglance.runtime.inputs.gpio.pin_factory import build_pin_factory\n"
        "try: build_pin_factory('lgpio')\n"
        "except Exception as error: print(type(error).__name__, error)\n"
    )
    detail = subprocess.run(
        [sys.executable, "-c", program],
        cwd="/proc/self",  # nobody can write there, not even root
        env={"PYTHONPATH": str(AGENT)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert detail.startswith("HardwareUnavailable lgpio cannot make its pipe in /proc/")
    assert "LG_WD=/run/pushglance" in detail
