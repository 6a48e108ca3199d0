"""App: build the parts of a running board and start their tasks.

What this Plan does not need is not imported: each kilobyte of the heap may be one that TLS needs. Modules of other
folders are imported by their full names, because a relative name would be one more string in the heap.
"""

import asyncio
import gc
import sys

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

from . import faults as fault
from .clock import BoardClock
from .errors import FatalError
from .faults import Faults
from .loop import BoardLoop
from .root_end import show_root_end, wait_for_root_end
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
    from .restarts import Restarts

PUSHOVER_ROOT = "pushover.der"
BROKER_ROOT = "broker.der"
WATCHDOG_MS = 8000  # the RP2040's limit is 8388
_EVENTS_MAX = const(64)  # the loop pops them every few milliseconds; more wait only while TLS computes
_ERRORS_MAX = const(3)
error_pause_s = 15  # doubled with each error in a row; not a constant: a test sets it
_STABLE_S = const(600)  # a board without pushes that runs so long forgets the failures of earlier runs


class App:
    """Own every part of a running board. `reboot` ends the program with a message. Raises FatalError."""

    def __init__(
        self, plan: "Plan", console: "Console", led: "Any", restarts: "Restarts", reboot: "Callable[[str], None]"
    ) -> None:
        board = plan["board"]
        self._console = console
        self._led = led
        self._restarts = restarts
        self._probe = board["ntp"]
        self._end = reboot
        self._root_until_s = 0 if not plan["watches"] or show_root_end(plan) else board["root_until_s"]
        self._faults = faults = Faults(console)
        self._clock = console.clock = clock = BoardClock(board["zone"])
        self.queue = queue = EventBuffer(_EVENTS_MAX)
        password = plan["secrets"]["wifi_password"]
        self._wifi = wifi = Wifi(board["ssid"], password, board["country"], board["hostname"], faults, self._reboot)
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
        return Courier(pushover, users, self.queue, self._clock, self._wifi, self._faults, self._restarts)

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
            self._guard(fault.WIFI, lambda: self._wifi.run(self._resolver, self._probe)),
            self._guard(fault.TIME, self._ntp.run),
        ]
        if self._courier is not None:
            tasks.append(self._guard(fault.PUSHOVER, self._courier.run))  # it forgets failures of runs after a push
        else:
            tasks.append(self._forget_failures())
        if self._root_until_s:
            tasks.append(self._guard(fault.PUSHOVER, self._wait_for_root_end))
        if self._mqtt is not None:
            tasks.append(self._guard(fault.BROKER, self._mqtt.run))
        await asyncio.gather(*tasks)

    async def _guard(self, number: int, run: "Callable[[], Any]") -> None:
        """Start a task again after an error, until three have come in a row: a reset would only repeat them."""
        errors = 0
        while errors < _ERRORS_MAX:
            start_ms = self._clock.now_ms()
            try:
                await run()
            except FatalError:
                raise
            except Exception as error:
                sys.print_exception(error)
                errors = 1 if self._clock.now_ms() - start_ms > _STABLE_S * 1000 else errors + 1
                text = "an error in pushglance: %s %s" % (error.__class__.__name__, error)
                self._faults.report(number, "%s; error %d of %d, then this part stops" % (text, errors, _ERRORS_MAX))
            await asyncio.sleep(error_pause_s << errors)

    def _reboot(self, reason: str) -> None:
        """End the program after writing what may wait: a wanted reset must lose nothing."""
        try:
            self.store.flush(self._clock.now_ms())
        except OSError as error:
            self._console.log("the state cannot be written before the reset: %s" % error)
        self._end(reason)

    async def _wait_for_root_end(self) -> None:
        await wait_for_root_end(self._root_until_s, self._clock, self._reboot)

    async def _forget_failures(self) -> None:
        await asyncio.sleep(_STABLE_S)
        self._restarts.clear()


def _broker_context() -> "ssl.SSLContext | None":
    from pushglance_board.net.connection import tls_context

    with open(BROKER_ROOT, "rb") as file:
        return tls_context(file.read())


def _no_context() -> "ssl.SSLContext | None":
    return None
