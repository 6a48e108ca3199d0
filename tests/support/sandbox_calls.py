"""Requests to a sandbox by plain http.client and sockets, which neither retry nor hide anything."""

import http.client
import json
import socket
from contextlib import closing
from typing import Any, Protocol
from urllib.parse import urlencode

from pushglance.sandbox import TOKEN, USER

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}
GLANCES = "/1/glances.json"


class HasPort(Protocol):
    """A sandbox, or anything that knows the port of one."""

    @property
    def port(self) -> int:
        """Return the port on 127.0.0.1."""
        ...


def connect(sandbox: HasPort) -> http.client.HTTPConnection:
    """Return a connection with a timeout of five seconds."""
    return http.client.HTTPConnection("127.0.0.1", sandbox.port, timeout=5)


def call(
    sandbox: HasPort, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
) -> tuple[int, Any]:
    """Send one request on its own connection; return the status and the decoded JSON."""
    with closing(connect(sandbox)) as connection:
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        return response.status, json.loads(response.read())


def push(sandbox: HasPort, **fields: Any) -> tuple[int, Any]:
    """Push these fields as a form. Token and user can be overridden, or left out with None."""
    parameters = {"token": TOKEN, "user": USER} | fields
    body = urlencode({name: value for name, value in parameters.items() if value is not None})
    return call(sandbox, "POST", GLANCES, body, FORM)


def push_json(sandbox: HasPort, **fields: Any) -> tuple[int, Any]:
    """Push these fields as JSON."""
    return call(sandbox, "POST", GLANCES, json.dumps({"token": TOKEN, "user": USER} | fields), JSON)


def push_raw(sandbox: HasPort, body: str = f"token={TOKEN}&user={USER}&count=1") -> bytes:
    """Push over a plain socket; return all bytes until the sandbox closes it."""
    with socket.create_connection(("127.0.0.1", sandbox.port), timeout=5) as client:
        client.sendall(raw_request(body))
        received = b""
        while piece := client.recv(65536):
            received += piece
        return received


def raw_request(body: str) -> bytes:
    """Return the bytes of a push."""
    head = f"POST {GLANCES} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n\r\n"
    return (head + body).encode()
