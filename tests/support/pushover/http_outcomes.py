"""Faults of a server and the outcome of each, for a Pi and for a board."""

from pushglance.core.events import REFUSED, THROTTLED, UNKNOWN, UNSENT
from pushglance.sandbox import Fault

NOT_PUSHOVERS = "an answer that is not Pushover's"
ANSWERS = [
    (Fault("status", status=400), REFUSED, ""),
    (Fault("status", status=404), REFUSED, ""),
    (Fault("refused"), REFUSED, ""),
    (Fault("status", status=429), THROTTLED, ""),
    (Fault("status", status=500), UNKNOWN, ""),
    (Fault("status", status=503, applies=True), UNKNOWN, ""),
    (Fault("status", status=302, headers={"Location": "/elsewhere"}), UNSENT, "302"),
    (Fault("drop"), UNKNOWN, ""),
    (Fault("drop", applies=True), UNKNOWN, ""),
    (Fault("reset"), UNKNOWN, ""),
    (Fault("half"), UNKNOWN, ""),
    (Fault("garbage"), UNKNOWN, NOT_PUSHOVERS),
    (Fault("huge"), UNKNOWN, NOT_PUSHOVERS),
]


def name_of(value):
    """Return a short id for a parametrized fault."""
    return f"{value.kind}-{value.status}" if isinstance(value, Fault) else ""
