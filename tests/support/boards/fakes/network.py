"""A fake `network`: a test switches WiFi on and off and answers for the name and time servers."""

import os

import harness
from pushglance_board.net import dns, ntp


dns.port = int(os.getenv("DNS_PORT"))
ntp.port = int(os.getenv("NTP_PORT"))

STA_IF = 0
STAT_IDLE = 0
STAT_CONNECTING = 1
STAT_WRONG_PASSWORD = -3
STAT_NO_AP_FOUND = -2
STAT_GOT_IP = 3


def country(code):
    harness.send("country " + code)


class WLAN:
    PM_NONE = 0

    def __init__(self, interface):
        self._is_on = self._is_connecting = False

    def active(self, is_on):
        self._is_on = is_on
        harness.send("wlan %d" % is_on)

    def config(self, pm):
        pass

    def connect(self, ssid, password):
        self._is_connecting = True

    def disconnect(self):
        self._is_connecting = False

    def status(self):
        harness.receive()
        return {"password": STAT_WRONG_PASSWORD, "absent": STAT_NO_AP_FOUND}.get(harness.wifi, STAT_CONNECTING)

    def isconnected(self):
        harness.receive()
        return self._is_on and self._is_connecting and harness.wifi == "up"

    def ifconfig(self):
        return ("127.0.0.1", "255.0.0.0", "127.0.0.1", "127.0.0.1")
