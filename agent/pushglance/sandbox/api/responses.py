"""Answers as one run of bytes each: sent whole by honest answers, in pieces or not at all by faults."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import formatdate
from http import HTTPStatus
from typing import Any

JSON = "application/json; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Answer:
    """Hold one HTTP answer."""

    status: int
    body: bytes
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)

    def head(self, *, is_last: bool, length: int | None = None) -> bytes:
        """Return status line and headers; `length` claims another size than the body's."""
        try:
            phrase = HTTPStatus(self.status).phrase
        except ValueError:
            phrase = "Unnamed"
        lines = [
            f"HTTP/1.1 {self.status} {phrase}",
            f"Content-Type: {self.content_type}",
            f"Content-Length: {len(self.body) if length is None else length}",
            "Cache-Control: no-store",
            "X-Content-Type-Options: nosniff",
            "Server: pushglance-sandbox",
            *(["Connection: close"] if is_last else []),
            *(f"{name}: {value}" for name, value in ({"Date": formatdate(usegmt=True)} | {**self.headers}).items()),
        ]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def whole(self, *, is_last: bool) -> bytes:
        """Return the complete answer."""
        return self.head(is_last=is_last) + self.body


def json_answer(status: int, content: Any, headers: Mapping[str, str] | None = None) -> Answer:
    """Return an answer with a JSON body."""
    return Answer(status, json.dumps(content).encode(), headers=headers or {})


def accepted(request_id: str, headers: Mapping[str, str], **more: Any) -> Answer:
    """Return what a request gets that is fine."""
    return json_answer(200, {"status": 1, "request": request_id} | more, headers)


def refused(
    status: int,
    errors: Sequence[str],
    request_id: str,
    invalid: Sequence[str] = (),
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Return what a request gets that is not; like Pushover's, it names each invalid parameter."""
    named = dict.fromkeys(invalid, "invalid")
    return json_answer(status, named | {"errors": list(errors), "status": 0, "request": request_id}, headers)
