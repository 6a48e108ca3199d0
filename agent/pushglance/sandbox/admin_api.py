"""What people and scripts see of the sandbox: the page, the state, the stream of its changes, and the faults' desk.

A web page elsewhere must not steer or read a sandbox through the browser of whoever runs it: only requests that name
this machine as their host are served here (against DNS rebinding), and only JSON may change anything (a browser asks
first before it sends that across sites, and is never answered).
"""

import contextlib
import json
import secrets
from importlib.resources import files
from typing import TYPE_CHECKING

from .api.faults import fault_from_json
from .api.responses import Answer, json_answer, refused
from .state_json import describe_everything, describe_live
from .state_store import StateStore

if TYPE_CHECKING:
    from .connection_handler import Visit

LISTENERS_MAX = 16
HEARTBEAT_S = 5.0
_SENDING_S = 10.0
_METHODS = {
    "/": "GET",
    "/sandbox/state.json": "GET",
    "/sandbox/events": "GET",
    "/sandbox/faults": "GET, POST, DELETE",
    "/sandbox/release": "POST",
}


class Site:
    """Serve everything that is not under `/1/`."""

    def __init__(self, book: StateStore) -> None:
        self._book = book
        self._listeners = 0

    def serve(self, visit: "Visit", path: str, body: bytes) -> None:
        """Answer one request."""
        method = "GET" if visit.command == "HEAD" else visit.command
        if path not in _METHODS:
            visit.reply(refused(404, [f"there is nothing at {path[:80]}"], ""))
        elif not _is_local(visit.headers.get("Host", "")):
            visit.reply(refused(403, ["the sandbox is reached as 127.0.0.1 or localhost only"], ""))
        elif method not in _METHODS[path].split(", "):
            visit.reply(refused(405, [f"{path} is for {_METHODS[path]}"], "", headers={"Allow": _METHODS[path]}))
        elif method == "POST" and visit.headers.get_content_type() != "application/json":
            visit.reply(refused(415, ["the Content-Type must be application/json"], ""))
        elif path == "/sandbox/events" and visit.command == "GET":
            self._stream(visit)
        else:
            visit.reply(self._answer(method, path, body))

    def _answer(self, method: str, path: str, body: bytes) -> Answer:
        if path == "/":
            return page(self._book)
        if path == "/sandbox/state.json":
            return json_answer(200, describe_everything(self._book))
        if path == "/sandbox/release":
            self._book.release()
        elif method == "POST":
            return self._take_faults(body)
        elif method == "DELETE":
            self._book.clear_faults()
            self._book.release()
        return json_answer(200, {"status": 1, "faults": self._book.waiting_faults()})

    def _take_faults(self, body: bytes) -> Answer:
        try:
            found = json.loads(body)
            faults = [fault_from_json(one) for one in (found if isinstance(found, list) else [found])]
            for fault in faults:
                self._book.add_fault(fault)
        except json.JSONDecodeError:
            return refused(400, ["the body is not valid JSON"], "")
        except (ValueError, RecursionError) as why:
            return refused(400, [str(why)], "")
        return json_answer(200, {"status": 1, "faults": self._book.waiting_faults()})

    def _stream(self, visit: "Visit") -> None:
        visit.hang_up()  # a stream has no end that another request could follow
        with self._book.lock:
            if self._listeners >= LISTENERS_MAX:
                visit.reply(refused(503, [f"{LISTENERS_MAX} listeners are connected already"], ""))
                return
            self._listeners += 1
        try:
            visit.connection.settimeout(_SENDING_S)
            visit.send(
                b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n"
                b"Connection: close\r\n\r\nretry: 1000\n\n"
            )
            with contextlib.suppress(OSError):
                self._tell(visit)
        finally:
            with self._book.lock:
                self._listeners -= 1

    def _tell(self, visit: "Visit") -> None:
        told = ""
        revision = -1
        while not self._book.is_closing:
            with self._book.lock:
                revision = self._book.revision
                state = json.dumps(describe_live(self._book))
            # The clock on the face and the 24 hours move on without any event: a heartbeat looks, too.
            visit.send(b": nothing new\n\n" if state == told else f"event: state\ndata: {state}\n\n".encode())
            told = state
            self._book.wait_for_news(revision, HEARTBEAT_S)


def page(book: StateStore) -> Answer:
    """Return the page with the present state inside; only its own script and style may run (CSP nonce)."""
    nonce = secrets.token_urlsafe(16)
    folder = files(__package__) / "static"
    # "<" must not appear in what a script element holds: a field could say "</script>".
    state = json.dumps(describe_live(book)).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    html = (folder / "page.html").read_text("utf-8")
    parts = {
        "{{nonce}}": nonce,
        "{{style}}": (folder / "page.css").read_text("utf-8"),
        "{{script}}": (folder / "page.js").read_text("utf-8"),
        "{{state}}": state,  # last: what a field says must never be taken for a placeholder
    }
    for placeholder, content in parts.items():
        html = html.replace(placeholder, content)
    policy = (
        f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; connect-src 'self'; "
        "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    headers = {"Content-Security-Policy": policy, "Referrer-Policy": "no-referrer"}
    return Answer(200, html.encode(), "text/html; charset=utf-8", headers)


def _is_local(host: str) -> bool:
    return not host or host.rpartition(":")[0] in ("127.0.0.1", "localhost") or host in ("127.0.0.1", "localhost")
