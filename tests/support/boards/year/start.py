"""Start the unchanged program of a board in virtual time."""

import gc

import random

import time
import world
from asyncio import polling, touch

from pushglance.core.decider import Decider
from pushglance.core.wire.event_buffer import EventBuffer
from pushglance.core.wire.push_delivery import PendingCommands
from pushglance_board import loop, program
from pushglance_board.clock import BoardClock
from pushglance_board.net import connection, courier, mqtt_client, wifi
from pushglance_board.net.wifi import Wifi
from pushglance_board.pins import led
from pushglance_board.store import FlashStore

MINUTE_MS = 60_000
PING_MS = 20_000
ANSWER_MS = 100
connection_step_ms = 10  # a constant of the module
LED_MS = 3_600_000
GARBAGE = 256 * 1024
random.seed(world.story["start_ms"] + world.year.seed)
world.begin()
begin_ms = time.now_ms()
deadlines_ms = [None, None]  # of the core and of the store, on the board's clock
joined = []


def touching(method, is_event):
    """Return the method, which now also wakes the tasks that poll."""

    def call(*arguments):
        world.figures["events"] += is_event
        touch()
        return method(*arguments)

    return call


def noting(number, method):
    """Return the method, which now also notes the deadline that it returns."""

    def call(self):
        deadlines_ms[number] = method(self)
        return deadlines_ms[number]

    return call


def loop_deadline_ms():
    """Return when the loop has to act at the latest."""
    due_ms = time.now_ms() + MINUTE_MS
    for deadline_ms in deadlines_ms:
        if deadline_ms is not None:
            due_ms = min(due_ms, begin_ms + deadline_ms)
    return due_ms


def in_ms(ms):
    """Return a function that returns the instant in so many milliseconds."""
    return lambda: time.now_ms() + ms


def only_while_up(poll, period_ms):
    """Return a sleep for WiFi, whose waits are polls only while it is joined."""
    return lambda ms: poll(ms) if joined[0].is_up or ms != period_ms else poll(ms + 1)


build = Wifi.__init__


def build_wifi(self, *arguments):
    """Keep the object that knows whether WiFi is joined."""
    joined.append(self)
    build(self, *arguments)


Wifi.__init__ = build_wifi
EventBuffer.put = touching(EventBuffer.put, True)
EventBuffer.put_latest = touching(EventBuffer.put_latest, True)
PendingCommands.put = touching(PendingCommands.put, False)
Decider.deadline_ms = noting(0, Decider.deadline_ms)
BoardClock.set = touching(BoardClock.set, False)
FlashStore.deadline_ms = noting(1, FlashStore.deadline_ms)
mqtt_client.sleep_ms = polling(mqtt_client._STEP_MS, in_ms(PING_MS))  # the first: asyncio.MQTT
loop.sleep_ms = polling(loop.POLL_MS, loop_deadline_ms)
connection.sleep_ms = polling(connection_step_ms, in_ms(ANSWER_MS))
courier.sleep_ms = polling(courier._STEP_MS, in_ms(MINUTE_MS))
wifi.sleep_ms = only_while_up(polling(wifi._STEP_MS, in_ms(MINUTE_MS)), wifi._STEP_MS)
blink = polling(1, in_ms(LED_MS))
led.sleep_ms = lambda ms: blink(1)  # nothing depends on it
gc.threshold(GARBAGE)  # this heap is larger than a board's, and no TLS is in it

program.run()
