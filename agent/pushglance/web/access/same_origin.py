"""Protection of the page's buttons against other sites (CSRF): a request must come from the page itself.

Two checks that fail independently: the browser's own word for where the request comes from, and a token that only a
reader of the page knows.
"""

import hmac
import secrets
from urllib.parse import urlsplit

from starlette.datastructures import Headers


class PageToken:
    """A token that the page contains and each of its requests repeats. It is new with each start of the server."""

    def __init__(self) -> None:
        self.text = secrets.token_urlsafe(24)

    def is_valid(self, written: str) -> bool:
        """Return whether this is the token, in constant time."""
        return hmac.compare_digest(written.encode("utf-8", "surrogateescape"), self.text.encode())


def is_same_origin(headers: Headers) -> bool:
    """Return whether the browser says that a page of this server sent the request; without a word it does not count."""
    site = headers.get("Sec-Fetch-Site")
    if site is not None and site != "same-origin":
        return False
    origin = headers.get("Origin")
    if origin is None:
        return site == "same-origin"
    try:
        return bool(origin) and urlsplit(origin).netloc.lower() == headers.get("Host", "").lower()
    except ValueError:
        return False
