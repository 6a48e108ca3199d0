"""HTTP responses as bytes, so that faults can send a part of one."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import formatdate
from http import HTTPStatus
from typing import Any

JSON = "application/json; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Response:
    """One HTTP response."""

    status: int
    body: bytes
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)

    def head(self, *, is_last: bool, length: int | None = None) -> bytes:
        """Return the status line and headers; `length` replaces the size of the body in Content-Length."""
        try:
            phrase = HTTPStatus(self.status).phrase
        except ValueError:
            phrase = "Unnamed"
        headers = {
            "Content-Type": self.content_type,
            "Server": "pushglance-sandbox",
            "Date": formatdate(usegmt=True),
            **self.headers,
        }
        lines = [
            f"HTTP/1.1 {self.status} {phrase}",
            f"Content-Length: {len(self.body) if length is None else length}",
            "Cache-Control: no-store",
            "X-Content-Type-Options: nosniff",
            *(["Connection: close"] if is_last else []),
            *(f"{name}: {value}" for name, value in headers.items()),
        ]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def encode(self, *, is_last: bool) -> bytes:
        """Return the complete response."""
        return self.head(is_last=is_last) + self.body


def json_response(status: int, content: Any, headers: Mapping[str, str] | None = None) -> Response:
    """Return a response with a JSON body."""
    return Response(status, json.dumps(content).encode(), headers=headers or {})


def ok_response(request_id: str, headers: Mapping[str, str], **content: Any) -> Response:
    """Return the response to an accepted request."""
    return json_response(200, {"status": 1, "request": request_id} | content, headers)


def error_response(
    status: int,
    errors: Sequence[str],
    request_id: str,
    invalid: Sequence[str] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return the response to a refused request; like Pushover's, it names each invalid parameter."""
    named = dict.fromkeys(invalid, "invalid")
    return json_response(status, named | {"errors": list(errors), "status": 0, "request": request_id}, headers)
