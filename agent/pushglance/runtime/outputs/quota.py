"""The quota of the month, which Pushover adds to its answers; all programs of an account share it.

Source: https://pushover.net/api#limits.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from http.client import HTTPMessage

_DIGITS_MAX = 10  # enough for seconds until the year 2286


def read_quota(headers: "Mapping[str, str] | HTTPMessage") -> dict[str, int] | None:
    """Return `limit`, `left` and `reset_s` (Unix seconds) of an answer, None if it does not report them."""
    names = {"limit": "X-Limit-App-Limit", "left": "X-Limit-App-Remaining", "reset_s": "X-Limit-App-Reset"}
    texts = {key: headers.get(name, "").strip() for key, name in names.items()}
    if not all(text.isascii() and text.isdecimal() and len(text) <= _DIGITS_MAX for text in texts.values()):
        return None
    return {key: int(text) for key, text in texts.items()}
