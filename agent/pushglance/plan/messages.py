"""Messages in the Plan: the contacts, the texts and the receiver."""

import json
from typing import TYPE_CHECKING

from pushglance.settings.tables.sensors import ContactKeys
from pushglance.settings.tables.watches import MESSAGES

from .watches import short_hash

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pushglance.core.plan_types import LeftOpenPlan, MessagesPlan
    from pushglance.settings import Settings


def plan_messages(settings: "Settings") -> "MessagesPlan | None":
    """Return the plan of messages, None if no contact has left_open."""
    left_open = list(_left_open(settings))
    user, token = settings.pushover.user, settings.pushover.token
    if not left_open:
        return None
    assert user is not None, "loaded settings with left_open have a user key"
    assert token is not None, "loaded settings with left_open have a token"
    key, device = user.get_secret_value(), settings.messages.device or ""
    identity = [token.get_secret_value(), key, device, settings.pushover.url, left_open]
    return {
        "name": MESSAGES,
        # Not the account of the user's watches: messages have a separate ledger.
        "account": short_hash(f"{MESSAGES} {key}"),
        "device": device,
        "fingerprint": short_hash(json.dumps(identity)),
        "pushes": settings.messages.limit,
        "left_open": left_open,
    }


def _left_open(settings: "Settings") -> "Iterator[LeftOpenPlan]":
    for name, sensor in settings.sensors.items():
        if isinstance(sensor, ContactKeys) and sensor.left_open is not None:
            rule = sensor.left_open
            yield {
                "sensor": name,
                "after_ms": rule.after.ms,
                "message": rule.message or f"{sensor.open.strip() or name} for {rule.after}",
                "closed": sensor.closed if rule.closed is None else rule.closed,
                "priority": rule.priority,
            }
