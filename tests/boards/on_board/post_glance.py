"""Post one glance as a board does, from the Plan in this folder, and print [outcome, wait_ms, said] (MicroPython)."""

import asyncio
import json
import sys
import time

import network

from pushglance_board.clock import BoardClock
from pushglance_board.net import pushover
from pushglance_board.net.dns import Names

pushover._HANDSHAKE_MS = 1000  # nobody computes for seconds here


def main():
    """Post it; the user is the sandbox's."""
    with open("plan.json") as file:
        plan = json.load(file)
    clock = BoardClock(plan["board"]["zone"])
    clock.set(int(time.time()) * 1000, clock.now_ms())
    wlan = network.WLAN(network.STA_IF)
    names = Names(lambda: wlan.ifconfig()[3], lambda: None)
    client = pushover.Pushover(
        plan["pushover"], plan["secrets"]["token"], "pushover.der", plan["board"]["root_until_s"], clock, names
    )
    answer = asyncio.run(client.post(sys.argv[1], "", {"text": "Garage open", "count": "0"}))
    print(json.dumps([answer.outcome, answer.wait_ms, answer.detail]))


main()
