"""Run the program in the board emulator: sensors move, time passes, figures are counted."""

import asyncio
import json
import machine
import socket
import time

program = None
_moved = 0
_next_ms = 0
_every_ms = 0
_pins = 0
_topic = b""


def begin(every_ms, pins, topic):
    """Start the program; then every `every_ms` one of `pins` contacts moves, and a value comes to `topic`."""
    global program, _every_ms, _pins, _topic
    from pushglance_board.app import App
    from pushglance_board.console import Console
    from pushglance_board.pins.led import NoLed
    from pushglance_board.restarts import Restarts

    with open("plan.json") as file:
        plan = json.load(file)
    program = App(plan, Console(), NoLed(), Restarts(False), print)
    del plan
    _every_ms, _pins = every_ms, pins
    asyncio.start(program.run())


def turn(times):
    """Run the next task `times` times; return the instant."""
    global _moved, _next_ms
    for _ in range(times):
        if _every_ms and time.now_ms() >= _next_ms:
            _next_ms = time.now_ms() + _every_ms
            if _pins:
                machine.move(_moved % _pins, 1 - machine.levels[_moved % _pins])
            for broker in socket.brokers if _topic else ():
                broker.send(_topic, b"%d" % (_moved * 37 % 101))
            _moved += 1
        asyncio.turn(1)
    return time.now_ms()


def figures():
    """Return figures as JSON."""
    counts = {"moves": _moved, "pushes": socket.pushes[0], "writes": program.store.writes}
    counts["dropped"] = program.queue.dropped
    counts["published"] = len(socket.published)
    return json.dumps(counts)
