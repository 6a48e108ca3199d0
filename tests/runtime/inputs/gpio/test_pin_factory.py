"""Pin factories: the named one is built, or an error explains why not."""

import subprocess
import sys
import types
from pathlib import Path
from unittest.mock import Mock

import pytest
from gpiozero.exc import PinUnknownPi

from pushglance.errors import HardwareUnavailable
from pushglance.runtime.inputs.gpio import gpio_chips, pin_factory
from pushglance.runtime.inputs.gpio.pin_factory import build_pin_factory

AGENT = Path(__file__).parents[4] / "agent"


@pytest.fixture
def failing(monkeypatch):
    """Return a function that makes the import of a factory's module, or the factory itself, raise an error."""

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


def test_named_factory_is_built():
    """The factory of that name is built."""
    assert type(build_pin_factory("mock")).__name__ == "MockFactory"


@pytest.mark.parametrize(
    ("name", "module", "hint"),
    [
        ("lgpio", "lgpio", r"need libgpiod 2, or gpiozero 2 and lgpio: .* type  .*pip install 'gpiod>=2.2,<3'"),
        ("lgpio", "gpiozero.pins", "need libgpiod 2, or gpiozero 2 and lgpio"),
        ("native", "gpiozero.pins", r"needs gpiozero: type  .*pip install 'gpiozero>=2.0.1'"),
        ("rpigpio", "RPi", 'factory = "lgpio"'),
        ("pigpio", "pigpio", "needs pigpio: install it"),
    ],
)
def test_missing_library_is_explained(failing, monkeypatch, name, module, hint):
    """The error names the missing library and the command to type."""
    absent = ModuleNotFoundError(f"No module named {module!r}", name=module)
    failing(absent, at_import=True)
    monkeypatch.setattr(gpio_chips, "import_module", Mock(side_effect=absent))
    with pytest.raises(HardwareUnavailable, match=hint):
        build_pin_factory(name)


def test_other_machine_is_explained(failing):
    """The error has gpiozero's own text and a hint."""
    failing(PinUnknownPi("unable to locate Pi revision in /proc/device-tree or /proc/cpuinfo"))
    with pytest.raises(HardwareUnavailable, match=r"unable to locate Pi revision.*mock"):
        build_pin_factory("lgpio")


def test_missing_pigpio_daemon_is_explained(failing):
    """Without the pigpio daemon the error says how to start it."""
    failing(OSError("failed to connect to localhost:8888"))
    with pytest.raises(HardwareUnavailable, match="systemctl start pigpiod"):
        build_pin_factory("pigpio")


@pytest.mark.parametrize(("name", "device"), [("lgpio", "gpiochip"), ("native", "gpiomem")])
def test_missing_device_is_explained(failing, monkeypatch, tmp_path, name, device):
    """Without any GPIO device the error does not mention the group."""
    monkeypatch.setattr(pin_factory, "_CHIPS", tmp_path)
    failing(RuntimeError("can not open gpiochip"))
    with pytest.raises(HardwareUnavailable, match=f"This machine has no .*{device}"):
        build_pin_factory(name)


@pytest.mark.parametrize(("name", "device"), [("lgpio", "gpiochip0"), ("native", "gpiomem")])
def test_forbidden_device_is_explained(failing, monkeypatch, tmp_path, name, device):
    """For a device that this user may not open the error names the group gpio."""
    (tmp_path / device).touch()
    monkeypatch.setattr(pin_factory, "_CHIPS", tmp_path)
    monkeypatch.setattr(pin_factory.os, "access", lambda *_: False)
    failing(RuntimeError("can not open gpiochip"))
    with pytest.raises(HardwareUnavailable, match=f"may not open .*{device}.* group gpio"):
        build_pin_factory(name)


def test_other_error_is_passed_on(failing, monkeypatch, tmp_path):
    """Any other error is in the message with its type."""
    (tmp_path / "gpiochip0").touch()
    monkeypatch.setattr(pin_factory, "_CHIPS", tmp_path)
    failing(RuntimeError("out of memory"))
    with pytest.raises(HardwareUnavailable, match=r"'lgpio' cannot be used: out of memory \(RuntimeError\)"):
        build_pin_factory("lgpio")


def test_lgpio_without_a_writable_directory_is_explained(tmp_path):
    """With the real library in a directory that is not writable the error names LG_WD."""
    pytest.importorskip("lgpio", reason="lgpio is not installed: type `pip install lgpio`")
    program = (
        "from pushglance.runtime.inputs.gpio.pin_factory import build_pin_factory\n"
        "try: build_pin_factory('lgpio')\n"
        "except Exception as error: print(type(error).__name__, error)\n"
    )
    detail = subprocess.run(
        [sys.executable, "-c", program],
        cwd="/proc/self",  # not writable, not even for root
        env={"PYTHONPATH": str(AGENT)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert detail.startswith("HardwareUnavailable lgpio cannot create its pipe in /proc/")
    assert "LG_WD=/run/pushglance" in detail
