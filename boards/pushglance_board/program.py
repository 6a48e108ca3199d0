"""The program of a board: read the Plan, build the house, turn until the power goes.

Whatever ends it leaves one sentence on the console and in `last_words.txt`, so that no restart is without a reason.
What this Plan does not need is not imported: each kilobyte is one that TLS may lack.
"""

import asyncio
import gc
import json
import sys
import time

import machine
from machine import Pin

from pushglance.core.decider import Decider
from pushglance.core.plan_types import PLAN_VERSION
from pushglance.core.wire.event_buffer import EventBuffer

from . import led as led_signs
from .clock import BoardClock
from .console import Console, forget_last_words, leave_last_words, read_last_words
from .contacts import ContactPin
from .faults import Faults
from .loop import BoardLoop
from .net.dns import Names
from .net.node_publisher import NodePublisher
from .net.ntp import TimeKeeper
from .net.wifi import Wifi
from .store import FlashStore

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ssl
    from typing import Any

    from pushglance.core.plan_types import Plan, SensorPlan

    from .net.courier import Courier
    from .net.mqtt_client import Broker
    from .pulse_counters import PulsePin

PLAN = "plan.json"
PUSHOVER_ROOT = "pushover.der"
BROKER_ROOT = "broker.der"
_EVENTS_MAX = 64  # the loop takes them every few milliseconds; more wait only while TLS computes
WATCHDOG_MS = 8000  # the RP2040's ends at 8388
_FLICKERS_BEFORE_RESET = 50  # some 7 s: time to read the console, before the watchdog resets
_PULLS = {"up": Pin.PULL_UP, "down": Pin.PULL_DOWN, "none": None}


class Unusable(Exception):  # noqa: N818 - says what is
    """Say in one sentence why this board cannot run; only a new deploy mends it."""


class NoLed:
    """Stand in where a board has no LED."""

    def on(self) -> None:
        """Do nothing."""

    def off(self) -> None:
        """Do nothing."""


def run() -> None:
    """Run for ever. Ctrl-C ends it without a reset, for whoever types at the console."""
    console = Console()
    console.say("pushglance starts" + _why_again())
    led = NoLed()  # type: Any
    try:
        plan = read_plan()
        led = _led(plan)
        asyncio.run(Program(plan, console, led).live())
    except Unusable as error:
        _stand_still(console, led, str(error))
    except KeyboardInterrupt:
        console.say("stopped from the console; reset the board to go on")
    except Exception as error:
        sys.print_exception(error)
        _begin_anew(console, led, "a mistake in pushglance: %s %s" % (error.__class__.__name__, error))


