"""What a server, a proxy or the network between may answer to a push, byte by byte, and what that does to the watch."""

from dataclasses import dataclass
from email.utils import formatdate

KEEP, CLOSE, RESET, HANG = "keep", "close", "reset", "hang"


@dataclass(frozen=True)
class Answer:
    """Parts of an answer, each sent so many seconds after the one before, and what becomes of the connection.

    `is_shown`: whether the push reaches the watch. `is_clear`: whether the sender can know that it did. `is_counted`:
    whether Pushover may have executed it; a refusal, a quota, a redirect and a proxy's login prove that it did not.
    `wait_s`: how long the answer asks to send nothing; Pushover asks for 5 s after an error, but what stops a request
    on its way to Pushover does not.
    """

    name: str
    parts: list[tuple[float, bytes]]
    is_shown: bool = False
    is_clear: bool = False
    is_counted: bool = True
    wait_s: float = 5
    end: str = KEEP


def _http(status: str, body: bytes, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


def _json(status: str, body: str, *headers: str) -> list[tuple[float, bytes]]:
    return [(0, _http(status, body.encode(), "Content-Type: application/json", *headers))]


def _page(status: str, *headers: str) -> list[tuple[float, bytes]]:
    html = f"<html>\r\n<head><title>{status}</title></head>\r\n<body>{status}</body>\r\n</html>\r\n".encode()
    return [(0, _http(status, html, "Server: nginx", "Content-Type: text/html", *headers))]


_OK = '{"status":1,"request":"4e3758f7-31b8-4e37-8fe0-1f1c7d02a1a1"}'
GOOD = Answer("accepted", _json("200 OK", _OK), is_shown=True, is_clear=True, wait_s=0)


def _refused(*errors: str) -> list[tuple[float, bytes]]:
    listed = ",".join(f'"{error}"' for error in errors)
    return _json("400 Bad Request", f'{{"status":0,"errors":[{listed}],"request":"5042853c"}}')


def all_answers(wall_s: int) -> list[Answer]:
    """Return every answer; `wall_s` is the server's clock."""
    return _quick_answers(wall_s) + _slow_answers()


def _quick_answers(wall_s: int) -> list[Answer]:
    date = f"Date: {formatdate(wall_s, usegmt=True)}"

    def quota(left: int, reset_s: int) -> tuple[str, ...]:
        return ("X-Limit-App-Limit: 10000", f"X-Limit-App-Remaining: {left}", f"X-Limit-App-Reset: {reset_s}", date)

    exceeded = '{"message":"cannot","errors":["application is over its monthly limit"],"status":0,"request":"1"}'
    return [
        Answer("429 of nginx", _page("429 Too Many Requests"), is_counted=False),
        Answer("429, Retry-After", _page("429 Too Many Requests", "Retry-After: 90"), wait_s=90, is_counted=False),
        Answer(
            "429, reset in the past",
            _json("429 Too Many Requests", exceeded, *quota(0, wall_s - 900)),
            is_counted=False,
        ),
        Answer(
            "429, quota spent",
            _json("429 Too Many Requests", exceeded, *quota(0, wall_s + 10_800)),
            wait_s=10_790,
            is_counted=False,
        ),
        Answer("403 of a proxy", _page("403 Forbidden")),
        Answer("404 of a proxy", _page("404 Not Found")),
        Answer("408 of a proxy", _page("408 Request Timeout"), end=CLOSE),
        Answer("413 of a proxy", _page("413 Payload Too Large"), end=CLOSE),
        Answer(
            "407 of a proxy",
            _page("407 Proxy Authentication Required", 'Proxy-Authenticate: Basic realm="x"'),
            wait_s=0,
            is_counted=False,
        ),
        Answer(
            "511, Retry-After",
            _page("511 Network Authentication Required", "Retry-After: 90"),
            wait_s=90,
            is_counted=False,
        ),
        Answer("empty 400", [(0, _http("400 Bad Request", b""))]),
        Answer("device refused", _refused("device name is not valid for user"), is_counted=False),
        Answer("value refused", _refused("count must be a number"), is_counted=False),
        Answer(
            "200 refused",
            _json("200 OK", '{"status":0,"errors":["user key is invalid"],"request":"1"}'),
            is_counted=False,
        ),
        Answer(
            "accepted, no device",
            _json("200 OK", '{"status":1,"info":"no active devices to send to","request":"1"}'),
            is_shown=True,
            is_clear=True,
            wait_s=0,
        ),
        Answer("500", _page("500 Internal Server Error"), is_shown=True),
        Answer("502 of a proxy", _page("502 Bad Gateway")),
        Answer("503, Retry-After", _page("503 Service Unavailable", "Retry-After: 120"), is_shown=True, wait_s=120),
        Answer("redirect", _page("302 Found", "Location: http://127.0.0.1:9/login"), wait_s=0, is_counted=False),
        Answer("page of a hotel", _page("200 OK"), is_shown=False),
        Answer("JSON, no object", _json("200 OK", "[1]"), is_shown=True),
        Answer("status is a text", _json("200 OK", '{"status":"1"}'), is_shown=True),
        Answer("no HTTP", [(0, b"SSH-2.0-OpenSSH_9.2p1\r\n")], end=CLOSE, is_shown=True),
        Answer("nothing, closed", [], is_shown=True, end=CLOSE),
        Answer("nothing, reset", [], is_shown=True, end=RESET),
        Answer("half an answer", [(0, _http("200 OK", _OK.encode())[:-9])], is_shown=True, end=CLOSE),
        Answer("half a header", [(0, b"HTTP/1.1 200 OK\r\nContent-Le")], is_shown=True, end=RESET),
        Answer("answer twice", [(0, _http("200 OK", _OK.encode()) * 2)], is_shown=True, is_clear=True, wait_s=0),
        Answer("very long", [(0, _http("200 OK", b" " * 300_000))], is_shown=True, end=CLOSE),
        Answer("closed afterwards", GOOD.parts, is_shown=True, is_clear=True, wait_s=0, end=CLOSE),
    ]


def _slow_answers() -> list[Answer]:
    ok = _http("200 OK", _OK.encode())
    continues = [(5.0, b"HTTP/1.1 100 Continue\r\n\r\n")] * 500
    header = [(4.0, bytes([byte])) for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"z" * 400]
    chunks = [(0.0, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"), *[(5.0, b"1\r\n \r\n")] * 400]
    chunk_line = [(0.0, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"), *[(5.0, b"0")] * 400]
    return [
        Answer("late", [(8.0, ok)], is_shown=True, is_clear=True, wait_s=0),
        Answer("no answer", [], is_shown=True, end=HANG),
        Answer("100 Continue for ever", continues, is_shown=True, end=HANG),
        Answer("dripping header", header, is_shown=True, end=HANG),
        Answer("dripping chunks", chunks, is_shown=True, end=HANG),
        Answer("dripping chunk line", chunk_line, is_shown=True, end=HANG),
    ]
