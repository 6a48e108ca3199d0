"""What an answer of Pushover means: one outcome, how long to wait, a sentence without keys, and what it names.

A delivered push is read here. `failed_answer` reads all other answers: boards load it only when one comes.
Sources: https://pushover.net/api, section "Being Friendly to our API", and https://pushover.net/api/glances.
"""

from pushglance.core.events import DELIVERED, Record

from .characters import is_printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

DETAIL_MAX = 300  # characters
_KEY_LENGTH = 30  # of Pushover's tokens, user and group keys: letters and digits


class Answer(Record):
    """The end of one attempt: an outcome of `core.events`, how long Pushover asked to wait (ms), a detail, its cause.

    `cause` is what `PushFinished` describes.
    """

    fields = ("outcome", "wait_ms", "detail", "cause")

    def __init__(self, outcome: str, wait_ms: int, detail: str, cause: str = "") -> None:
        self.outcome = outcome
        self.wait_ms = wait_ms
        self.detail = detail
        self.cause = cause


def classify(status: int, headers: "Any", body: "Any", token: str) -> Answer:
    """Return what an HTTP answer means, by its content.

    `headers` has `get(name, default)` and finds names in lower case. `body` is the answer's JSON, see `parse_body`.
    `token` is removed from the detail.
    """
    if not isinstance(body, dict) or type(body.get("status")) is not int:
        body = None  # JSON of other services has true, "ok" or nothing there
    if status == 200 and body and body["status"] == 1:
        outcome, wait_ms, detail, cause = DELIVERED, 0, "", ""
        if body.get("info") or body.get("warnings"):
            from .failed_answer import read_remarks  # noqa: PLC0415 - as below

            detail, cause = read_remarks(body)
    else:
        from .failed_answer import classify_failure  # noqa: PLC0415 - a board without failures saves the memory

        outcome, wait_ms, detail, cause = classify_failure(status, headers, body)
    return Answer(outcome, wait_ms, clean(_with_request(detail, body), token), cause)


def parse_body(body: "bytes | None", loads: "Any") -> "Any":
    """Return the JSON of an answer's body, None if it is anything else. `loads` is json.loads of this runtime."""
    try:
        text = (body or b"").decode()
        return loads(text[1:] if text[:1] == "\ufeff" else text)  # some gateways put a byte order mark before it
    except (ValueError, RuntimeError):  # RuntimeError: nested too deeply
        return None


def _with_request(detail: str, body: "Any") -> str:
    """Append Pushover's id of the request, which its support asks for."""
    request = body.get("request") if isinstance(body, dict) else None
    if not request:
        return detail
    return "%s (request %s)" % (detail, request) if detail else "request %s" % request


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
