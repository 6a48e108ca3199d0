"""Handle one request under `/1/`: validate it, deliver it to a watch, record it, and build the response.

A request is recorded before its response is sent, so that a test that has the response also finds the record.
"""

import calendar
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl

from pushglance.sandbox.faults import NORMAL_RESPONSE_KINDS, Fault
from pushglance.sandbox.records import Arrival, Request
from pushglance.sandbox.state_store import StateStore

from .fault_responses import GATEWAY_KINDS, fault_response
from .parameters import Parameters, UnreadableBodyError, read_parameters
from .responses import Response, error_response, ok_response
from .validation import ValidatedRequest, Validator

GLANCES = "/1/glances.json"
MESSAGES = "/1/messages.json"
VALIDATE = "/1/users/validate.json"
LIMITS = "/1/apps/limits.json"
NO_DEVICE = "no active devices to send to"
NO_FAULT = Fault("normal")


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """One HTTP request under `/1/` as received."""

    method: str
    path: str
    headers: Mapping[str, str]  # names in lower case
    body: bytes
    connection: int
    query: str = ""


class PushoverApi:
    """Answer requests by Pushover's rules, and deliver valid pushes and messages to the store."""

    def __init__(
        self, store: StateStore, validator: Validator, on_request: Callable[[Request], None] | None = None
    ) -> None:
        self._store = store
        self._validator = validator
        self._on_request = on_request
        self._checks = {
            GLANCES: validator.check_glance,
            MESSAGES: validator.check_message,
            VALIDATE: validator.check_user,
        }

    def handle(self, request: ApiRequest, fault: Fault | None) -> Response:
        """Return the response to a request, altered by the fault; blocks only for the fault kind `late`."""
        fault = fault or NO_FAULT
        if fault.kind == "late":
            self._store.wait_for_release(fault.wait_s)
            if self._store.is_closing:
                raise ConnectionAbortedError("the sandbox closed; a late push no longer arrives")
        request_id = str(uuid.uuid4())
        parameters, validated, normal = self._validate(request, request_id, fault)
        arrival = None
        if normal.status == 200 and (fault.kind in NORMAL_RESPONSE_KINDS or fault.applies):
            arrival = self._deliver(request.path, validated, request_id)
        response = fault_response(fault, request_id) or normal
        if fault.kind not in GATEWAY_KINDS and "X-Limit-App-Reset" not in fault.headers:
            response = replace(response, headers={**self._limit_headers(), **response.headers})
        self._record(request, parameters, validated, response, fault, arrival)
        return response

    def _deliver(self, path: str, validated: ValidatedRequest, request_id: str) -> Arrival | None:
        if path == GLANCES:
            return self._store.deliver_push(validated.user, validated.device, validated.fields, request_id)
        if path == MESSAGES:
            self._store.deliver_message(validated.user, validated.device, validated.fields, request_id)
        return None

    def _validate(
        self, request: ApiRequest, request_id: str, fault: Fault
    ) -> tuple[Parameters, ValidatedRequest, Response]:
        parameters, validated = Parameters(), ValidatedRequest()
        status = 400
        if request.path == LIMITS and request.method == "GET":
            response = self._limits(request, request_id)
            return parameters, validated, response
        if request.path not in self._checks:
            status, validated.errors = 404, [f"there is nothing at {request.path[:80]}"]
        elif request.method != "POST":
            status, validated.errors = 405, [f"{request.path} accepts POST only, not {request.method}"]
        else:
            try:
                parameters = read_parameters(request.headers.get("content-type", ""), request.body)
            except UnreadableBodyError as error:
                validated.errors = [str(error)]
            else:
                validated = self._checks[request.path](parameters)
        if validated.errors:
            headers = {"Allow": "POST"} if status == 405 else None
            response = error_response(status, validated.errors, request_id, validated.invalid, headers)
            return parameters, validated, response
        content: dict[str, Any] = {"info": fault.text or NO_DEVICE} if fault.kind == "info" else {}
        if request.path == MESSAGES and self._validator.devices is not None and not self._validator.devices:
            content = {"info": NO_DEVICE}
        if request.path == VALIDATE:
            content = {"group": 0, "devices": self._devices(validated), "licenses": ["iOS"]}
        return parameters, validated, ok_response(request_id, fault.headers, **content)

    def _limit_headers(self) -> dict[str, str]:
        """Return the quota of the month, which Pushover adds to its answers."""
        now_s = self._store.now_ms() // 1000
        return {
            "X-Limit-App-Limit": str(self._store.quota),
            "X-Limit-App-Remaining": str(self._store.quota_left()),
            "X-Limit-App-Reset": str(next_month_s(now_s)),
        }

    def _limits(self, request: ApiRequest, request_id: str) -> Response:
        """Return the answer of `apps/limits.json`, the only one that is asked for by GET."""
        token = dict(parse_qsl(request.query)).get("token", "")
        errors = self._validator.check_token(token)
        if errors:
            return error_response(400, errors, request_id, ("token",))
        limit, left, reset = (int(number) for number in self._limit_headers().values())
        return ok_response(request_id, {}, limit=limit, remaining=left, reset=reset)

    def _devices(self, validated: ValidatedRequest) -> list[str]:
        if validated.device:
            return [validated.device]
        if self._validator.devices is not None:
            return list(self._validator.devices)
        with self._store.lock:
            known = [device for user, device in self._store.watches if user == validated.user and device]
        return known or ["my-watch"]

    def _record(
        self,
        request: ApiRequest,
        parameters: Parameters,
        validated: ValidatedRequest,
        response: Response,
        fault: Fault,
        arrival: Arrival | None,
    ) -> None:
        for warning in validated.warnings:
            self._store.add_warning(warning)
        has_no_answer = fault.kind in ("drop", "reset", "hang")
        record = Request(
            at_ms=self._store.now_ms(),
            path=request.path,
            connection=request.connection,
            parameters=dict(parameters.values),
            headers=dict(request.headers),
            status=0 if has_no_answer else response.status,
            errors=tuple(validated.errors),
            fault="" if fault is NO_FAULT else fault.kind,
            arrival=arrival,
        )
        self._store.add_request(record)
        if self._on_request:
            self._on_request(record)


def next_month_s(now_s: int) -> int:
    """Return the Unix time at which the next month begins, when quotas are reset."""
    now = time.gmtime(now_s)
    months = now.tm_year * 12 + now.tm_mon
    return calendar.timegm((months // 12, months % 12 + 1, 1, 0, 0, 0, 0, 0, 0))
