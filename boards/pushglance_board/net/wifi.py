"""WiFi that recovers: connect, check that it carries data, and reset the board where nothing less helps.

A Pico W can stop receiving while it reports a connection (micropython#9455, #16290, #17300), so `note_success` and
`note_failure` record whether any server answers at all. `active(False)` leaves its WiFi chip powered, so only `deinit`,
where a port has it, or a reset starts that chip again.
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
_STALE_MS = const(3000)  # an ESP32 keeps the status of the last attempt for a moment (micropython#14382)
_PROBE_MS = const(5 * 60_000)
_FAILURES_MAX = const(3)  # in a row; then a name server that does not answer either proves that WiFi carries no data
_USELESS_MS = const(15 * 60_000)  # without a network that carries data; then the board is reset
_NAME_MAX = const(32)


class Wifi:
    """Own the WLAN interface. `reset` ends the program with a message and does not return."""

    def __init__(
        self,
        ssid: str,
        password: str,
        country: str,
        hostname: str,
        faults: "Faults",
        reset: "Callable[[str], None]",
    ) -> None:
        self._ssid = ssid
        self._password = password
        self._name = "WiFi " + ssid[:_NAME_MAX]
        self._faults = faults
        self._reset = reset
        self._failures = 0
        self._attempts = 0
        self._has_worked = False
        self._success_ms = ticks_ms()
        self._useful_ms = ticks_ms()  # when there was a network that carries data
        self.is_up = False
        if country:
            network.country(country)
        if hostname and hasattr(network, "hostname"):
            network.hostname(hostname)
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
        self._failures = 0
        self._has_worked = True
        self._success_ms = self._useful_ms = ticks_ms()

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
            if ticks_diff(ticks_ms(), self._useful_ms) >= _USELESS_MS:
                self._reset("no WiFi that carries data for 15 minutes")
            await self._switch_off()
            await sleep_ms(wait_ms)
            wait_ms = min(2 * wait_ms, _RETRY_MAX_MS)

    async def _connect(self) -> None:
        wlan = self._wlan
        try:
            wlan.active(True)
            if hasattr(network.WLAN, "PM_NONE"):
                wlan.config(
                    pm=network.WLAN.PM_NONE
                )  # power saving delays answers and makes the fault above more likely
            old_status = wlan.status()  # type: int | None
            wlan.connect(self._ssid, self._password, **self._security())  # type: ignore[arg-type]  # of bssid
        except (OSError, ValueError) as error:
            self._faults.report(fault.WIFI, "%s: %s" % (self._name, error))
            return
        start_ms = ticks_ms()
        for _ in range(_CONNECT_MS // _STEP_MS):
            if wlan.isconnected():
                self.is_up = True
                return
            status = wlan.status()
            if status != old_status or ticks_diff(ticks_ms(), start_ms) >= _STALE_MS:
                old_status = None
                message = self._permanent_error(status)
                if message:
                    self._faults.report(fault.WIFI, message)
                    return
            await sleep_ms(_STEP_MS)
        self._faults.report(fault.WIFI, "%s does not answer; is it out of reach?" % self._name)

    def _security(self) -> "dict[str, int]":
        """Return arguments of `connect`: a Pico W joins by WPA2 unless it is asked for WPA3, as each second time."""
        self._attempts += 1
        mode = getattr(network.WLAN, "SEC_WPA2_WPA3", None)
        has_key = hasattr(network.WLAN, "deinit")  # an ESP32 chooses by itself and has no such argument
        if mode is None or not has_key or not self._password or self._attempts % 2:
            return {}
        return {"security": mode}

    def _permanent_error(self, status: int) -> str:
        """Return a message for a status that does not change by waiting, else ""."""
        if status == network.STAT_WRONG_PASSWORD or status == getattr(network, "STAT_HANDSHAKE_TIMEOUT", None):
            return "%s refuses the password; correct it under [board] and deploy again" % self._name
        if status == network.STAT_NO_AP_FOUND:
            return "%s is not found (boards receive 2.4 GHz only)" % self._name
        return ""

    async def _monitor(self, resolver: "Resolver", probe: str) -> None:
        """Return when the connection is lost or carries no data; reset the board if it has carried some before.

        Other servers may be down, so the name server, which is usually the router, has the last word.
        """
        self._success_ms = ticks_ms()
        self._failures = 0
        useful_ms = self._useful_ms
        while self._wlan.isconnected():
            await sleep_ms(_STEP_MS)
            is_silent = ticks_diff(ticks_ms(), self._success_ms) > _PROBE_MS
            if self._failures < _FAILURES_MAX and not is_silent:
                continue
            self._success_ms = ticks_ms()
            self._failures = _FAILURES_MAX
            await resolver.query(probe)  # any answer calls `note_success`, also one that does not know the name
            if self._failures < _FAILURES_MAX or not self._wlan.isconnected():
                continue
            self._faults.report(fault.WIFI, "WiFi is connected and carries no data")
            if self._has_worked:
                self._reset("WiFi was connected and carried no data")
            return
        self._faults.report(fault.WIFI, "%s is gone" % self._name)
        if self._useful_ms != useful_ms:
            self._useful_ms = ticks_ms()

    async def _switch_off(self) -> None:
        wlan = self._wlan
        try:
            wlan.disconnect()
            wlan.active(False)
            if hasattr(wlan, "deinit"):
                wlan.deinit()
        except OSError:
            pass  # it is off already
        await sleep_ms(_OFF_MS)
