"""Fixtures for pins: a fake board, and inputs that read it with libgpiod 2."""

import pytest

from pushglance.runtime.inputs.gpio import gpio_chips
from pushglance.runtime.inputs.gpio.gpiod_input import GpiodInput
from support import fake_gpiod


@pytest.fixture
def board(tmp_path, monkeypatch):
    """A Pi with two chips; the header's is the second one, as on a Pi 5."""
    monkeypatch.setattr(gpio_chips, "_DEVICES", tmp_path)
    for name in ("gpiochip0", "gpiochip4"):
        (tmp_path / name).touch()
    return fake_gpiod.Board({str(tmp_path / "gpiochip4"): "pinctrl-rp1", str(tmp_path / "gpiochip0"): "gpio-brcmstb"})


@pytest.fixture
def begin(board, queue, clock):
    """Return a function that starts to read the pins of sensors; they are released at the end."""
    started = []

    def begin(*plans):
        lines = GpiodInput(plans, board.module(), queue, clock.now_ms)
        lines.start()
        started.append(lines)
        return lines

    yield begin
    for lines in started:
        lines.stop()


@pytest.fixture
def count(board, sensor, begin):
    """Return a function that counts on GPIO 17 and up with these widths; the lines are high at the start."""

    def count(*widths_us, **keys):
        for gpio in range(17, 17 + len(widths_us)):
            board.line(gpio).level = 1
        return begin(
            *[
                sensor("counter", name=f"line{gpio}", gpio=gpio, width_us=width_us, **keys)
                for gpio, width_us in enumerate(widths_us, 17)
            ]
        )

    return count


@pytest.fixture
def watch(sensor, begin):
    """Return a function that watches a door on GPIO 17, pulled up and not driven: open."""
    return lambda **keys: begin(sensor("contact", **keys))
