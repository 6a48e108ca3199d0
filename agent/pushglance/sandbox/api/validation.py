"""Checks everything that Pushover's documentation promises to check (pushover.net/api and /api/glances)."""

import re
from collections.abc import Collection
from dataclasses import dataclass, field

from pushglance.sandbox.records import FIELDS

from .parameters import Parameters, quote

KEY = re.compile(r"[A-Za-z0-9]{30}")
DEVICE = re.compile(r"[A-Za-z0-9_-]{1,25}")
PRIORITY = re.compile(r"-[12]|[012]")
INTEGER = re.compile(r"-?[0-9]{1,18}")  # the size of the largest count is nowhere documented
TEXT_MAX = 100  # characters, not bytes
MESSAGE_MAX, TITLE_MAX = 1024, 250  # characters (pushover.net/api)
KNOWN = ("token", "user", "device", *FIELDS)
KNOWN_OF_MESSAGES = (
    *("token", "user", "device", "message", "title", "priority", "retry", "expire", "sound", "timestamp", "ttl"),
    *("url", "url_title", "html", "monospace", "callback", "tags"),
)


@dataclass(slots=True)
class Verdict:
    """Hold what a request asks for, and the sentences that refuse it (none: it is accepted)."""

    user: str = ""
    device: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    invalid: list[str] = field(default_factory=list)  # Pushover also answers {"user": "invalid"}
    warnings: list[str] = field(default_factory=list)

    def refuse(self, name: str, sentence: str) -> None:
        """Add a sentence about one parameter."""
        self.errors.append(sentence)
        if name not in self.invalid:
            self.invalid.append(name)


class Rules:
    """Judge requests; `None` accepts every well-formed token, user or device, a collection only its members."""

    def __init__(
        self,
        tokens: Collection[str] | None = None,
        users: Collection[str] | None = None,
        devices: Collection[str] | None = None,
    ) -> None:
        self._tokens = tokens
        self._users = users
        self.devices = devices

    def check_user(self, read: Parameters) -> Verdict:
        """Judge token, user and device: all that `users/validate.json` asks about."""
        verdict = Verdict(warnings=list(read.warnings))
        for name in read.not_text:
            if name in KNOWN:
                verdict.refuse(name, f"{name} must be text")
        if not _is_key(read.values.get("token", ""), self._tokens):
            verdict.refuse("token", "application token is invalid")
        verdict.user = read.values.get("user", "")
        if not _is_key(verdict.user, self._users):
            verdict.refuse("user", "user identifier is invalid")
        self._check_device(read, verdict)
        return verdict

    def check_glance(self, read: Parameters) -> Verdict:
        """Judge a whole glance: keys, device, the five fields, and what is not known."""
        verdict = self.check_user(read)
        for name in FIELDS:
            if name in read.values:
                _check_field(name, read.values[name], verdict)
        if not verdict.fields and not any(name in FIELDS for name in verdict.invalid):
            verdict.errors.append(f"at least one of {', '.join(FIELDS)} must be supplied")
        _warn_of_unknown(read, KNOWN, verdict)
        return verdict

    def check_message(self, read: Parameters) -> Verdict:
        """Judge an ordinary message: keys, device, its text and how loud it is."""
        verdict = self.check_user(read)
        for name, longest in (("message", MESSAGE_MAX), ("title", TITLE_MAX)):
            verdict.fields[name] = read.values.get(name, "")
            if len(verdict.fields[name]) > longest:
                verdict.refuse(name, f"{name} is {len(verdict.fields[name])} characters long; {longest} are allowed")
        if not verdict.fields["message"]:
            verdict.refuse("message", "message cannot be blank")
        priority = read.values.get("priority") or "0"
        verdict.fields["priority"] = priority
        if not PRIORITY.fullmatch(priority):
            verdict.refuse("priority", "priority must be an integer from -2 to 2")
        elif priority == "2" and not (read.values.get("retry") and read.values.get("expire")):
            verdict.refuse("priority", "retry and expire must be supplied with priority 2")
        _warn_of_unknown(read, KNOWN_OF_MESSAGES, verdict)
        return verdict

    def _check_device(self, read: Parameters, verdict: Verdict) -> None:
        verdict.device = read.values.get("device", "")
        if not verdict.device:
            return
        if not DEVICE.fullmatch(verdict.device):
            verdict.refuse("device", "device name must be up to 25 of A-Z, a-z, 0-9, _ and -")
        elif self.devices is not None and verdict.device not in self.devices:
            verdict.refuse("device", "device name is not valid for user")


def _warn_of_unknown(read: Parameters, known: Collection[str], verdict: Verdict) -> None:
    for name in (*read.values, *read.not_text):
        if name not in known:
            hint = " (the parameter is called 'device')" if name == "devices" else ""
            verdict.warnings.append(f"the unknown parameter {quote(name)} was ignored{hint}")


def _is_key(key: str, known: Collection[str] | None) -> bool:
    return bool(KEY.fullmatch(key)) and (known is None or key in known)


def _check_field(name: str, value: str, verdict: Verdict) -> None:
    if name in ("count", "percent"):
        if value and not INTEGER.fullmatch(value):
            verdict.refuse(name, f"{name} must be an integer")
            return
        if value and name == "percent" and not 0 <= int(value) <= 100:
            verdict.refuse(name, "percent must be an integer from 0 to 100")
            return
        value = str(int(value)) if value else ""
    elif len(value) > TEXT_MAX:
        verdict.refuse(name, f"{name} is {len(value)} characters long; {TEXT_MAX} are allowed")
        return
    verdict.fields[name] = value
