"""Decides about one request under `/1/`: what reaches a watch, what is answered, what is remembered.

Everything is recorded before its answer leaves, so that a test which has its answer also finds the record.
"""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pushglance.sandbox.records import Arrival, Request
from pushglance.sandbox.state_store import StateStore

from .faults import HONEST, Fault
from .parameters import Parameters, Unreadable, read_parameters
from .responses import Answer, accepted, refused
from .validation import Rules, Verdict

GLANCES = "/1/glances.json"
MESSAGES = "/1/messages.json"
VALIDATE = "/1/users/validate.json"
PASSES = Fault("normal")


@dataclass(frozen=True, slots=True)
class Call:
    """Hold one request under `/1/` as it came in."""

    method: str
    path: str
    headers: Mapping[str, str]  # names in lower case
    body: bytes
    connection: int


class Api:
    """Answer calls by the rules, and let the pushes among them reach their watch."""

    def __init__(self, book: StateStore, rules: Rules, on_request: Callable[[Request], None] | None = None) -> None:
        self._book = book
        self._rules = rules
        self._on_request = on_request
        self._checks = {
            GLANCES: rules.check_glance,
            MESSAGES: rules.check_message,
            VALIDATE: rules.check_user,
        }

    def answer(self, call: Call, fault: Fault | None) -> Answer:
        """Return the honest answer to a call, or the one that its fault starts from; blocks only for a late one."""
        fault = fault or PASSES
        if fault.kind == "late":
            self._book.hold(fault.wait_s)
            if self._book.is_closing:
                raise ConnectionAbortedError("the sandbox closes; what was held back arrives no more")
        request_id = str(uuid.uuid4())
        read, verdict, honest = self._judge(call, request_id, fault)
        arrival = None
        if honest.status == 200 and (fault.kind in HONEST or fault.applies):
            arrival = self._let_through(call.path, verdict, request_id)
        answer = _twisted(fault, honest, request_id)
        self._record(call, read, verdict, answer, fault, arrival)
        return answer

    def _let_through(self, path: str, verdict: Verdict, request_id: str) -> Arrival | None:
        if path == GLANCES:
            return self._book.receive(verdict.user, verdict.device, verdict.fields, request_id)
        if path == MESSAGES:
            self._book.receive_message(verdict.user, verdict.device, verdict.fields, request_id)
        return None

    def _judge(self, call: Call, request_id: str, fault: Fault) -> tuple[Parameters, Verdict, Answer]:
        read, verdict = Parameters(), Verdict()
        status = 400
        if call.path not in self._checks:
            status, verdict.errors = 404, [f"there is nothing at {call.path[:80]}"]
        elif call.method != "POST":
            status, verdict.errors = 405, [f"{call.path} is for POST, not {call.method}"]
        else:
            try:
                read = read_parameters(call.headers.get("content-type", ""), call.body)
            except Unreadable as why:
                verdict.errors = [str(why)]
            else:
                verdict = self._checks[call.path](read)
        if verdict.errors:
            headers = {"Allow": "POST"} if status == 405 else None
            return read, verdict, refused(status, verdict.errors, request_id, verdict.invalid, headers)
        more = {"group": 0, "devices": self._devices(verdict), "licenses": ["iOS"]} if call.path == VALIDATE else {}
        return read, verdict, accepted(request_id, fault.headers, **more)

    def _devices(self, verdict: Verdict) -> list[str]:
        if verdict.device:
            return [verdict.device]
        if self._rules.devices is not None:
            return list(self._rules.devices)
        with self._book.lock:
            seen = [device for user, device in self._book.watches if user == verdict.user and device]
        return seen or ["my-watch"]

    def _record(
        self,
        call: Call,
        read: Parameters,
        verdict: Verdict,
        answer: Answer,
        fault: Fault,
        arrival: Arrival | None,
    ) -> None:
        for sentence in verdict.warnings:
            self._book.warn(sentence)
        is_silent = fault.kind in ("drop", "reset", "hang")
        request = Request(
            at_ms=self._book.now_ms(),
            path=call.path,
            connection=call.connection,
            parameters=dict(read.values),
            headers=dict(call.headers),
            status=0 if is_silent else answer.status,
            errors=tuple(verdict.errors),
            fault="" if fault is PASSES else fault.kind,
            arrival=arrival,
        )
        self._book.record(request)
        if self._on_request:
            self._on_request(request)


def _twisted(fault: Fault, honest: Answer, request_id: str) -> Answer:
    if fault.kind == "status":
        return refused(fault.status, [f"the sandbox was told to answer {fault.status}"], request_id, (), fault.headers)
    if fault.kind == "refused":
        return refused(200, ["the sandbox was told to refuse this"], request_id, (), fault.headers)
    if fault.kind == "garbage":
        return Answer(200, b"\x00\xff<html>this is no JSON\r\n" + bytes(range(256)), "text/html", fault.headers)
    return honest
