"""CheckResult things by looking: the pin that moves, the topics that somebody speaks on."""

import json
import ssl
import threading
import time
from collections import Counter
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from pushglance.errors import HardwareUnavailable, PushglanceError

if TYPE_CHECKING:
    from pushglance.core.plan_types import MqttPlan

PINS = range(2, 28)  # 0 and 1 belong to the HAT's own memory
MOVE_S = 60.0
BOUNCE_S = 1.0  # a contact bounces; whoever moves a magnet moves it more than once
TOPICS_MAX = 300
VALUES_MAX = 40
_PAYLOAD_MAX = 16 * 1024
_OPEN_OR_CLOSED = ("on", "off", "open", "closed", "true", "false", "0", "1")


def find_pin(factory: str, taken: list[int], hand: Path | None = None) -> tuple[int, int] | None:
    """Return the pin that moved most and its level now, or None if none did. Raises HardwareUnavailable.

    Every free pin is read with the Pi's own pull-up, which harms nothing; what another program holds is passed over.
    """
    from pushglance.runtime.clock import monotonic_ms
    from pushglance.runtime.inputs.gpio.input_pin import InputPin
    from pushglance.runtime.inputs.gpio.pin_factory import build_pin_factory
    from pushglance.runtime.inputs.gpio.simulated_pins import SimulatedPins
    from pushglance.runtime.inputs.simulation.simulator_input import SimulatorInput

    made = build_pin_factory(factory)
    moves: Counter[int] = Counter()
    moved = threading.Event()

    def on_edge(gpio: int, _at_us: int, _level: int) -> None:
        moves[gpio] += 1
        moved.set()

    pins = {}
    for gpio in PINS:
        if gpio in taken:
            continue
        pin = InputPin(made, gpio, "up", partial(on_edge, gpio), monotonic_ms)
        with suppress(HardwareUnavailable):  # somebody else's
            pin.open()
            pins[gpio] = pin
    mover = SimulatorInput(str(hand), {"pin": SimulatedPins(made, pins).drive}) if hand is not None else None
    try:
        if mover is not None:
            mover.start()
        if not pins:
            raise HardwareUnavailable("Every pin is held by another program: is the service running? Stop it first.")
        if not moved.wait(MOVE_S):
            return None
        time.sleep(BOUNCE_S)
        gpio = moves.most_common(1)[0][0]
        return gpio, pins[gpio].level()
    finally:
        if mover is not None:
            mover.stop()
        for pin in pins.values():
            pin.close()


def listen(mqtt: dict[str, Any], seconds: float) -> dict[str, bytes]:
    """Return what was said last on each topic within these seconds. Raises PushglanceError if no broker answers."""
    from pushglance.runtime.inputs.mqtt.mqtt_client import build_plain_client, why_refused, why_unreachable

    plan = cast(
        "MqttPlan",
        {"version": "3.1.1", "client_id": "", "keepalive_s": 60, "username": mqtt.get("username", ""), **mqtt},
    )
    client = build_plain_client(plan, mqtt.get("password", ""))
    heard: dict[str, bytes] = {}
    refused: list[str] = []

    def on_connect(_client: Any, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            refused.append(why_refused(plan, reason))
        else:
            client.subscribe("#")

    def on_message(_client: Any, _data: Any, message: Any) -> None:
        if len(message.payload) <= _PAYLOAD_MAX and (message.topic in heard or len(heard) < TOPICS_MAX):
            heard[message.topic] = message.payload

    client.on_connect, client.on_message = on_connect, on_message
    try:
        client.reconnect()
        until_s = time.monotonic() + seconds
        while not refused and (left_s := until_s - time.monotonic()) > 0:
            client.loop(min(left_s, 0.5))
    except (OSError, ssl.SSLError) as error:
        raise PushglanceError(why_unreachable(plan, error)) from error
    finally:
        client.disconnect()
    if refused:
        raise PushglanceError(refused[0])
    return heard


def values_in(payload: bytes) -> list[tuple[str, str]]:
    """Return the single values of a payload as (JSON pointer, text); "" points at a payload that is one itself."""
    try:
        text = payload.decode()
    except UnicodeDecodeError:
        return []
    try:
        tree = json.loads(text, parse_float=str, parse_int=str)
    except (ValueError, RecursionError):
        tree = text.strip()
    found: list[tuple[str, str]] = []
    _walk(tree, "", found)
    return [(pointer, "".join(one for one in text if one.isprintable())) for pointer, text in found[:VALUES_MAX]]


def _walk(tree: Any, pointer: str, found: list[tuple[str, str]]) -> None:
    if len(found) >= VALUES_MAX:
        return
    if isinstance(tree, dict):
        for key, value in tree.items():
            _walk(value, f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}", found)
    elif isinstance(tree, bool):
        found.append((pointer, "true" if tree else "false"))
    elif isinstance(tree, (str, float)) and str(tree):
        found.append((pointer, str(tree)))


def guess_kind(text: str) -> str:
    """Return what a value most likely is."""
    if text.lower() in _OPEN_OR_CLOSED:
        return "contact"
    try:
        float(text)
    except ValueError:
        return "text"
    return "gauge"
