"""The password of the status page: its hash, and the key that signs sessions.

The password itself is never stored. Sessions are signed with a key that is derived from the hash: they survive a
restart, a new password ends all of them, and the server stores no session.
"""

import base64
import hashlib
import hmac
import secrets

from anyio import CapacityLimiter
from anyio.to_thread import run_sync

from pushglance.errors import PushglanceError

from .guess_limit import GuessLimit

LENGTH_MIN, LENGTH_MAX = 8, 200

_COST = {"n": 2**14, "r": 8, "p": 1}  # 16 MiB and a fraction of a second on a Pi Zero


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

    def __init__(self, password_line: str, guess_limit: GuessLimit | None = None) -> None:
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
        self._guess_limit = guess_limit or GuessLimit()
        self._one_at_a_time = CapacityLimiter(1)  # a hash takes 16 MiB, and the processor of a Pi

    @property
    def session_key(self) -> str:
        """Return the key that signs session cookies."""
        return hashlib.sha256(b"session" + self._digest).hexdigest()

    async def verify(self, password: str, address: str) -> bool:
        """Return whether the password is right, in constant time. Raises TooManyGuesses.

        A guess counts before it is checked, so that many at once are no way around the limit.
        """
        self._guess_limit.count(address)
        if not await run_sync(self._is_right, password, limiter=self._one_at_a_time):
            return False
        self._guess_limit.forget(address)
        return True

    def _is_right(self, password: str) -> bool:
        return len(password) <= LENGTH_MAX and hmac.compare_digest(_digest(password, self._salt), self._digest)

    def is_accepted_header(self, header: str) -> bool:
        """Return whether exactly this Authorization header was accepted before; this costs no hash."""
        return bool(self._accepted_header) and hmac.compare_digest(self._header_mac(header), self._accepted_header)

    def remember_header(self, header: str) -> None:
        """Remember an Authorization header with the right password."""
        self._accepted_header = self._header_mac(header)

    def _header_mac(self, header: str) -> str:
        return hmac.new(self._header_key, header.encode("utf-8", "surrogateescape"), hashlib.sha256).hexdigest()
