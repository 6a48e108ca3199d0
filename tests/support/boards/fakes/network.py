"""A board's `network` for tests: WiFi that a test takes away and gives back; names and time come from the test, too."""

import os

import harness
from pushglance_board.net import dns, ntp


dns.PORT = int(os.getenv("DNS_PORT"))
ntp.PORT = int(os.getenv("NTP_PORT"))

STA_IF = 0
STAT_IDLE = 0
STAT_CONNECTING = 1
STAT_WRONG_PASSWORD = -3
STAT_NO_AP_FOUND = -2
STAT_GOT_IP = 3


def country(code):
    harness.tell("country " + code)


class WLAN:
    PM_NONE = 0

    def __init__(self, interface):
        self._is_on = self._is_asked = False

    def active(self, is_on):
        self._is_on = is_on
        harness.tell("wlan %d" % is_on)

    def config(self, pm):
        pass

    def connect(self, ssid, password):
        self._is_asked = True

    def disconnect(self):
        self._is_asked = False

    def status(self):
        harness.look()
        return {"password": STAT_WRONG_PASSWORD, "absent": STAT_NO_AP_FOUND}.get(harness.wifi, STAT_CONNECTING)

    def isconnected(self):
        harness.look()
        return self._is_on and self._is_asked and harness.wifi == "up"

    def ifconfig(self):
        return ("127.0.0.1", "255.0.0.0", "127.0.0.1", "127.0.0.1")
