"""network of the simulated year: a chip that can be deaf until it is switched off, and a router that is away."""

import time

import world

STA_IF = 0
STAT_IDLE = 0
STAT_CONNECTING = 1
STAT_WRONG_PASSWORD = -3
STAT_NO_AP_FOUND = -2
_JOIN_MS = 4000
_STALE_MS = 1500  # the status of the last attempt stays so long


def country(code):
    pass


def hostname(name):
    pass


class WLAN:
    PM_NONE = 0
    SEC_WPA2_WPA3 = 6

    def __init__(self, interface):
        self._since_ms = None
        self._last = STAT_IDLE

    def active(self, is_on):
        pass  # this does not cut the power

    def deinit(self):
        world.is_deaf[0] = False
        self._since_ms = None

    def config(self, pm):
        pass

    def connect(self, ssid, password, security=0):
        self._since_ms = time.now_ms()

    def disconnect(self):
        self._since_ms = None

    def status(self):
        if self._since_ms is not None and time.now_ms() - self._since_ms >= _STALE_MS:
            self._last = STAT_CONNECTING if _is_there() else STAT_NO_AP_FOUND
        return self._last

    def isconnected(self):
        is_joined = self._since_ms is not None and time.now_ms() - self._since_ms >= _JOIN_MS
        return is_joined and _is_there()

    def ifconfig(self):
        return ("10.0.0.2", "255.255.255.0", "10.0.0.1", "10.0.0.1")


def _is_there():
    return not (world.fault("router restart") or world.fault("no WiFi"))
