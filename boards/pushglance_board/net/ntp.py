"""The time of day from NTP (RFC 4330), asked by UDP without blocking; without it nothing is pushed."""

import os
import socket
import time
from asyncio import sleep_ms

from pushglance_board import faults as trouble
from pushglance_board.clock import epoch_s

TYPE_CHECKING = False
if TYPE_CHECKING:
    from machine import RTC

    from pushglance_board.clock import BoardClock
    from pushglance_board.faults import Faults

    from .dns import Names
    from .wifi import Wifi

PORT = 123
_1900_S = 2_208_988_800  # from 1900, where NTP begins, to 1970
_ERA_S = 0x1_0000_0000  # in 2036 the seconds begin again
_PATIENCE_MS = 3000
_STEP_MS = 10
_FIRST_RETRY_MS = 2000
_RETRY_MAX_MS = 5 * 60_000
_AGAIN_MS = 6 * 3_600_000


class TimeKeeper:
    """Keep the clock right, and the board's own clock too, by which TLS checks the dates of certificates."""

    def __init__(
        self, host: str, clock: "BoardClock", wifi: "Wifi", names: "Names", rtc: "RTC", troubles: "Faults"
    ) -> None:
        self._host = host
        self._clock = clock
        self._wifi = wifi
        self._names = names
        self._rtc = rtc
        self._troubles = troubles

    async def keep(self) -> None:
        """Ask for ever: soon after a failure, every six hours after an answer."""
        wait_ms = _FIRST_RETRY_MS
        while True:
            await self._wifi.until_up()
            if await self._ask():
                wait_ms = _FIRST_RETRY_MS
                self._troubles.end(trouble.TIME)
                await sleep_ms(_AGAIN_MS)
                continue
            if not self._clock.is_trusted:
                sentence = "%s does not tell the time; until it does nothing is pushed" % self._host
                self._troubles.begin(trouble.TIME, sentence)
            await sleep_ms(wait_ms)
            wait_ms = min(2 * wait_ms, _RETRY_MAX_MS)

    async def _ask(self) -> bool:
        try:
            address = await self._names.address(self._host)
        except OSError:
            return False
        cookie = os.urandom(8)
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            sock.setblocking(False)
            sock.sendto(b"\x23" + bytes(39) + cookie, socket.getaddrinfo(address, PORT)[0][-1])
            for _ in range(_PATIENCE_MS // _STEP_MS):
                await sleep_ms(_STEP_MS)
                answer = _received(sock)
                wall_ms = wall_ms_in(answer, cookie)
                if wall_ms and self._clock.set(wall_ms, self._clock.now_ms()):
                    self._set_board(wall_ms // 1000)
                    self._wifi.heard()
                    return True
        except OSError:
            pass
        finally:
            sock.close()
        return False

    def _set_board(self, unix_s: int) -> None:
        now = time.gmtime(unix_s - epoch_s())
        self._rtc.datetime((now[0], now[1], now[2], now[6], now[3], now[4], now[5], 0))


def _received(sock: "socket.socket") -> bytes:
    try:
        return sock.recv(64) or b""
    except OSError:
        return b""


def wall_ms_in(answer: bytes, cookie: bytes) -> int:
    """Return Unix milliseconds of an answer to the question with this cookie, 0 if it is none or nobody knows the time.

    A server that is not synchronised says so (leap indicator 3, or stratum 0 or above 15).
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
