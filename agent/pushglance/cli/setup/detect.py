"""Detect pins that change and topics that get messages."""

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
from pushglance.settings.tables.sensors.sources.mqtt import CLOSED_PAYLOADS, OPEN_PAYLOADS

if TYPE_CHECKING:
    from pushglance.core.plan_types import MqttPlan
    from pushglance.runtime.inputs.mqtt.packets.mqtt_packets import PublishPacket

PINS = range(2, 28)  # 0 and 1 belong to the EEPROM of a HAT
MOVE_TIMEOUT_S = 60.0
EDGE_COUNT_S = 1.0  # edges are counted for this time after the first one: the contact bounces, the user moves it again
TOPICS_MAX = 300
VALUES_MAX = 40
_PAYLOAD_MAX = 16 * 1024


def find_pin(factory: str, used_pins: list[int], simulator_fifo: Path | None = None) -> tuple[int, int] | None:
    """Return the pin with the most edges and its present level, or None if no pin changed. Raises HardwareUnavailable.

    Every free pin is read with the Pi's pull-up, which is harmless; pins in use by other programs are skipped.
    """
    from pushglance.runtime.clock import monotonic_ms
    from pushglance.runtime.inputs.gpio.input_pin import InputPin
    from pushglance.runtime.inputs.gpio.pin_factory import build_pin_factory
    from pushglance.runtime.inputs.gpio.simulated_pins import SimulatedPins
    from pushglance.runtime.inputs.simulation.simulator_input import SimulatorInput

    pin_factory = build_pin_factory(factory)
    edges: Counter[int] = Counter()
    has_changed = threading.Event()

    def on_edge(gpio: int, _at_us: int, _level: int) -> None:
        edges[gpio] += 1
        has_changed.set()

    pins = {}
    for gpio in PINS:
        if gpio in used_pins:
            continue
        pin = InputPin(pin_factory, gpio, "up", partial(on_edge, gpio), monotonic_ms)
        with suppress(HardwareUnavailable):  # in use by another program
            pin.open()
            pins[gpio] = pin
    simulator = None
    if simulator_fifo is not None:
        simulator = SimulatorInput(str(simulator_fifo), {"pin": SimulatedPins(pin_factory, pins).drive})
    try:
        if simulator is not None:
            simulator.start()
        if not pins:
            raise HardwareUnavailable(
                "Every pin is in use by another program. If the service runs, stop it: systemctl stop pushglance"
            )
        if not has_changed.wait(MOVE_TIMEOUT_S):
            return None
        time.sleep(EDGE_COUNT_S)
        gpio = edges.most_common(1)[0][0]
        return gpio, pins[gpio].level()
    finally:
        if simulator is not None:
            simulator.stop()
        for pin in pins.values():
            pin.close()


def listen(mqtt: dict[str, Any], seconds: float) -> dict[str, bytes]:
    """Return the last payload of each topic within these seconds. Raises PushglanceError if no broker answers."""
    from pushglance.runtime.inputs.mqtt.client.broker_probe import no_answer_reason
    from pushglance.runtime.inputs.mqtt.client.mqtt_client import build_client, refusal_reason, unreachable_reason
    from pushglance.runtime.inputs.mqtt.client.short_session import serve

    plan = cast(
        "MqttPlan",
        {"version": "3.1.1", "client_id": "", "keepalive_s": 60, "username": "", "tls": 0, "cert_file": "", **mqtt},
    )
    client = build_client(plan, mqtt.get("password", ""))
    payloads: dict[str, bytes] = {}
    refused: list[str] = []
    answers: list[Any] = []

    def on_connect(_client: Any, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        answers.append(reason)
        if reason.is_failure:
            refused.append(refusal_reason(plan, reason))
        else:
            client.subscribe("#")

    def on_message(message: "PublishPacket") -> None:
        topic, payload = message.topic, message.payload
        if topic is None or payload is None or len(payload) > _PAYLOAD_MAX:
            return
        if topic in payloads or len(payloads) < TOPICS_MAX:
            payloads[topic] = payload

    client.on_connect = on_connect
    try:
        client.reconnect()
        serve(client, seconds, lambda: bool(refused), on_message)
    except (OSError, ssl.SSLError) as error:
        raise PushglanceError(unreachable_reason(plan, error)) from error
    finally:
        client.disconnect()
    if refused:
        raise PushglanceError(refused[0])
    if not answers and (reason := no_answer_reason(plan)):
        raise PushglanceError(reason)
    return payloads


def values_in(payload: bytes) -> list[tuple[str, str]]:
    """Return the single values of a payload as (JSON pointer, text); the pointer "" is the whole payload."""
    try:
        text = payload.decode()
    except UnicodeDecodeError:
        return []
    try:
        tree = json.loads(text, parse_float=str, parse_int=str)
    except (ValueError, RecursionError):
        tree = text.strip()
    values: list[tuple[str, str]] = []
    _collect(tree, "", values)
    return [(pointer, "".join(char for char in text if char.isprintable())) for pointer, text in values[:VALUES_MAX]]


def _collect(tree: Any, pointer: str, values: list[tuple[str, str]]) -> None:
    if len(values) >= VALUES_MAX:
        return
    if isinstance(tree, dict):
        for key, value in tree.items():
            _collect(value, f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}", values)
    elif isinstance(tree, bool):
        values.append((pointer, "true" if tree else "false"))
    elif isinstance(tree, (str, float)) and str(tree):
        values.append((pointer, str(tree)))


def guess_kind(text: str) -> str:
    """Return the kind of sensor that a value most likely belongs to."""
    if text.lower() in OPEN_PAYLOADS + CLOSED_PAYLOADS:
        return "contact"
    try:
        float(text)
    except ValueError:
        return "text"
    return "gauge"
