"""Validation of requests by the rules of Pushover's documentation (pushover.net/api and /api/glances)."""

import re
from collections.abc import Collection
from dataclasses import dataclass, field

from pushglance.core.push.glance import FIELD_NAMES, NUMBER_FIELDS, TEXT_LENGTH_MAX

from .parameters import Parameters, quote

KEY = re.compile(r"[A-Za-z0-9]{30}")
DEVICE = re.compile(r"[A-Za-z0-9_-]{1,25}")
PRIORITY = re.compile(r"-[12]|[012]")
INTEGER = re.compile(r"-?[0-9]{1,18}")  # Pushover documents no largest count
MESSAGE_MAX, TITLE_MAX = 1024, 250  # characters (pushover.net/api)
KNOWN = ("token", "user", "device", *FIELD_NAMES)
KNOWN_IN_MESSAGES = (
    *("token", "user", "device", "message", "title", "priority", "retry", "expire", "sound", "timestamp", "ttl"),
    *("url", "url_title", "html", "monospace", "callback", "tags"),
)


@dataclass(slots=True)
class ValidatedRequest:
    """Content of a request after validation. It is accepted if `errors` is empty."""

    user: str = ""
    device: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    invalid: list[str] = field(default_factory=list)  # names of parameters; Pushover also answers {"user": "invalid"}
    warnings: list[str] = field(default_factory=list)

    def add_error(self, name: str, error: str) -> None:
        """Add an error about one parameter."""
        self.errors.append(error)
        if name not in self.invalid:
            self.invalid.append(name)


class Validator:
    """Validate requests. For tokens, users and devices `None` accepts every well-formed value."""

    def __init__(
        self,
        tokens: Collection[str] | None = None,
        users: Collection[str] | None = None,
        devices: Collection[str] | None = None,
    ) -> None:
        self._tokens = tokens
        self._users = users
        self.devices = devices

    def check_token(self, token: str) -> list[str]:
        """Return what is wrong with an application token."""
        return [] if _is_key(token, self._tokens) else ["application token is invalid"]

    def check_user(self, parameters: Parameters) -> ValidatedRequest:
        """Check token, user and device; `users/validate.json` needs nothing else."""
        request = ValidatedRequest(warnings=list(parameters.warnings))
        for name in parameters.not_text:
            if name in KNOWN:
                request.add_error(name, f"{name} must be text")
        for error in self.check_token(parameters.values.get("token", "")):
            request.add_error("token", error)
        request.user = parameters.values.get("user", "")
        if not _is_key(request.user, self._users):
            request.add_error("user", "user identifier is invalid")
        self._check_device(parameters, request)
        return request

    def check_glance(self, parameters: Parameters) -> ValidatedRequest:
        """Check a glance: keys, device and the five fields; unknown parameters give warnings."""
        request = self.check_user(parameters)
        for name in FIELD_NAMES:
            if name in parameters.values:
                _check_field(name, parameters.values[name], request)
        if not request.fields and not any(name in FIELD_NAMES for name in request.invalid):
            request.errors.append(f"at least one of {', '.join(FIELD_NAMES)} must be supplied")
        _warn_about_unknown(parameters, KNOWN, request)
        return request

    def check_message(self, parameters: Parameters) -> ValidatedRequest:
        """Check an ordinary message: keys, device, text, title and priority."""
        request = self.check_user(parameters)
        for name, longest in (("message", MESSAGE_MAX), ("title", TITLE_MAX)):
            request.fields[name] = parameters.values.get(name, "")
            length = len(request.fields[name])
            if length > longest:
                request.add_error(name, f"{name} is {length} characters long; {longest} are allowed")
        if not request.fields["message"]:
            request.add_error("message", "message cannot be blank")
        priority = parameters.values.get("priority") or "0"
        request.fields["priority"] = priority
        if not PRIORITY.fullmatch(priority):
            request.add_error("priority", "priority must be an integer from -2 to 2")
        elif priority == "2" and not (parameters.values.get("retry") and parameters.values.get("expire")):
            request.add_error("priority", "retry and expire must be supplied with priority 2")
        _warn_about_unknown(parameters, KNOWN_IN_MESSAGES, request)
        return request

    def _check_device(self, parameters: Parameters, request: ValidatedRequest) -> None:
        request.device = parameters.values.get("device", "")
        if not request.device:
            return
        if not DEVICE.fullmatch(request.device):
            request.add_error("device", "device name must be up to 25 of A-Z, a-z, 0-9, _ and -")
        elif self.devices is not None and request.device not in self.devices:
            request.add_error("device", "device name is not valid for user")


def _warn_about_unknown(parameters: Parameters, known: Collection[str], request: ValidatedRequest) -> None:
    for name in (*parameters.values, *parameters.not_text):
        if name not in known:
            hint = " (the parameter is called 'device')" if name == "devices" else ""
            request.warnings.append(f"the unknown parameter {quote(name)} was ignored{hint}")


def _is_key(key: str, known: Collection[str] | None) -> bool:
    return bool(KEY.fullmatch(key)) and (known is None or key in known)


def _check_field(name: str, value: str, request: ValidatedRequest) -> None:
    if name in NUMBER_FIELDS:
        if value and not INTEGER.fullmatch(value):
            request.add_error(name, f"{name} must be an integer")
            return
        if value and name == "percent" and not 0 <= int(value) <= 100:
            request.add_error(name, "percent must be an integer from 0 to 100")
            return
        value = str(int(value)) if value else ""
    elif len(value) > TEXT_LENGTH_MAX:
        request.add_error(name, f"{name} is {len(value)} characters long; {TEXT_LENGTH_MAX} are allowed")
        return
    request.fields[name] = value
