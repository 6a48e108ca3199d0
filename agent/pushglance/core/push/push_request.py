"""One push that a person asked for. It skips spacing, batching and pause, but never exceeds the budget.

Results are full sentences, because a person waits for them. Boards do not import this module.
"""

from pushglance.core.events import UNKNOWN
from pushglance.core.words import OUTCOME_TEXTS, duration_text

from .backoff import REQUESTED_MS
from .glance import FIELD_NAMES, NUMBER_FIELDS, TEXT_LENGTH_MAX

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pushglance.core.pacing.budget import Budget

    from .backoff import Backoff
    from .refusal import Refusal

DIGITS_MAX = 15


class PushRequest:
    """A request for one push; it sends `fields` as given, and with `is_all` also fields that do not differ."""

    def __init__(self, request: str, fields: "dict[str, str]", is_all: int) -> None:
        self.request = request
        self._fields = fields
        self._is_all = is_all

    def fields_to_send(self, pending: "dict[str, str]", glance: "dict[str, str]") -> "dict[str, str]":
        """Return the fields to send; `pending` are the fields of the desired `glance` that differ from the watch."""
        fields = dict(glance if self._is_all else pending)
        fields.update(self._fields)
        return fields

    def rejection_reason(self, budget: "Budget", refusal: "Refusal | None", backoff: "Backoff", now_ms: int) -> str:
        """Return why no push can be sent at once, or ""; `backoff` is due to the last failure."""
        if budget.left(now_ms) == 0:
            returns = budget.refill_times_ms(now_ms)
            back = "the next one comes back in " + duration_text(returns[0] - now_ms) if returns else "none is allowed"
            return "all %d pushes are spent: %s" % (budget.capacity, back)
        if refusal is not None:
            if refusal.asked_ms is None or refusal.asked_ms + REQUESTED_MS <= now_ms:
                return ""  # it may have been fixed
            wait_ms = refusal.asked_ms + REQUESTED_MS - now_ms
            return "Pushover refused (%s): fix that, or ask again in %s" % (refusal.detail, duration_text(wait_ms))
        wait_ms, asked_wait_ms = backoff.not_before_ms - now_ms, backoff.failed_ms + REQUESTED_MS - now_ms
        if wait_ms <= 0 or asked_wait_ms <= 0:
            return ""
        if wait_ms <= asked_wait_ms:
            return "the last push did not get through: the next try is in " + duration_text(wait_ms)
        return "the last push did not get through: ask again in " + duration_text(asked_wait_ms)

    def result_text(self, budget: "Budget", now_ms: int, outcome: str, detail: str) -> str:
        """Return how a requested push ended, and how many pushes are left."""
        text = OUTCOME_TEXTS.get(outcome, OUTCOME_TEXTS[UNKNOWN])
        left = "%d of %d pushes left" % (budget.left(now_ms), budget.capacity)
        return "%s%s (%s)" % (text, ": " + detail if detail else "", left)


def field_error(fields: "dict[str, str]") -> str:
    """Return what is wrong with fields that a person wants to send, or ""."""
    if not fields:
        return "nothing to send: name at least one field"
    for name in fields:
        text = fields[name]
        if name not in FIELD_NAMES:
            return "unknown field %s: a glance has %s" % (name, ", ".join(FIELD_NAMES))
        if len(text) > TEXT_LENGTH_MAX:
            return "%s must be a text of at most %d characters" % (name, TEXT_LENGTH_MAX)
        if name in NUMBER_FIELDS and text and not is_whole(text):
            return "%s must be a whole number" % name
        if name == "percent" and text and not 0 <= int(text) <= 100:
            return "percent must be between 0 and 100"
    return ""


def is_whole(text: str) -> bool:
    """Return True for an integer of 1 to 15 ASCII digits with an optional minus sign; `text` must not be empty."""
    digits = text[1:] if text[0] == "-" else text
    return 0 < len(digits) <= DIGITS_MAX and all([digit in "0123456789" for digit in digits])
