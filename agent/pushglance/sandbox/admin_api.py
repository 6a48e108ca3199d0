"""The admin API: the page for users, the state, the stream of its changes, and the queue of faults.

A web page elsewhere must not read or control a sandbox through the user's browser. So requests must name this machine
as their host (against DNS rebinding), and changes must be JSON: a browser sends JSON to another site only after a
preflight request, which the sandbox never approves.
"""

import contextlib
import json
import secrets
from importlib.resources import files

from .api.connection import Connection
from .api.responses import Response, error_response, json_response
from .fault_json import faults_from_json
from .state_json import describe_page, describe_state
from .state_store import StateStore

LISTENERS_MAX = 16
HEARTBEAT_S = 5.0
_SEND_TIMEOUT_S = 10.0
_METHODS = {
    "/": "GET",
    "/sandbox/state.json": "GET",
    "/sandbox/events": "GET",
    "/sandbox/faults": "GET, POST, DELETE",
    "/sandbox/release": "POST",
}


class AdminApi:
    """Serve every path that is not under `/1/`."""

    def __init__(self, store: StateStore) -> None:
        self._store = store
        self._listeners = 0

    def serve(self, connection: Connection, path: str, body: bytes) -> None:
        """Answer one request."""
        method = "GET" if connection.command == "HEAD" else connection.command
        if path not in _METHODS:
            connection.reply(error_response(404, [f"there is nothing at {path[:80]}"], ""))
        elif not _is_local(connection.headers.get("Host", "")):
            connection.reply(error_response(403, ["use 127.0.0.1 or localhost as the host name of the sandbox"], ""))
        elif method not in _METHODS[path].split(", "):
            allowed = _METHODS[path]
            connection.reply(error_response(405, [f"{path} accepts {allowed}"], "", headers={"Allow": allowed}))
        elif method == "POST" and connection.headers.get_content_type() != "application/json":
            connection.reply(error_response(415, ["the Content-Type must be application/json"], ""))
        elif path == "/sandbox/events" and connection.command == "GET":
            self._stream(connection)
        else:
            connection.reply(self._respond(method, path, body))

    def _respond(self, method: str, path: str, body: bytes) -> Response:
        if path == "/":
            return render_page(self._store)
        if path == "/sandbox/state.json":
            return json_response(200, describe_state(self._store))
        if path == "/sandbox/release":
            self._store.release()
        elif method == "POST":
            return self._add_faults(body)
        elif method == "DELETE":
            self._store.clear_faults()
            self._store.release()
        return self._queued_faults()

    def _add_faults(self, body: bytes) -> Response:
        try:
            for fault in faults_from_json(json.loads(body)):
                self._store.add_fault(fault)
        except json.JSONDecodeError:
            return error_response(400, ["the body is not valid JSON"], "")
        except (ValueError, RecursionError) as error:
            return error_response(400, [str(error)], "")
        return self._queued_faults()

    def _queued_faults(self) -> Response:
        return json_response(200, {"status": 1, "faults": self._store.queued_faults()})

    def _stream(self, connection: Connection) -> None:
        connection.close_after_response()  # a stream has no end after which another request could follow
        with self._store.lock:
            if self._listeners >= LISTENERS_MAX:
                connection.reply(error_response(503, [f"{LISTENERS_MAX} listeners are connected already"], ""))
                return
            self._listeners += 1
        try:
            connection.set_send_timeout(_SEND_TIMEOUT_S)
            connection.send(
                b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n"
                b"Connection: close\r\n\r\nretry: 1000\n\n"
            )
            with contextlib.suppress(OSError):
                self._send_changes(connection)
        finally:
            with self._store.lock:
                self._listeners -= 1

    def _send_changes(self, connection: Connection) -> None:
        sent = ""
        revision = -1
        while not self._store.is_closing:
            with self._store.lock:
                revision = self._store.revision
                state = json.dumps(describe_page(self._store))
            # The clock on the face and the 24 hours change without an event, so the heartbeat compares the state too.
            connection.send(b": no change\n\n" if state == sent else f"event: state\ndata: {state}\n\n".encode())
            sent = state
            self._store.wait_for_change(revision, HEARTBEAT_S)


def render_page(store: StateStore) -> Response:
    """Return the page with the current state inside; only its own script and style may run (CSP nonce)."""
    nonce = secrets.token_urlsafe(16)
    folder = files(__package__) / "static"
    # A script element must not contain "<": the text of a field could be "</script>".
    state = json.dumps(describe_page(store)).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    html = (folder / "page.html").read_text("utf-8")
    parts = {
        "{{nonce}}": nonce,
        "{{style}}": (folder / "page.css").read_text("utf-8"),
        "{{script}}": (folder / "page.js").read_text("utf-8"),
        "{{state}}": state,  # last, so that the text of a field is never replaced as a placeholder
    }
    for placeholder, content in parts.items():
        html = html.replace(placeholder, content)
    policy = (
        f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; connect-src 'self'; "
        "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    headers = {"Content-Security-Policy": policy, "Referrer-Policy": "no-referrer"}
    return Response(200, html.encode(), "text/html; charset=utf-8", headers)


def _is_local(host: str) -> bool:
    return not host or host.rpartition(":")[0] in ("127.0.0.1", "localhost") or host in ("127.0.0.1", "localhost")
