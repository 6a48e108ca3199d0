"""App: build the parts of a running board and start their tasks.

What this Plan does not need is not imported: each kilobyte of the heap may be one that TLS needs. Modules of other
folders are imported by their full names, because a relative name would be one more string in the heap.
"""

import asyncio
import gc

import machine
from micropython import const

from pushglance.core.decider import Decider
from pushglance.core.wire.event_buffer import EventBuffer
from pushglance_board.net.dns import Resolver
from pushglance_board.net.node_publisher import NodePublisher
from pushglance_board.net.ntp import NtpClient
from pushglance_board.net.wifi import Wifi
from pushglance_board.pins.build import build_pins
from pushglance_board.pins.led import show_faults

from .clock import BoardClock
from .console import clear_last_error
from .faults import Faults
from .loop import BoardLoop
from .store import FlashStore

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable
    from typing import Any

    from pushglance.core.plan_types import MqttPlan, Plan
    from pushglance_board.net.courier import Courier
    from pushglance_board.net.mqtt_client import MqttClient

    from .console import Console

PUSHOVER_ROOT = "pushover.der"
BROKER_ROOT = "broker.der"
WATCHDOG_MS = 8000  # the RP2040's limit is 8388
_EVENTS_MAX = const(64)  # the loop pops them every few milliseconds; more wait only while TLS computes
_STABLE_S = const(600)  # after running so long, the error that ended an earlier run is cleared


class App:
    """Own every part of a running board. `reboot` ends the program with a message. Raises FatalError."""

    def __init__(self, plan: "Plan", console: "Console", led: "Any", reboot: "Callable[[str], None]") -> None:
        board = plan["board"]
        self._console = console
        self._led = led
        self._probe = board["ntp"]
        self._faults = faults = Faults(console)
        self._clock = console.clock = clock = BoardClock(board["zone"])
        self.queue = queue = EventBuffer(_EVENTS_MAX)
        self._wifi = wifi = Wifi(board["ssid"], plan["secrets"]["wifi_password"], board["country"], faults, reboot)
        self._resolver = resolver = Resolver(wifi.name_server, wifi.note_success)
        self._pins = build_pins(plan, queue)
        self._ntp = NtpClient(board["ntp"], clock, wifi, resolver, machine.RTC(), faults)
        self._publisher = NodePublisher(plan["node"])
        # Modules are loaded before state is built: loading needs the largest free piece of the heap.
        self._courier = self._build_courier(plan) if plan["watches"] else None
        mqtt = plan["mqtt"]
        self._mqtt = None if mqtt is None else self._build_mqtt_client(plan, mqtt)
        self.store = FlashStore(plan["watches"])
        memory = self.store.load(clock.now_ms())
        if self.store.damage:
            console.log(self.store.damage)
        self._decider = Decider(plan, memory, clock.now_ms())

    def _build_courier(self, plan: "Plan") -> "Courier":
        from pushglance_board.net.courier import Courier
        from pushglance_board.net.pushover import Pushover

        secrets = plan["secrets"]
        users = {watch["name"]: (secrets["users"][watch["name"]], watch["device"]) for watch in plan["watches"]}
        until_s = plan["board"]["root_until_s"]
        pushover = Pushover(plan["pushover"], secrets["token"], PUSHOVER_ROOT, until_s, self._clock, self._resolver)
        return Courier(pushover, users, self.queue, self._clock, self._wifi, self._faults)

    def _build_mqtt_client(self, plan: "Plan", mqtt: "MqttPlan") -> "MqttClient":
        from pushglance.core.wire.message_router import MessageRouter
        from pushglance_board.net.mqtt_client import MqttClient

        sensors = [sensor for sensor in plan["sensors"] if "topic" in sensor]
        if any([sensor["pointer"] for sensor in sensors]):
            from pushglance.core.wire import json_pointer  # noqa: F401 - now, while the heap is in one piece
        return MqttClient(
            mqtt,
            plan["secrets"]["mqtt_password"],
            _broker_context if mqtt["tls"] else _no_context,
            MessageRouter(sensors, self.queue, self._clock.now_ms),
            self._publisher,
            self.queue,
            self._clock,
            self._wifi,
            self._resolver,
            self._faults,
        )

    async def run(self) -> None:
        """Start every task. Never returns; raises what a task could not handle."""
        gc.collect()
        self._console.log("%d bytes of memory are free" % gc.mem_free())
        loop = BoardLoop(
            self._decider,
            self.queue,
            self._clock,
            self.store,
            self._courier,
            self._pins,
            self._publisher,
            self._faults,
            self._console,
            machine.WDT(timeout=WATCHDOG_MS),
        )
        tasks = [
            loop.run(),
            show_faults(self._led, self._faults),
            self._wifi.run(self._resolver, self._probe),
            self._ntp.run(),
            _clear_last_error_later(),
        ]
        if self._courier is not None:
            tasks.append(self._courier.run())
        if self._mqtt is not None:
            tasks.append(self._mqtt.run())
        await asyncio.gather(*tasks)


async def _clear_last_error_later() -> None:
    await asyncio.sleep(_STABLE_S)
    clear_last_error()


def _broker_context() -> "ssl.SSLContext | None":
    from pushglance_board.net.connection import tls_context

    with open(BROKER_ROOT, "rb") as file:
        return tls_context(file.read())


def _no_context() -> "ssl.SSLContext | None":
    return None
