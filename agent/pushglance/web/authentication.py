"""Who may look: a password kept as a hash, a session that outlives a restart, and a limit on guessing.

The password is never kept. A session is a date and its seal, made with a key that comes from the hash: a new password
ends every session, and nothing needs to be remembered.
"""

import base64
import hashlib
import hmac
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable

from pushglance.errors import PushglanceError

COOKIE = "pushglance"
SESSION_S = 30 * 24 * 3600
GUESSES = 5  # wrong ones from one address before it has to wait
GUESSES_OF_ALL = 30  # the same for everybody together
WAIT_S = 60.0
LENGTH_MIN, LENGTH_MAX = 8, 200

_COST = {"n": 2**14, "r": 8, "p": 1}  # 16 MiB and a fraction of a second on a Pi Zero
_ADDRESSES_MAX = 1000


def hash_password(password: str) -> str:
    """Return the line to keep. Raises PushglanceError for a password that is too short or too long."""
    if not LENGTH_MIN <= len(password) <= LENGTH_MAX:
        raise PushglanceError(f"a password has {LENGTH_MIN} to {LENGTH_MAX} characters")
    salt = secrets.token_bytes(16)
    return f"scrypt${_text(salt)}${_text(_digest(password, salt))}"


def _digest(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode("utf-8", "surrogateescape"), salt=salt, dklen=32, **_COST)


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


class Authenticator:
    """Let in who knows the password; `kept` is the line of `hash_password`. Raises PushglanceError for another line."""

    def __init__(self, kept: str, now_s: Callable[[], float] = time.time) -> None:
        scheme, salt, digest = (*kept.strip().split("$"), "", "", "")[:3]
        try:
            self._salt, self._digest = base64.b64decode(salt, validate=True), base64.b64decode(digest, validate=True)
        except ValueError:
            self._digest = b""
        if scheme != "scrypt" or len(self._digest) != 32:
            raise PushglanceError(
                "the password file holds no hash: make one with  pushglance web --make-password > FILE"
            )
        self._key = hashlib.sha256(b"session" + self._digest).digest()
        self._known = secrets.token_bytes(32)  # under this, what was let in by a header before
        self._let_in: str = ""
        self._now_s = now_s
        self._wrong: OrderedDict[str, tuple[int, float]] = OrderedDict()  # address -> (guesses, when the first was)

    def wait_s(self, address: str) -> float:
        """Return how long this address must wait before the next guess, 0 when it need not."""
        return max(self._wait_of(address, GUESSES), self._wait_of("", GUESSES_OF_ALL))

    def _wait_of(self, address: str, allowed: int) -> float:
        guesses, first_s = self._wrong.get(address, (0, 0.0))
        left_s = first_s + WAIT_S - self._now_s()
        if left_s <= 0 or left_s > WAIT_S:  # over, or the clock was set
            self._wrong.pop(address, None)
            return 0.0
        return left_s if guesses >= allowed else 0.0

    def knows(self, password: str, address: str) -> bool:
        """Tell whether this is the password, in a time that tells nothing; a wrong one counts. Takes its time."""
        if len(password) <= LENGTH_MAX and hmac.compare_digest(_digest(password, self._salt), self._digest):
            self._wrong.pop(address, None)
            return True
        for one in (address, ""):
            guesses, first_s = self._wrong.get(one, (0, self._now_s()))
            self._wrong[one] = (guesses + 1, first_s)
        self._wrong.move_to_end("")  # everybody's guesses are never forgotten for the sake of one address
        while len(self._wrong) > _ADDRESSES_MAX:
            self._wrong.popitem(last=False)
        return False

    def has_let_in(self, header: str) -> bool:
        """Tell whether this very Authorization header was right before, without the cost of the hash."""
        return bool(self._let_in) and hmac.compare_digest(self._seal_of(header, self._known), self._let_in)

    def let_in(self, header: str) -> None:
        """Remember an Authorization header that was right."""
        self._let_in = self._seal_of(header, self._known)

    def session(self) -> str:
        """Return a session for a cookie."""
        until = str(int(self._now_s()) + SESSION_S)
        return f"{until}.{self._seal_of(until, self._key)}"

    def is_session(self, cookie: str) -> bool:
        """Tell whether a cookie is a session of ours that has not ended."""
        until, _, seal = cookie.partition(".")
        is_ours = hmac.compare_digest(seal.encode(), self._seal_of(until, self._key).encode())
        return is_ours and until.isdecimal() and int(until) > self._now_s()

    @staticmethod
    def _seal_of(text: str, key: bytes) -> str:
        return hmac.new(key, text.encode("utf-8", "surrogateescape"), hashlib.sha256).hexdigest()
