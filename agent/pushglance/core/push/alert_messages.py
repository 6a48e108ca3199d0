"""The texts of alerts, as parameters of Pushover's Messages API."""

from pushglance.core.words import duration_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pushglance.core.plan_types import LeftOpenPlan


MESSAGE_MAX = 1024  # characters (pushover.net/api)


def open_message(rule: "LeftOpenPlan", open_ms: "int | None") -> "dict[str, str]":
    """Return the message that a contact is left open; it says for how long if it is late, `open_ms` None: in time."""
    text = rule["message"].strip() or _title(rule) + " is open"
    if open_ms is not None:
        late = " (open for %s)" % duration_text(open_ms)
        text = text[: MESSAGE_MAX - len(late)] + late
    return {"message": text, "priority": str(rule["priority"])}


def closed_message(rule: "LeftOpenPlan") -> "dict[str, str]":
    """Return the message that a contact is closed again; {} if none is wanted."""
    return _quiet(rule, closing_text(rule)) if closing_text(rule) else {}


def late_message(rule: "LeftOpenPlan", open_ms: "int | None") -> "dict[str, str]":
    """Return the message for an alarm that could not be given in time; `open_ms` None: it is unknown for how long."""
    duration = "" if open_ms is None else " for " + duration_text(open_ms)
    return _quiet(rule, "%s was open%s, closed now" % (_title(rule), duration))


def closing_text(rule: "LeftOpenPlan") -> str:
    """Return the message when the contact is closed again; "" if none is wanted: Pushover refuses a blank one."""
    return rule["closed"].strip()


def _quiet(rule: "LeftOpenPlan", text: str) -> "dict[str, str]":
    return {"message": text, "priority": str(min(0, rule["priority"]))}  # "closed again" needs no alarm


def _title(rule: "LeftOpenPlan") -> str:
    words = rule["sensor"].replace("_", " ")
    return words[:1].upper() + words[1:]
