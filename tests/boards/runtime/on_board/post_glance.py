"""Post one glance as a board does, with the Plan of this folder; print [outcome, wait_ms, detail] (MicroPython)."""

import asyncio
import json
import sys
import time

import network

from pushglance_board.clock import BoardClock
from pushglance_board.net import pushover
from pushglance_board.net.dns import Resolver

pushover._HANDSHAKE_MS = 1000  # this computer is fast


def main():
    """Post a glance to the sandbox's user."""
    with open("plan.json") as file:
        plan = json.load(file)
    clock = BoardClock(plan["board"]["zone"])
    clock.set(int(time.time()) * 1000, clock.now_ms())
    wlan = network.WLAN(network.STA_IF)
    resolver = Resolver(lambda: wlan.ifconfig()[3], lambda: None)
    client = pushover.Pushover(
        plan["pushover"], plan["secrets"]["token"], "pushover.der", plan["board"]["root_until_s"], clock, resolver
    )
    answer = asyncio.run(client.post(sys.argv[1], "", {"text": "Garage open", "count": "0"}))
    print(json.dumps([answer.outcome, answer.wait_ms, answer.detail]))


main()
