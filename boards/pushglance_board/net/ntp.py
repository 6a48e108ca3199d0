"""NtpClient: the time of day by NTP (RFC 4330) over UDP, without blocking. Nothing is pushed without it."""

import os
import socket
import time
from asyncio import sleep_ms

from micropython import const

from pushglance_board import faults as fault
from pushglance_board.clock import epoch_s

from .dns import receive

TYPE_CHECKING = False
if TYPE_CHECKING:
    from machine import RTC

    from pushglance_board.clock import BoardClock
    from pushglance_board.faults import Faults

    from .dns import Resolver
    from .wifi import Wifi

port = 123  # not a constant: a test sets it
_1900_S = 2_208_988_800  # from 1900, the epoch of NTP, to 1970
_ERA_S = 0x1_0000_0000  # NTP's seconds wrap in 2036
_TIMEOUT_MS = const(3000)
_STEP_MS = const(10)
_RETRY_MIN_MS = const(2000)
_RETRY_MAX_MS = const(5 * 60_000)
_INTERVAL_MS = const(6 * 3_600_000)


class NtpClient:
    """Set the program's clock, and the board's RTC, by which TLS checks the dates of certificates."""

    def __init__(
        self, host: str, clock: "BoardClock", wifi: "Wifi", resolver: "Resolver", rtc: "RTC", faults: "Faults"
    ) -> None:
        self._host = host
        self._clock = clock
        self._wifi = wifi
        self._resolver = resolver
        self._rtc = rtc
        self._faults = faults

    async def run(self) -> None:
        """Ask for ever: every six hours after an answer, soon after a failure."""
        wait_ms = _RETRY_MIN_MS
        while True:
            await self._wifi.wait_until_up()
            if await self._synchronise():
                wait_ms = _RETRY_MIN_MS
                self._faults.clear(fault.TIME)
                await sleep_ms(_INTERVAL_MS)
                continue
            if not self._clock.is_trusted:
                message = "no time of day from %s; nothing is pushed without it" % self._host
                self._faults.report(fault.TIME, message)
            await sleep_ms(wait_ms)
            wait_ms = min(2 * wait_ms, _RETRY_MAX_MS)

    async def _synchronise(self) -> bool:
        """Ask once; return whether the clock was set."""
        try:
            address = await self._resolver.resolve(self._host)
        except OSError:
            return False
        cookie = os.urandom(8)
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            sock.setblocking(False)
            sock.sendto(b"\x23" + bytes(39) + cookie, socket.getaddrinfo(address, port)[0][-1])
            for _ in range(_TIMEOUT_MS // _STEP_MS):
                await sleep_ms(_STEP_MS)
                wall_ms = _parse_answer(receive(sock, 64), cookie)
                if wall_ms and self._clock.set(wall_ms, self._clock.now_ms()):
                    self._set_rtc(wall_ms // 1000)
                    self._wifi.note_success()
                    return True
        except OSError:
            pass
        finally:
            sock.close()
        return False

    def _set_rtc(self, unix_s: int) -> None:
        now = time.gmtime(unix_s - epoch_s())
        self._rtc.datetime((now[0], now[1], now[2], now[6], now[3], now[4], now[5], 0))


def _parse_answer(answer: bytes, cookie: bytes) -> int:
    """Return Unix milliseconds of the answer to the request with this cookie, 0 if it is invalid or has no time.

    A server that is not synchronised sets leap indicator 3, or stratum 0 or above 15.
    """
    if len(answer) < 48 or answer[24:32] != cookie:
        return 0
    if answer[0] & 7 not in (4, 5) or answer[0] >> 6 == 3 or not 1 <= answer[1] <= 15:
        return 0
    seconds = 0
    for byte in answer[40:44]:
        seconds = seconds << 8 | byte
    if seconds < _1900_S:
        seconds += _ERA_S
    return (seconds - _1900_S) * 1000 + ((answer[44] << 8 | answer[45]) * 1000 >> 16)
