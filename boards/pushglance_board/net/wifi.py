"""WiFi that comes back: connect, look whether it really carries, switch it off and on, and reset when nothing helps.

A Pico W can go deaf while it says that it is connected (micropython#9455, #16290, #17300), so `heard` and `missed`
count whether anything answers at all.
"""

from asyncio import sleep_ms
from time import ticks_diff, ticks_ms

import network

from pushglance_board import faults as trouble

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pushglance_board.faults import Faults

    from .dns import Names

_STEP_MS = 250
_CONNECT_MS = 20_000
_OFF_MS = 2000
_RETRY_MS = 3000
_RETRY_MAX_MS = 60_000
_PROBE_MS = 5 * 60_000
_MISSED_MAX = 3  # in a row: then WiFi is switched off and on
_RESTARTS_MAX = 4  # in vain, when it has worked before: then the board is reset
_NAME_MAX = 32


class Wifi:
    """Own the WLAN. `reset` ends the program with a sentence and does not return."""

    def __init__(
        self, ssid: str, password: str, country: str, troubles: "Faults", reset: "Callable[[str], None]"
    ) -> None:
        self._ssid = ssid
        self._password = password
        self._troubles = troubles
        self._reset = reset
        self._missed = 0
        self._restarts = 0
        self._has_worked = False
        self._heard_ms = ticks_ms()
        self.is_up = False
        if country:
            network.country(country)
        self._wlan = network.WLAN(network.STA_IF)

    def name_server(self) -> str:
        """Return the address of the name server, "" while there is none."""
        return str(self._wlan.ifconfig()[3]) if self.is_up else ""

    async def until_up(self) -> None:
        """Return when WiFi is there."""
        while not self.is_up:
            await sleep_ms(_STEP_MS)

    def heard(self) -> None:
        """Learn that somebody out there has answered: the link carries."""
        self._missed = self._restarts = 0
        self._has_worked = True
        self._heard_ms = ticks_ms()

    def missed(self) -> None:
        """Learn that somebody who should have answered did not."""
        self._missed += 1

    async def keep(self, names: "Names", probe: str) -> None:
        """Keep the connection for ever; when nothing was heard for minutes, `probe` is a name to ask for."""
        wait_ms = _RETRY_MS
        while True:
            await self._connect()
            if self.is_up:
                wait_ms = _RETRY_MS
                self._troubles.end(trouble.WIFI)
                await self._watch(names, probe)
                self.is_up = False
            await self._switch_off()
            await sleep_ms(wait_ms)
            wait_ms = min(2 * wait_ms, _RETRY_MAX_MS)

    async def _connect(self) -> None:
        wlan = self._wlan
        wlan.active(True)
        if hasattr(network.WLAN, "PM_NONE"):
            wlan.config(pm=network.WLAN.PM_NONE)  # asleep it answers late, and goes deaf sooner
        try:
            wlan.connect(self._ssid, self._password)
        except OSError as error:
            self._troubles.begin(trouble.WIFI, "WiFi %s: %s" % (self._ssid[:_NAME_MAX], error))
            return
        for _ in range(_CONNECT_MS // _STEP_MS):
            if wlan.isconnected():
                self.is_up = True
                return
            sentence = self._why(wlan.status())
            if sentence:
                self._troubles.begin(trouble.WIFI, sentence)
                return
            await sleep_ms(_STEP_MS)
        self._troubles.begin(trouble.WIFI, "WiFi %s does not answer; is it out of reach?" % self._ssid[:_NAME_MAX])

    def _why(self, status: int) -> str:
        """Return a sentence for a status that no waiting will mend, else ""."""
        name = self._ssid[:_NAME_MAX]
        if status == network.STAT_WRONG_PASSWORD or status == getattr(network, "STAT_HANDSHAKE_TIMEOUT", None):
            return "WiFi %s refuses the password; correct it under [board] and deploy again" % name
        if status == network.STAT_NO_AP_FOUND:
            return "there is no WiFi %s here (boards hear 2.4 GHz only)" % name
        return ""

    async def _watch(self, names: "Names", probe: str) -> None:
        """Return when the connection is gone, or carries nothing any more."""
        self._heard_ms = ticks_ms()
        self._missed = 0
        while self._wlan.isconnected():
            await sleep_ms(_STEP_MS)
            if probe and ticks_diff(ticks_ms(), self._heard_ms) > _PROBE_MS:
                self._heard_ms = ticks_ms()
                self.missed()
                await names.ask(probe)  # an answer, whatever it says, is heard
            if self._missed >= _MISSED_MAX:
                self._doubt()
                return
        self._troubles.begin(trouble.WIFI, "WiFi %s is gone" % self._ssid[:_NAME_MAX])

    def _doubt(self) -> None:
        self._restarts += 1
        if self._has_worked and self._restarts > _RESTARTS_MAX:
            self._reset("WiFi carried nothing after %d restarts of it" % _RESTARTS_MAX)
        self._troubles.begin(trouble.WIFI, "WiFi is connected and carries nothing; it is switched off and on")

    async def _switch_off(self) -> None:
        self._wlan.disconnect()
        self._wlan.active(False)
        await sleep_ms(_OFF_MS)