def _why_again() -> str:
    """Return why the program ended the last time, "" if somebody took its power away."""
    words = read_last_words()
    if words:
        return "; it ended the last time because: " + words
    if machine.reset_cause() == machine.WDT_RESET:
        return "; the watchdog ended it the last time: something hung for %d s" % (WATCHDOG_MS // 1000)
    return ""


def read_plan() -> "Plan":
    """Return the Plan. Raises Unusable."""
    try:
        with open(PLAN) as file:
            plan = json.load(file)  # type: Plan
    except OSError:
        raise Unusable("there is no %s on this board: type `pushglance deploy` on a computer" % PLAN) from None
    except ValueError:
        raise Unusable("%s is cut off or damaged: type `pushglance deploy` again" % PLAN) from None
    if plan.get("version") != PLAN_VERSION or plan.get("board") is None:
        told = "the Plan is of version %s, this program reads version %d of a board's Plan"
        raise Unusable((told % (plan.get("version"), PLAN_VERSION)) + ": type `pushglance deploy` again") from None
    return plan


def _led(plan: "Plan") -> "Any":
    name = plan["board"]["led"]
    if name == "":
        return NoLed()
    try:
        return Pin(int(name) if name.isdigit() else name, Pin.OUT)
    except (ValueError, TypeError):
        raise Unusable("this board has no LED on pin %s: correct led under [board]" % name) from None


def _stand_still(console: "Console", led: "Any", sentence: str) -> None:
    """Say it again and again: nothing but a new deploy can help, and a reset would only hide the reason."""
    while True:
        console.say(sentence + " [LED flickers]")
        led_signs.flicker(led, time.sleep_ms, _FLICKERS_BEFORE_RESET)


def _begin_anew(console: "Console", led: "Any", sentence: str) -> None:
    console.say("%s; the board restarts in 7 s" % sentence)
    leave_last_words(sentence)
    led_signs.flicker(led, time.sleep_ms, _FLICKERS_BEFORE_RESET)
    machine.reset()


class Program:
    """Hold every part of a running board; the only place that knows them all. Raises Unusable."""

    def __init__(self, plan: "Plan", console: "Console", led: "Any") -> None:
        board = plan["board"]
        self._console = console
        self._led = led
        self._troubles = troubles = Faults(console)
        self._clock = console.clock = clock = BoardClock(board["zone"])
        self._inbox = inbox = EventBuffer(_EVENTS_MAX)
        self._wifi = wifi = Wifi(
            board["ssid"], plan["secrets"]["wifi_password"], board["country"], troubles, self.reset
        )
        self._names = names = Names(wifi.name_server, wifi.heard)
        self._pins = _pins(plan, inbox)
        self._time = TimeKeeper(board["ntp"], clock, wifi, names, machine.RTC(), troubles)
        self._readings = NodePublisher(plan["node"])
        # Modules come before states: what lives long lies together, and loading wants the most room.
        self._courier = self._make_courier(plan) if plan["watches"] else None
        self._broker = self._make_broker(plan) if plan["mqtt"] is not None else None
        self._store = FlashStore(plan["watches"])
        memory = self._store.load(clock.now_ms())
        if self._store.detail:
            console.say(self._store.detail)
        self._decider = Decider(plan, memory, clock.now_ms())
        self._probe = board["ntp"]

    def _make_courier(self, plan: "Plan") -> "Courier":
        from .net.courier import Courier
        from .net.pushover import Pushover

        secrets = plan["secrets"]
        users = {watch["name"]: (secrets["users"][watch["name"]], watch["device"]) for watch in plan["watches"]}
        until_s = plan["board"]["root_until_s"]
        pushover = Pushover(plan["pushover"], secrets["token"], PUSHOVER_ROOT, until_s, self._clock, self._names)
        return Courier(pushover, users, self._inbox, self._clock, self._wifi, self._troubles)

    def _make_broker(self, plan: "Plan") -> "Broker":
        from pushglance.core.wire.message_router import MessageRouter

        from .net.mqtt_client import Broker

        mqtt = plan["mqtt"]
        assert mqtt is not None
        sensors = [sensor for sensor in plan["sensors"] if sensor["source"] == "mqtt"]
        if any([sensor["pointer"] for sensor in sensors]):
            from pushglance.core.wire import json_pointer  # noqa: F401 - now, while the heap is in one piece
        return Broker(
            mqtt,
            plan["secrets"]["mqtt_password"],
            _broker_context if mqtt["tls"] else _no_context,
            MessageRouter(sensors, self._inbox, self._clock.now_ms),
            self._readings,
            self._inbox,
            self._clock,
            self._wifi,
            self._names,
            self._troubles,
        )

    async def live(self) -> None:
        """Start every task; returns never, raises what one of them could not go on from."""
        gc.collect()
        self._console.say("%d bytes of memory are free" % gc.mem_free())
        watchdog = machine.WDT(timeout=WATCHDOG_MS)
        loop = BoardLoop(
            self._decider,
            self._inbox,
            self._clock,
            self._store,
            self._courier,
            self._pins,
            self._readings,
            self._troubles,
            self._console,
            watchdog,
        )
        tasks = [
            loop.run(),
            led_signs.show(self._led, self._troubles),
            self._wifi.keep(self._names, self._probe),
            self._time.keep(),
            self._forget_reason(),
        ]
        if self._courier is not None:
            tasks.append(self._courier.carry())
        if self._broker is not None:
            tasks.append(self._broker.keep())
        await asyncio.gather(*tasks)

    async def _forget_reason(self) -> None:
        """Forget why the last run ended, once this one has run for ten minutes."""
        await asyncio.sleep(600)
        forget_last_words()

    def reset(self, sentence: str) -> None:
        """Begin anew, with a reason on the console of the next start."""
        _begin_anew(self._console, self._led, sentence)


def _pins(plan: "Plan", inbox: "EventBuffer") -> "list[ContactPin | PulsePin]":
    pins = []
    counters = 0  # a chip has few units that count: contacts use up none
    for sensor in plan["sensors"]:
        if sensor["source"] != "gpio":
            continue
        pins.append(_pin(sensor, counters, inbox))
        counters += sensor["kind"] == "counter"
    return pins


def _pin(sensor: "SensorPlan", number: int, inbox: "EventBuffer") -> "ContactPin | PulsePin":
    try:
        pin = Pin(sensor["gpio"], Pin.IN, _PULLS[sensor["pull"]])  # type: ignore[arg-type]  # None: no pull
    except (ValueError, TypeError):
        told = "this board has no pin %d, which %s is to be read from: correct gpio and deploy again"
        raise Unusable(told % (sensor["gpio"], sensor["name"])) from None
    if sensor["kind"] == "contact":
        return ContactPin(sensor, pin, inbox)
    from .pulse_counters import PulsePin, pulse_source

    return PulsePin(sensor, pulse_source(sensor, pin, number), inbox)


def _broker_context() -> "ssl.SSLContext | None":
    from .net.connection import tls_context

    with open(BROKER_ROOT, "rb") as file:
        return tls_context(file.read())


def _no_context() -> "ssl.SSLContext | None":
    return None
