"""Checks everything that Pushover's documentation promises to check (pushover.net/api and /api/glances)."""

import re
from collections.abc import Collection
from dataclasses import dataclass, field

from .parameters import Parameters, quote
from .records import FIELDS

KEY = re.compile(r"[A-Za-z0-9]{30}")
DEVICE = re.compile(r"[A-Za-z0-9_-]{1,25}")
INTEGER = re.compile(r"-?[0-9]{1,18}")  # the size of the largest count is nowhere documented
TEXT_MAX = 100  # characters, not bytes
KNOWN = ("token", "user", "device", *FIELDS)


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
        for name in (*read.values, *read.not_text):
            if name not in KNOWN:
                hint = " (the parameter is called 'device')" if name == "devices" else ""
                verdict.warnings.append(f"the unknown parameter {quote(name)} was ignored{hint}")
        return verdict

    def _check_device(self, read: Parameters, verdict: Verdict) -> None:
        verdict.device = read.values.get("device", "")
        if not verdict.device:
            return
        if not DEVICE.fullmatch(verdict.device):
            verdict.refuse("device", "device name must be up to 25 of A-Z, a-z, 0-9, _ and -")
        elif self.devices is not None and verdict.device not in self.devices:
            verdict.refuse("device", "device name is not valid for user")


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
