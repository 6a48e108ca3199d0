"""The password of the status page: its hash, the key that signs sessions, and a limit on guesses.

The password itself is never stored. Sessions are signed with a key that is derived from the hash: they survive a
restart, a new password ends all of them, and the server stores no session.
"""

import base64
import hashlib
import hmac
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable

from pushglance.errors import PushglanceError

GUESSES_PER_ADDRESS = 5  # wrong passwords before an address must wait
GUESSES_IN_TOTAL = 30  # the same for all addresses together
WAIT_S = 60.0
LENGTH_MIN, LENGTH_MAX = 8, 200

_COST = {"n": 2**14, "r": 8, "p": 1}  # 16 MiB and a fraction of a second on a Pi Zero
_ADDRESSES_MAX = 1000
_ALL_ADDRESSES = ""  # the key of the guesses of all addresses


def hash_password(password: str) -> str:
    """Return the line for the password file. Raises PushglanceError if the password is too short or too long."""
    if not LENGTH_MIN <= len(password) <= LENGTH_MAX:
        raise PushglanceError(f"the password must have {LENGTH_MIN} to {LENGTH_MAX} characters")
    salt = secrets.token_bytes(16)
    return f"scrypt${_base64(salt)}${_base64(_digest(password, salt))}"


def _digest(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode("utf-8", "surrogateescape"), salt=salt, dklen=32, **_COST)


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


class Authenticator:
    """Verify passwords against the line of a password file. Raises PushglanceError for an invalid line."""

    def __init__(self, password_line: str, now_s: Callable[[], float] = time.time) -> None:
        scheme, salt, digest = (*password_line.strip().split("$"), "", "", "")[:3]
        try:
            self._salt, self._digest = base64.b64decode(salt, validate=True), base64.b64decode(digest, validate=True)
        except ValueError:
            self._digest = b""
        if scheme != "scrypt" or len(self._digest) != 32:
            raise PushglanceError(
                "the password file contains no valid hash; create one with  pushglance web --make-password > FILE"
            )
        self._header_key = secrets.token_bytes(32)
        self._accepted_header = ""  # its HMAC, so that a memory dump does not show the password
        self._now_s = now_s
        self._wrong_guesses: OrderedDict[str, tuple[int, float]] = (
            OrderedDict()
        )  # address -> (guesses, time of the first)

    @property
    def session_key(self) -> str:
        """Return the key that signs session cookies."""
        return hashlib.sha256(b"session" + self._digest).hexdigest()

    def wait_s(self, address: str) -> float:
        """Return how many seconds this address must wait before its next guess, or 0."""
        return max(self._wait_of(address, GUESSES_PER_ADDRESS), self._wait_of(_ALL_ADDRESSES, GUESSES_IN_TOTAL))

    def _wait_of(self, address: str, allowed: int) -> float:
        guesses, first_s = self._wrong_guesses.get(address, (0, 0.0))
        left_s = first_s + WAIT_S - self._now_s()
        if left_s <= 0 or left_s > WAIT_S:  # the wait is over, or the clock was set back
            self._wrong_guesses.pop(address, None)
            return 0.0
        return left_s if guesses >= allowed else 0.0

    def verify(self, password: str, address: str) -> bool:
        """Return whether the password is right, in constant time; count a wrong one. Slow: call it in a thread."""
        if len(password) <= LENGTH_MAX and hmac.compare_digest(_digest(password, self._salt), self._digest):
            self._wrong_guesses.pop(address, None)
            return True
        for counted in (address, _ALL_ADDRESSES):
            guesses, first_s = self._wrong_guesses.get(counted, (0, self._now_s()))
            self._wrong_guesses[counted] = (guesses + 1, first_s)
        self._wrong_guesses.move_to_end(_ALL_ADDRESSES)  # the total must never be evicted
        while len(self._wrong_guesses) > _ADDRESSES_MAX:
            self._wrong_guesses.popitem(last=False)
        return False

    def is_accepted_header(self, header: str) -> bool:
        """Return whether exactly this Authorization header was accepted before; this costs no hash."""
        return bool(self._accepted_header) and hmac.compare_digest(self._header_mac(header), self._accepted_header)

    def remember_header(self, header: str) -> None:
        """Remember an Authorization header with the right password."""
        self._accepted_header = self._header_mac(header)

    def _header_mac(self, header: str) -> str:
        return hmac.new(self._header_key, header.encode("utf-8", "surrogateescape"), hashlib.sha256).hexdigest()
