"""The program of a board: read the Plan, build the app, run it until the power goes.

Every end is logged with its reason, and an end by restart also saves the reason for the log of the next start.
"""

import asyncio
import json
import sys
import time

import machine
from micropython import const

from pushglance.core.plan_types import PLAN_VERSION
from pushglance_board.pins.build import build_led
from pushglance_board.pins.led import NoLed, flicker

from .app import WATCHDOG_MS, App
from .console import Console
from .errors import FatalError
from .restarts import Restarts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pushglance.core.plan_types import Plan

PLAN = "plan.json"
_FLICKERS_BEFORE_RESET = const(50)  # about 7 s: time to read the console, and less than the watchdog's
_ROUNDS_OF_AN_HOUR = const(514)  # of so many flickers


def run() -> None:
    """Run for ever. Ctrl-C on the console ends the program without a reset."""
    console = Console()
    restarts = Restarts(machine.reset_cause() == machine.WDT_RESET)
    console.log("pushglance starts" + ("; the last run ended with: " + restarts.reason if restarts.reason else ""))
    led = NoLed()  # type: Any
    try:
        plan = read_plan()
        led = build_led(plan)
        asyncio.run(App(plan, console, led, restarts, lambda reason: _reboot(console, led, restarts, reason)).run())
    except FatalError as error:
        _halt(console, led, str(error))
    except KeyboardInterrupt:
        console.log("stopped from the console; reset the board to continue")
    except Exception as error:
        sys.print_exception(error)
        _reboot(console, led, restarts, "an error in pushglance: %s %s" % (error.__class__.__name__, error), True)


def read_plan() -> "Plan":
    """Return the Plan. Raises FatalError."""
    try:
        with open(PLAN) as file:
            plan = json.load(file)  # type: Plan
    except OSError:
        raise FatalError("%s is missing on this board: type `pushglance deploy` on a computer" % PLAN) from None
    except ValueError:
        raise FatalError("%s is incomplete or damaged: type `pushglance deploy` again" % PLAN) from None
    if plan.get("version") != PLAN_VERSION or plan.get("board") is None:
        message = "%s has version %s, this program needs a board's Plan of version %d: type `pushglance deploy` again"
        raise FatalError(message % (PLAN, plan.get("version"), PLAN_VERSION)) from None
    return plan


def _halt(console: "Console", led: "Any", message: str) -> None:
    """Log the message for ever: only a new deploy can help, and a reset would hide the reason."""
    while True:
        console.log(message + " [LED flickers]")
        flicker(led, time.sleep_ms, _FLICKERS_BEFORE_RESET)


def _reboot(console: "Console", led: "Any", restarts: "Restarts", reason: str, is_failure: bool = False) -> None:
    """Save the reason and restart, in 7 s; after three failed runs in a row in an hour, because each writes flash."""
    restarts.save(reason, is_failure)
    rounds = _ROUNDS_OF_AN_HOUR if is_failure and restarts.has_failed_often() else 1
    for _ in range(rounds):
        wait = "7 s" if rounds == 1 else "an hour, because three runs in a row have failed"
        console.log("%s; the board restarts in %s" % (reason, wait))
        machine.WDT(timeout=WATCHDOG_MS).feed()
        flicker(led, time.sleep_ms, _FLICKERS_BEFORE_RESET)
    machine.reset()
