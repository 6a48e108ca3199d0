"""A fake `network`: a test switches WiFi on and off and answers for the name and time servers.

It is as unkind as the chips: the status of the last attempt stays over `connect`, and a join takes a while.
"""

import os

import harness
from pushglance_board.net import dns, ntp
from time import ticks_diff, ticks_ms

dns.port = int(os.getenv("DNS_PORT"))
ntp.port = int(os.getenv("NTP_PORT"))

STA_IF = 0
STAT_IDLE = 0
STAT_CONNECTING = 1
STAT_WRONG_PASSWORD = -3
STAT_NO_AP_FOUND = -2
STAT_GOT_IP = 3
_STALE_MS = 1000  # the status of the last attempt stays so long


def country(code):
    harness.send("country " + code)


def hostname(name):
    harness.send("hostname " + name)


class WLAN:
    PM_NONE = 0
    SEC_WPA2_WPA3 = 6

    def __init__(self, interface):
        self._is_on = self._is_connecting = self._is_wpa3 = False
        self._last = STAT_IDLE
        self._since_ms = ticks_ms()

    def active(self, is_on):
        self._is_on = is_on
        harness.send("wlan %d" % is_on)

    def config(self, pm):
        pass

    def deinit(self):
        harness.send("deinit")

    def connect(self, ssid, password, security=0):
        self._is_connecting = True
        self._is_wpa3 = security == self.SEC_WPA2_WPA3
        self._since_ms = ticks_ms()

    def disconnect(self):
        self._is_connecting = False

    def status(self):
        harness.receive()
        if ticks_diff(ticks_ms(), self._since_ms) >= _STALE_MS:
            errors = {"password": STAT_WRONG_PASSWORD, "absent": STAT_NO_AP_FOUND}
            self._last = errors.get(harness.wifi, STAT_CONNECTING)
        return self._last

    def isconnected(self):
        harness.receive()
        is_joining = ticks_diff(ticks_ms(), self._since_ms) < (2 * _STALE_MS if self._last < 0 else 0)
        is_joined = harness.wifi == "up" or (harness.wifi == "wpa3" and self._is_wpa3)
        return self._is_on and self._is_connecting and is_joined and not is_joining

    def ifconfig(self):
        return ("127.0.0.1", "255.0.0.0", "127.0.0.1", "127.0.0.1")
