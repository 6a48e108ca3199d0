"""Watches in the Plan: budget, templates, and hashes that identify a user and a configuration."""

import hashlib
import json
from typing import TYPE_CHECKING

from pushglance.settings.resolved_watches import ResolvedWatch

if TYPE_CHECKING:
    from pushglance.core.plan_types import FieldPlan, WatchPlan

_HASH_DIGITS = 16


def plan_watch(watch: ResolvedWatch, token: str, url: str) -> "WatchPlan":
    """Return the plan of one watch."""
    fields: list[FieldPlan] = [
        {"name": field, "parts": list(template.parts)} for field, template in watch.glance.templates()
    ]
    user = user_key(watch)
    # A push that Pushover refused would be refused again until one of these changes.
    identity = [token, user, watch.device, url, [[field["name"], field["parts"]] for field in fields]]
    return {
        "name": watch.name,
        "account": short_hash(user),
        "device": watch.device,
        "fingerprint": short_hash(json.dumps(identity)),
        "pushes": watch.pushes,
        "spacing_ms": watch.spacing.ms,
        "pacing": watch.pacing,
        "resets_at_s": -1 if watch.resets_at is None else _seconds_of_day(watch.resets_at),
        "fields": fields,
    }


def user_key(watch: ResolvedWatch) -> str:
    """Return the user key of a watch; every watch of loaded settings has one."""
    assert watch.user is not None, "loaded settings have a user key for each watch"
    return watch.user.get_secret_value()


def _seconds_of_day(time_of_day: str) -> int:
    hours, minutes = time_of_day.split(":")
    return (int(hours) * 60 + int(minutes)) * 60


def short_hash(text: str) -> str:
    """Return 16 hexadecimal digits that identify a text without revealing it."""
    return hashlib.sha256(text.encode()).hexdigest()[:_HASH_DIGITS]
