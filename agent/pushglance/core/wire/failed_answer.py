"""Answers that are not "delivered": whose words they are, what they name, and when to try again.

An answer is Pushover's own if it is JSON with `status` 0 and `request` or `errors`; everything else comes from a server
in between. Only Pushover's own words refuse a push. For the debit, law 1 decides: it returns only where the answer
itself proves that Pushover did not execute the request.

| answer | outcome | executed? |
|---|---|---|
| Pushover's own, 2xx or 4xx | refused, or throttled if it is about a quota | no: Pushover says so |
| 429 | throttled | no: it was rejected because of its rate, before it was looked at |
| 3xx, 407, 511 | unsent | no: another address, a proxy or a network wants something first |
| `status` 1 with anything but HTTP 200 | unknown | perhaps: the answer contradicts itself |
| 1xx, other 2xx, other 4xx, 5xx | unknown | perhaps: a server may fail after Pushover has executed it |
"""

from pushglance.core.causes import (
    BURST,
    DEVICE,
    GATEWAY,
    INFO,
    PROXY,
    QUOTA,
    REDIRECT,
    SERVER,
    TOKEN,
    UNREACHED,
    USER,
    WIDGET,
)
from pushglance.core.events import REFUSED, THROTTLED, UNKNOWN, UNSENT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_SENTENCES_MAX = 10
_DEPTH_MAX = 4  # of lists and objects within each other; a hostile answer may have a thousand
_DIGITS = "0123456789"
_NUMBER_DIGITS_MAX = 12
_RETRY_AFTER_MAX_S = 6 * 3600  # a gateway's wait is honoured up to this: the reason may be gone much earlier
_PROXY_STATUS = (407, 511)  # a proxy, or the network itself, wants a login
# Parameters of the two APIs that hold a value; a refusal may name them as keys or within its sentences.
_VALUES = ("title", "text", "subtext", "count", "percent", "message", "priority")


def classify_failure(status: int, headers: "Any", body: "Any") -> "tuple[str, int, str, str]":
    """Return outcome, wait (ms), detail and cause of an answer that is not "delivered"."""
    fields = body if isinstance(body, dict) else {}
    if fields.get("status") == 1:
        return UNKNOWN, 0, "HTTP %d with status 1, which contradict each other" % status, SERVER
    if 300 <= status < 400:
        return UNSENT, 0, "HTTP %d, a redirect to %s" % (status, _place(headers.get("location", ""))), REDIRECT
    if status in _PROXY_STATUS:
        return UNSENT, _retry_after_ms(headers), _gateway_detail(status, headers), PROXY
    is_own = is_pushovers(fields) and (200 <= status < 300 or 400 <= status < 500)
    text = reasons(status, fields) if is_own else _gateway_detail(status, headers)
    if status == 429 or (is_own and _says_quota(text)):
        wait_ms, cause = _throttled(headers, is_own and _says_quota(text))
        return THROTTLED, wait_ms, text, cause
    if is_own:
        return REFUSED, 0, text, names_in(fields)
    return UNKNOWN, _retry_after_ms(headers), text, SERVER if status >= 500 else GATEWAY


def read_remarks(fields: "dict[str, Any]") -> "tuple[str, str]":
    """Return what Pushover remarks in `info` and `warnings` of a delivered push, and the cause."""
    text = "; ".join(sentences(fields.get("info")) + sentences(fields.get("warnings")))
    if "no active device" in text.lower():
        return text, UNREACHED
    return text, INFO if text else ""


def sentences(value: "Any", depth: int = _DEPTH_MAX) -> "list[str]":
    """Return the texts in a value of Pushover's JSON: a text, or a list or an object of texts."""
    if isinstance(value, str):
        return [value] if value else []
    if type(value) is int:
        return [str(value)]
    found = []  # type: list[str]
    if isinstance(value, list) and depth:
        for item in value[:_SENTENCES_MAX]:
            found += sentences(item, depth - 1)
    elif isinstance(value, dict) and depth:
        for name in sorted(value)[:_SENTENCES_MAX]:
            texts = [name]
            texts += sentences(value[name], depth - 1)
            found.append(" ".join(texts))
    return found


