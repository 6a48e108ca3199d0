"""The wire between the fake hardware and a test: datagrams on loopback, both ways.

From the test: `pin 17 0`, `wifi up|gone|password|absent`, `hang 12000`.
To the test: `hello`, `feed`, `reset`, `rtc ...`, `led 1`.
"""

import os
import socket

_test = socket.getaddrinfo("127.0.0.1", int(os.getenv("HARNESS_PORT")))[0][-1]
_wire = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
_wire.setblocking(False)

levels = {}  # pin -> levels still to be seen, one at each look
pins = {}  # pin -> the fake Pin with an interrupt
wifi = "up"
hang_ms = 0


def tell(text):
    _wire.sendto(text.encode(), _test)


def look():
    """Take what the test has sent."""
    global wifi, hang_ms
    while True:
        try:
            words = _wire.recv(64).decode().split()
        except OSError:
            return
        if words[0] == "pin":
            number, level = int(words[1]), int(words[2])
            levels.setdefault(number, []).append(level)
            if number in pins:
                pins[number].interrupt()
        elif words[0] == "wifi":
            wifi = words[1]
        elif words[0] == "hang":
            hang_ms = int(words[1])


tell("hello")
