"""WiFi that recovers: connect, check that it carries data, switch it off and on, and reset the board as a last resort.

A Pico W can stop receiving while it reports a connection (micropython#9455, #16290, #17300), so `note_success` and
`note_failure` record whether any server answers at all.
"""

from asyncio import sleep_ms
from time import ticks_diff, ticks_ms

import network
from micropython import const

from pushglance_board import faults as fault

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pushglance_board.faults import Faults

    from .dns import Resolver

_STEP_MS = 250
_CONNECT_MS = const(20_000)
_OFF_MS = const(2000)
_RETRY_MS = const(3000)
_RETRY_MAX_MS = const(60_000)
_PROBE_MS = const(5 * 60_000)
_FAILURES_MAX = const(3)  # in a row; then WiFi is switched off and on
_RESTARTS_MAX = const(4)  # of WiFi without success, if it has worked before; then the board is reset
_NAME_MAX = const(32)


class Wifi:
    """Own the WLAN interface. `reset` ends the program with a message and does not return."""

    def __init__(
        self, ssid: str, password: str, country: str, faults: "Faults", reset: "Callable[[str], None]"
    ) -> None:
        self._ssid = ssid
        self._password = password
        self._name = "WiFi " + ssid[:_NAME_MAX]
        self._faults = faults
        self._reset = reset
        self._failures = 0
        self._restarts = 0
        self._has_worked = False
        self._success_ms = ticks_ms()
        self.is_up = False
        if country:
            network.country(country)
        self._wlan = network.WLAN(network.STA_IF)

    def name_server(self) -> str:
        """Return the address of the name server, "" while there is none."""
        return str(self._wlan.ifconfig()[3]) if self.is_up else ""

    async def wait_until_up(self) -> None:
        """Return when WiFi is connected."""
        while not self.is_up:
            await sleep_ms(_STEP_MS)

    def note_success(self) -> None:
        """Note that a server has answered: the connection carries data."""
        self._failures = self._restarts = 0
        self._has_worked = True
        self._success_ms = ticks_ms()

    def note_failure(self) -> None:
        """Note that a server that should have answered did not."""
        self._failures += 1

    async def run(self, resolver: "Resolver", probe: str) -> None:
        """Keep WiFi connected for ever; after minutes without an answer, resolve the name `probe` as a test."""
        wait_ms = _RETRY_MS
        while True:
            await self._connect()
            if self.is_up:
                wait_ms = _RETRY_MS
                self._faults.clear(fault.WIFI)
                await self._monitor(resolver, probe)
                self.is_up = False
            await self._switch_off()
            await sleep_ms(wait_ms)
            wait_ms = min(2 * wait_ms, _RETRY_MAX_MS)

    async def _connect(self) -> None:
        wlan = self._wlan
        wlan.active(True)
        if hasattr(network.WLAN, "PM_NONE"):
            wlan.config(pm=network.WLAN.PM_NONE)  # power saving delays answers and makes the fault above more likely
        try:
            wlan.connect(self._ssid, self._password)
        except OSError as error:
            self._faults.report(fault.WIFI, "%s: %s" % (self._name, error))
            return
        for _ in range(_CONNECT_MS // _STEP_MS):
            if wlan.isconnected():
                self.is_up = True
                return
            message = self._permanent_error(wlan.status())
            if message:
                self._faults.report(fault.WIFI, message)
                return
            await sleep_ms(_STEP_MS)
        self._faults.report(fault.WIFI, "%s does not answer; is it out of reach?" % self._name)

    def _permanent_error(self, status: int) -> str:
        """Return a message for a status that does not change by waiting, else ""."""
        if status == network.STAT_WRONG_PASSWORD or status == getattr(network, "STAT_HANDSHAKE_TIMEOUT", None):
            return "%s refuses the password; correct it under [board] and deploy again" % self._name
        if status == network.STAT_NO_AP_FOUND:
            return "%s is not found (boards receive 2.4 GHz only)" % self._name
        return ""

    async def _monitor(self, resolver: "Resolver", probe: str) -> None:
        """Return when the connection is lost or no longer carries data."""
        self._success_ms = ticks_ms()
        self._failures = 0
        while self._wlan.isconnected():
            await sleep_ms(_STEP_MS)
            if probe and ticks_diff(ticks_ms(), self._success_ms) > _PROBE_MS:
                self._success_ms = ticks_ms()
                self.note_failure()
                await resolver.query(probe)  # any answer calls `note_success`
            if self._failures >= _FAILURES_MAX:
                self._count_restart()
                return
        self._faults.report(fault.WIFI, "%s is gone" % self._name)

    def _count_restart(self) -> None:
        """Report that WiFi is switched off and on, or reset the board if that has not helped."""
        self._restarts += 1
        if self._has_worked and self._restarts > _RESTARTS_MAX:
            self._reset("WiFi carried no data after %d restarts of it" % _RESTARTS_MAX)
        self._faults.report(fault.WIFI, "WiFi is connected and carries no data; it is switched off and on")

    async def _switch_off(self) -> None:
        self._wlan.disconnect()
        self._wlan.active(False)
        await sleep_ms(_OFF_MS)