def is_pushovers(fields: "dict[str, Any]") -> bool:
    """Return True for Pushover's own refusal."""
    return fields.get("status") == 0 and ("request" in fields or "errors" in fields)


def reasons(status: int, fields: "dict[str, Any]") -> str:
    """Return the errors that Pushover lists in its answer, or "HTTP 500" if it lists none."""
    return "; ".join(sentences(fields.get("errors"))) or "HTTP %d" % status


def names_in(fields: "dict[str, Any]") -> str:
    """Return what a refusal names, separated by spaces; "" if it names nothing that is known."""
    errors = fields.get("errors")
    words = _words(" ".join(sentences(errors)))
    if "widget" in words or "widgets" in words or "complication" in words:
        return WIDGET
    if "device" in fields or "device" in words or "devices" in words:
        return DEVICE
    names = [name for name in (TOKEN, USER) if "invalid" in _words(" ".join(sentences(fields.get(name))))]
    if not names and isinstance(errors, dict):
        names = [name for name in (TOKEN, USER) if name in errors]
    if not names:
        if TOKEN in words:
            names.append(TOKEN)
        if USER in words and [word for word in ("key", "identifier", "invalid", "valid") if word in words]:
            names.append(USER)
    names += [name for name in _VALUES if name in fields or name in words]
    return " ".join(names)


def _words(text: str) -> "list[str]":
    """Return the lower-case words of a sentence."""
    return "".join([char if "a" <= char <= "z" else " " for char in text.lower()]).split()


def _says_quota(text: str) -> bool:
    """Return True if Pushover says that the messages of the month are used up."""
    words = _words(text)
    if "quota" in words:
        return True
    return "limit" in words and ("messages" in words or "message limit" in text.lower()) and "characters" not in words


def _gateway_detail(status: int, headers: "Any") -> str:
    server = headers.get("server", "")
    return "HTTP %d from %s, an answer that is not Pushover's" % (status, server or "a server in between")


def _place(location: str) -> str:
    """Return where a redirect leads, without a login and without parameters, which may be secret."""
    place = location.partition("?")[0].partition("#")[0]
    scheme, slashes, rest = place.partition("//")
    return scheme + slashes + rest.rpartition("@")[2] if slashes else place or "nowhere"


def _throttled(headers: "Any", says_quota: bool) -> "tuple[int, str]":
    """Return how long to wait (ms; 0: unknown) and whether for the reset of a quota or for a burst to end."""
    reset_ms = _reset_ms(headers)
    if reset_ms is None:
        is_quota = says_quota
    else:
        is_quota = reset_ms > 0 and (says_quota or headers.get("x-limit-app-remaining", "").strip() in ("", "0"))
    wait_ms = _retry_after_ms(headers)
    return (max(reset_ms or 0, wait_ms), QUOTA) if is_quota else (wait_ms, BURST)


def _reset_ms(headers: "Any") -> "int | None":
    """Return how long it is until X-Limit-App-Reset (Unix seconds), None if that header or Date is unusable.

    Counted from the answer's own Date: the clock of this machine may not be set yet.
    """
    reset_s = _number(headers.get("x-limit-app-reset", ""))
    now_s = None if reset_s is None else _unix_s(headers.get("date", ""))
    return None if reset_s is None or now_s is None else (reset_s - now_s) * 1000


def _retry_after_ms(headers: "Any") -> int:
    """Return the wait that Retry-After asks for, in seconds or as a date; 0 without a usable one."""
    text = headers.get("retry-after", "").strip()
    if not text:
        return 0
    whole, point, fraction = text.partition(".")
    wait_s = _number(whole)
    if wait_s is not None and point:
        wait_s = None if _number(fraction) is None else wait_s + 1
    if wait_s is None:
        at_s, now_s = _unix_s(text), _unix_s(headers.get("date", ""))
        wait_s = 0 if at_s is None or now_s is None else at_s - now_s
    return min(max(wait_s, 0), _RETRY_AFTER_MAX_S) * 1000


def _number(text: str) -> "int | None":
    text = text.strip()
    return int(text) if text and len(text) <= _NUMBER_DIGITS_MAX and not text.strip(_DIGITS) else None


def _unix_s(date: str) -> "int | None":
    from .http_date import unix_s_of  # noqa: PLC0415 - few answers have a date to be read

    return unix_s_of(date)
