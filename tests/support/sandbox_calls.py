"""How the tests speak to a sandbox: plain http.client and sockets, nothing that could retry or hide anything."""

import http.client
import json
import socket
from contextlib import closing
from urllib.parse import urlencode

from pushglance.sandbox import TOKEN, USER, Sandbox

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}
GLANCES = "/1/glances.json"


def connect(sandbox: Sandbox) -> http.client.HTTPConnection:
    """Return a connection that gives up after five seconds."""
    return http.client.HTTPConnection("127.0.0.1", sandbox.port, timeout=5)


def call(sandbox, method, path, body=None, headers=None):
    """Send one request on its own connection; return the status and the decoded JSON."""
    with closing(connect(sandbox)) as connection:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())


def push(sandbox, **fields):
    """Push these fields as a form; keys may be overridden, and left out with None."""
    keyed = {"token": TOKEN, "user": USER} | fields
    body = urlencode({name: value for name, value in keyed.items() if value is not None})
    return call(sandbox, "POST", GLANCES, body, FORM)


def push_json(sandbox, **fields):
    """Push these fields as JSON."""
    return call(sandbox, "POST", GLANCES, json.dumps({"token": TOKEN, "user": USER} | fields), JSON)


def push_raw(sandbox, body=f"token={TOKEN}&user={USER}&count=1"):
    """Push over a bare socket; return all bytes until the other side closes."""
    with socket.create_connection(("127.0.0.1", sandbox.port), timeout=5) as line:
        line.sendall(raw_request(body))
        received = b""
        while piece := line.recv(65536):
            received += piece
        return received


def raw_request(body: str) -> bytes:
    """Return the bytes of a push."""
    head = f"POST {GLANCES} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n\r\n"
    return (head + body).encode()
