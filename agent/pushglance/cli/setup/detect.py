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

from .proposals.heard_values import SEPARATOR

if TYPE_CHECKING:
    from pushglance.core.plan_types import MqttPlan
    from pushglance.runtime.inputs.mqtt.packets.mqtt_packets import PublishPacket

PINS = range(2, 28)  # 0 and 1 belong to the EEPROM of a HAT
MOVE_TIMEOUT_S = 60.0
EDGE_COUNT_S = 1.0  # edges are counted for this time after the first one: the contact bounces, the user moves it again
TOPICS_MAX = 20_000
_BYTES_MAX = 32 << 20  # of all payloads


def find_pin(factory: str, used_pins: list[int], simulator_fifo: Path | None = None) -> tuple[int, int] | None:
    """Return the pin with the most edges and its present level, or None if no pin changed. Raises HardwareUnavailable.

    Every free pin is read with the Pi's pull-up, which is harmless; pins in use by other programs are skipped.
    """
    from pushglance.runtime.clock import monotonic_ms
    from pushglance.runtime.inputs.gpio.pin_reader import PinReader
    from pushglance.runtime.inputs.gpio.simulated_pins import SimulatedPins
    from pushglance.runtime.inputs.simulation.simulator_input import SimulatorInput

    reader = PinReader(factory)
    edges: Counter[int] = Counter()
    has_changed = threading.Event()

    def on_edge(gpio: int, _at_us: int, _level: int) -> None:
        edges[gpio] += 1
        has_changed.set()

    pins = {}
    for gpio in PINS:
        if gpio in used_pins:
            continue
        pin = reader.pin(gpio, "up", partial(on_edge, gpio), monotonic_ms)
        with suppress(HardwareUnavailable):  # in use by another program
            pin.open()
            pins[gpio] = pin
    simulator = None
    if simulator_fifo is not None:
        simulator = SimulatorInput(str(simulator_fifo), {"pin": SimulatedPins(reader.factory, pins).drive})
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
    """Return the last payload of each topic within these seconds. Raises PushglanceError if no broker answers.

    Of a topic that several devices share, as rtl_433's, it is the last one of each device: see `_key_of`.
    """
    from pushglance.runtime.inputs.mqtt.client.broker_probe import no_answer_reason
    from pushglance.runtime.inputs.mqtt.client.mqtt_client import (
        build_client,
        refusal_reason,
        tls_context,
        unreachable_reason,
    )
    from pushglance.runtime.inputs.mqtt.client.short_session import serve

    plan = cast(
        "MqttPlan",
        {
            "version": "3.1.1",
            "client_id": "",
            "keepalive_s": 60,
            "username": "",
            "tls": 0,
            "ca_file": "",
            "cert_file": "",
            "key_file": "",
            **mqtt,
        },
    )
    client = build_client(plan, mqtt.get("password", ""))
    heard = _Messages()
    refused: list[str] = []
    answers: list[Any] = []

    def on_connect(_client: Any, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        answers.append(reason)
        if reason.is_failure:
            refused.append(refusal_reason(plan, reason))
        else:
            client.subscribe("#")

    def on_message(message: "PublishPacket") -> None:
        if message.topic is not None and message.payload is not None:
            heard.add(message.topic, message.payload)

    client.on_connect = on_connect
    try:
        if plan["tls"]:
            client.tls_set_context(tls_context(plan))
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
    return heard.payloads


class _Messages:
    """The last payload of each topic, up to a number of topics and bytes."""

    def __init__(self) -> None:
        self.payloads: dict[str, bytes] = {}
        self._bytes = 0

    def add(self, topic: str, payload: bytes) -> None:
        key = _key_of(topic, payload)
        size = self._bytes + len(payload) - len(self.payloads.get(key, b""))
        if (key in self.payloads or len(self.payloads) < TOPICS_MAX) and size <= _BYTES_MAX:
            self.payloads[key] = payload
            self._bytes = size


def _key_of(topic: str, payload: bytes) -> str:
    """Return the topic, with the device's id if many devices may share the topic."""
    if not payload.startswith(b"{") or b'"model"' not in payload or b'"id"' not in payload:
        return topic
    try:
        tree = json.loads(payload)
    except (ValueError, RecursionError):
        return topic
    is_shared = isinstance(tree, dict) and isinstance(tree.get("model"), str) and isinstance(tree.get("id"), (int, str))
    return f"{topic}{SEPARATOR}{tree['id']}" if is_shared else topic
