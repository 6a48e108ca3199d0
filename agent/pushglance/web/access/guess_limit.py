"""A limit on guesses of the password, for each client and for all together, counted before a guess is checked."""

import time
from collections import OrderedDict
from collections.abc import Callable
from ipaddress import ip_address, ip_network

GUESSES_PER_CLIENT = 5  # wrong passwords before a client must wait
GUESSES_IN_TOTAL = 30  # the same for all clients together
WAIT_S = 60.0

_CLIENTS_MAX = 1000
_ALL_CLIENTS = ""  # the key of the guesses of all clients
_HOST_BITS = 64  # an IPv6 network of this size is one client: each host there has that many addresses


class TooManyGuesses(Exception):  # noqa: N818 - a normal result, like StopIteration
    """A guess that comes too early; `wait_s` is how long the client must wait."""

    def __init__(self, wait_s: float) -> None:
        super().__init__(f"wait {wait_s} s")
        self.wait_s = wait_s


class GuessLimit:
    """Count the guesses of the last minute."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._guesses: OrderedDict[str, tuple[int, float]] = OrderedDict()  # client -> (guesses, time of the first)

    def count(self, address: str) -> None:
        """Count a guess as wrong before it is checked. Raises TooManyGuesses if it must not be checked."""
        client = _client_of(address)
        wait_s = max(self._wait_s(client, GUESSES_PER_CLIENT), self._wait_s(_ALL_CLIENTS, GUESSES_IN_TOTAL))
        if wait_s:
            raise TooManyGuesses(wait_s)
        for counted in (client, _ALL_CLIENTS):
            guesses, first_s = self._guesses.get(counted, (0, self._now_s()))
            self._guesses[counted] = (guesses + 1, first_s)
        self._guesses.move_to_end(_ALL_CLIENTS)  # the total must never be evicted
        while len(self._guesses) > _CLIENTS_MAX:
            self._guesses.popitem(last=False)

    def forget(self, address: str) -> None:
        """Forget the guesses of a client that then knew the password."""
        self._guesses.pop(_client_of(address), None)
        guesses, first_s = self._guesses.get(_ALL_CLIENTS, (1, self._now_s()))
        self._guesses[_ALL_CLIENTS] = (guesses - 1, first_s)

    def _wait_s(self, client: str, allowed: int) -> float:
        guesses, first_s = self._guesses.get(client, (0, 0.0))
        left_s = first_s + WAIT_S - self._now_s()
        if left_s <= 0:
            self._guesses.pop(client, None)
            return 0.0
        return left_s if guesses >= allowed else 0.0


def _client_of(address: str) -> str:
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if ip.version == 6 and ip.ipv4_mapped is None:
        return str(ip_network((int(ip), _HOST_BITS), strict=False))
    return str(ip.ipv4_mapped or ip) if ip.version == 6 else str(ip)
