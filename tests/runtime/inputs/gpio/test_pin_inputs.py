"""A pin that cannot be read is unknown, with its holder; the others are read, and it is tried again."""

import pytest

from pushglance.errors import HardwareUnavailable
from pushglance.runtime.inputs.gpio.gpio_chips import holder_hint
from pushglance.runtime.inputs.gpio.gpiod_input import GpiodInput
from pushglance.runtime.inputs.gpio.pin_inputs import PinInputs


@pytest.fixture
def pins(board, queue, clock):
    """Return a function that builds the inputs of sensors on the fake board; they are stopped at the end."""
    built = []

    def pins(*sensors, is_all=True):
        inputs = PinInputs(
            sensors,
            lambda some: GpiodInput(some, board.module(), queue, clock.now_ms),
            queue,
            clock.now_ms,
            is_all=is_all,
        )
        built.append(inputs)
        return inputs

    yield pins
    for inputs in built:
        inputs.stop()


def test_busy_pin_leaves_the_others(pins, sensor, board, queue, clock, caplog):
    """One busy pin is unknown with its holder and retried with backoff; it is read as soon as it is free."""
    board.line(4).consumer = "onewire@0"
    inputs = pins(sensor("contact", name="well", gpio=4), sensor("contact"), is_all=False)
    inputs.start()
    rows = {row[1]: row for row in queue.rows()}
    assert rows["door"][0] == "EdgeSeen"
    assert rows["well"][:4] == ["AvailabilityChanged", "well", "input", 0]
    assert "held by 'onewire@0'" in rows["well"][4]
    assert "config.txt (e.g. dtoverlay=w1-gpio)" in rows["well"][4]
    assert len(caplog.records) == 1
    clock.pass_us(30_000_000)
    inputs.resync()
    clock.pass_us(30_000_000)
    board.line(4).consumer = ""
    inputs.resync()
    assert [row[0] for row in queue.rows() if row[1] == "well"] == ["AvailabilityChanged"], "the second wait is longer"
    clock.pass_us(30_000_000)
    inputs.resync()
    assert [row[:1] + row[2:4] for row in queue.rows() if row[1] == "well"][1:] == [
        ["EdgeSeen", 1],
        ["AvailabilityChanged", "input", 1],
    ]
    assert len(inputs.workers) == 2


@pytest.mark.parametrize("is_all", [True, False])
def test_agent_ends_only_if_nothing_is_left(pins, sensor, board, is_all):
    """If the only pin is busy the start fails, unless something else is read."""
    board.line(17).consumer = "other"
    inputs = pins(sensor("contact"), is_all=is_all)
    if is_all:
        with pytest.raises(HardwareUnavailable, match="GPIO 17 is in use by 'other'"):
            inputs.start()
    else:
        inputs.start()


def test_removed_chip_is_unknown_and_tried_again(pins, sensor, board, queue, clock):
    """Lines that vanish while the agent runs make their sensors unknown, and are opened again."""
    inputs = pins(sensor("contact"), is_all=False)
    inputs.start()
    board.line(17).request.vanish()
    inputs._shared._thread.join(20)
    queue.clear()
    inputs.resync()
    assert [row[0] for row in queue.rows()] in (["EdgeSeen"], ["AvailabilityChanged"])


@pytest.mark.parametrize(
    ("consumer", "hint"),
    [
        ("onewire@0", "dtoverlay=w1-gpio"),
        ("ir-receiver@12", "dtoverlay=gpio-ir"),
        ("spi0 CS0", "dtparam=spi=on"),
        ("something@3", "with dtoverlay or dtparam"),
        ("python3", "stop that program"),
    ],
)
def test_holders_are_named(consumer, hint):
    """A driver of the kernel follows from a line of config.txt; another consumer is a program."""
    assert repr(consumer) in holder_hint(consumer)
    assert hint in holder_hint(consumer)
