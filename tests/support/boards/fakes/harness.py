"""Datagrams on loopback between the fake hardware and a test.

From the test: `pin 17 0`, `wifi up|gone|password|absent`, `hang 12000`.
To the test: `hello`, `feed`, `reset`, `rtc ...`, `led 1`.
"""

import os
import socket

_test = socket.getaddrinfo("127.0.0.1", int(os.getenv("HARNESS_PORT")))[0][-1]
_socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
_socket.setblocking(False)

levels = {}  # pin -> levels that were not read yet, one for each read
pins = {}  # pin -> the fake Pin with an interrupt
wifi = "up"
hang_ms = 0


def send(text):
    _socket.sendto(text.encode(), _test)


def receive():
    """Apply what the test has sent."""
    global wifi, hang_ms
    while True:
        try:
            words = _socket.recv(64).decode().split()
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


send("hello")
