"""What an answer of Pushover means: one outcome, how long to wait, and a sentence without keys.

Sources: https://pushover.net/api, section "Being Friendly to our API", and https://pushover.net/api/glances.
"""

from pushglance.core.events import DELIVERED, REFUSED, THROTTLED, UNKNOWN, Record

from .characters import is_printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

DETAIL_MAX = 300  # characters
_KEY_LENGTH = 30  # of Pushover's tokens, user and group keys: letters and digits
_DIGITS = "0123456789"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_RESET_DIGITS_MAX = 12


class Answer(Record):
    """The end of one attempt: an outcome of `core.events`, how long Pushover asked to wait (ms), and a detail."""

    fields = ("outcome", "wait_ms", "detail")

    def __init__(self, outcome: str, wait_ms: int, detail: str) -> None:
        self.outcome = outcome
        self.wait_ms = wait_ms
        self.detail = detail


def classify(status: int, headers: "Any", body: "Any", token: str) -> Answer:
    """Return what an HTTP answer means.

    `headers` has `get(name, default)` and finds names in lower case. `body` is the parsed JSON of the answer, None
    if it is not JSON or too long. `token` is removed from the detail.
    """
    fields = body if isinstance(body, dict) else {}
    request = fields.get("request")
    trail = " (request %s)" % request if request else ""
    detail = clean(reasons(status, fields) + trail, token)
    if status == 200 and fields.get("status") == 1:
        return Answer(DELIVERED, 0, clean("request %s" % request if request else "", token))
    if status == 200 and fields.get("status") == 0:
        return Answer(REFUSED, 0, detail)
    if status == 429:
        return Answer(THROTTLED, _reset_wait_ms(headers), detail)
    if 400 <= status < 500:
        return Answer(REFUSED, 0, detail)
    return Answer(UNKNOWN, 0, detail if status != 200 else "an answer that is not Pushover's")


def reasons(status: int, fields: "dict[str, Any]") -> str:
    """Return the errors that Pushover lists in its answer, or "HTTP 500" if it lists none."""
    errors = fields.get("errors")
    if isinstance(errors, list) and errors:
        return "; ".join([str(error) for error in errors])
    return "HTTP %d" % status


def clean(detail: str, token: str) -> str:
    """Return what may be logged: one printable line of at most DETAIL_MAX characters, without keys."""
    if token:
        detail = detail.replace(token, "[token]")
    parts = []
    begin = None  # of a run of letters and digits
    for index, char in enumerate(detail + " "):
        is_of_key = "0" <= char <= "9" or "A" <= char <= "Z" or "a" <= char <= "z"
        if is_of_key:
            begin = index if begin is None else begin
            continue
        if begin is not None:
            parts.append("[key]" if index - begin >= _KEY_LENGTH else detail[begin:index])
            begin = None
        parts.append(char if is_printable(char) else " ")
    return "".join(parts)[:-1][:DETAIL_MAX]


def _reset_wait_ms(headers: "Any") -> int:
    """Return how long it is until X-Limit-App-Reset (Unix seconds), 0 if that header or Date is unusable.

    Counted from the answer's own Date: the clock of this machine may not be set yet.
    """
    reset = headers.get("x-limit-app-reset", "")
    now_s = unix_s_of(headers.get("date", ""))
    if now_s is None or not reset or len(reset) > _RESET_DIGITS_MAX or reset.strip(_DIGITS):
        return 0
    return max(0, int(reset) - now_s) * 1000


def unix_s_of(date: str) -> "int | None":
    """Return Unix seconds of an HTTP date (RFC 9110, section 5.6.7), also with a numeric zone; None for another text.

    "Tue, 14 Nov 2023 22:13:20 GMT" is usual, "Tuesday, 14-Nov-23 22:13:20 GMT" "Tue Nov 14 22:13:20 2023" older.
    """
    words = date.split()
    if len(words) == 4:
        words = words[:1] + words[1].split("-") + words[2:]
    elif len(words) == 5:
        words = [words[0], words[2], words[1], words[4], words[3], "GMT"]
    if len(words) != 6:
        return None
    zone = "+0000" if words[5] == "GMT" else words[5]
    if len(zone) != 5 or zone[0] not in "+-":
        return None
    try:
        hour, minute, second = [int(part) for part in words[4].split(":")]
        year = int(words[3])
        days = _days_since_1970(year if year > 99 else year + 2000, _MONTHS.index(words[2]) + 1, int(words[1]))
        ahead_min = int(zone[:3]) * 60 + int(zone[0] + zone[3:])
    except ValueError:
        return None
    return days * 86_400 + hour * 3600 + (minute - ahead_min) * 60 + second


def _days_since_1970(year: int, month: int, day: int) -> int:
    """Return the days from 1970-01-01 to a date of the Gregorian calendar."""
    if month <= 2:
        year -= 1
        month += 12
    return 365 * year + year // 4 - year // 100 + year // 400 + (153 * month - 457) // 5 + day - 719_469
