"""Is this a Plan? What a daemon is handed was compiled by us, but perhaps by another version, or edited by hand.

The shapes themselves are described in `core/plan_types.py`; here they are held against a Plan before anything is built
from it, so that a Plan that is none is one sentence and not a daemon that dies in the middle of the night.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from pushglance.core.plan_types import PLAN_VERSION
from pushglance.core.push.glance import FIELD_NAMES
from pushglance.errors import PushglanceError

if TYPE_CHECKING:
    from pushglance.core.plan_types import Plan

_TEXT_MAX = 4096
_INT_MAX = 1 << 53  # what every reader of JSON keeps exactly
_PUSHES_MAX = 50

Check = Callable[[Any], bool]


def check_plan(plan: Any) -> "Plan":
    """Return `plan` if it is one. Raises PushglanceError with a sentence that names what is wrong."""
    if not isinstance(plan, dict) or plan.get("version") != PLAN_VERSION:
        found = plan.get("version") if isinstance(plan, dict) else "no"
        raise PushglanceError(
            f"this plan is of version {found!r}, this pushglance runs version {PLAN_VERSION}: compile it again"
        )
    _hold(plan, _PLAN, "plan")
    if "cluster" in plan:
        _hold(plan["cluster"], _CLUSTER, "cluster")
    for number, sensor in enumerate(plan["sensors"]):
        _check_sensor(sensor, f"sensors[{number}]")
    kinds = {sensor["name"]: sensor["kind"] for sensor in plan["sensors"]}
    for number, watch in enumerate(plan["watches"]):
        _check_watch(watch, kinds, f"watches[{number}]")
    if plan["messages"] is not None:
        _check_messages(plan["messages"], kinds)
    for receiver in [*plan["watches"], *([plan["messages"]] if plan["messages"] else [])]:
        if not _is_text(plan["secrets"]["users"].get(receiver["name"])):
            raise _mistake(f"{receiver['name']} has no user")
    known: Plan = plan  # type: ignore[assignment]  # every key was looked at
    return known


def _check_sensor(sensor: Any, where: str) -> None:
    _hold(sensor, _SENSOR, where)
    kind, source = sensor["kind"], sensor["source"]
    if "node" in sensor:
        _hold(sensor, _shape(node=_is_text, status_topic=_is_text), where)
    _hold(sensor, _KINDS[kind] | _SOURCES[source] | _KINDS_ON_SOURCES.get((kind, source), {}), where)
    if kind == "gauge" and sensor["low"] >= sensor["high"]:
        raise _mistake(f"{where} is low above high")


def _check_watch(watch: Any, kinds: Mapping[str, str], where: str) -> None:
    _hold(watch, _WATCH, where)
    for field in watch["fields"]:
        _hold(field, _FIELD, where)
        if not all(isinstance(part, str) or part[0] in kinds for part in field["parts"]):
            raise _mistake(f"{where} shows a sensor that is none")


def _check_messages(messages: Any, kinds: Mapping[str, str]) -> None:
    _hold(messages, _MESSAGES, "messages")
    for rule in messages["left_open"]:
        _hold(rule, _LEFT_OPEN, "messages")
        if kinds.get(rule["sensor"]) != "contact":
            raise _mistake("messages are about a contact that is none")


def _hold(found: Any, shape: Mapping[str, Check], where: str) -> None:
    if not isinstance(found, dict):
        raise _mistake(f"{where} is no object")
    for key, is_right in shape.items():
        if key not in found or not is_right(found[key]):
            raise _mistake(f"{where} has no usable {key}")


def _mistake(what: str) -> PushglanceError:
    return PushglanceError(f"this plan cannot be used ({what}): compile it again")


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= _TEXT_MAX


def _is_number(value: Any) -> bool:
    return type(value) is int and -_INT_MAX <= value <= _INT_MAX


def _is_amount(value: Any) -> bool:
    return _is_number(value) and value >= 0


def _is_positive(value: Any) -> bool:
    return _is_number(value) and value > 0


def _one_of(*words: object) -> Check:
    return lambda value: type(value) in (int, str) and value in words


def _list_of(is_right: Check) -> Check:
    return lambda value: isinstance(value, list) and all(is_right(one) for one in value)


def _is_part(value: Any) -> bool:
    return _is_text(value) or (isinstance(value, list) and len(value) == 2 and all(_is_text(one) for one in value))


def _shape(**checks: Check) -> dict[str, Check]:
    return checks


def _fits(value: Any, shape: Mapping[str, Check]) -> bool:
    return isinstance(value, dict) and all(key in value and is_right(value[key]) for key, is_right in shape.items())


_object: Check = lambda value: isinstance(value, dict)  # noqa: E731 - a check like the others
_flag = _one_of(0, 1)
_PUSHOVER = _shape(url=_is_text, connect_ms=_is_amount, read_ms=_is_amount, ca_file=_is_text)
_MQTT = _shape(
    host=_is_text,
    port=_is_amount,
    version=_one_of("auto", "3.1.1", "5"),
    username=_is_text,
    client_id=_is_text,
    keepalive_s=_is_amount,
    tls=_flag,
    ca_file=_is_text,
    cert_file=_is_text,
    key_file=_is_text,
)
_NODE = _shape(
    name=_is_text,
    root=_is_text,
    announcement_topic=_is_text,
    announcement=lambda value: isinstance(value, str),
    birth_topic=_is_text,
    commands=_list_of(_one_of("push-now", "pause", "set-total")),
)
_CLUSTER = _shape(
    url=_is_text,
    username=_is_text,
    hub=_is_text,
    lease_ms=_is_positive,
    trust=_one_of("checked", "always"),
    replicas=_is_amount,
    ca_file=_is_text,
)
_PLAN = _shape(
    sensors=_list_of(_object),
    watches=_list_of(_object),
    messages=lambda value: value is None or isinstance(value, dict),
    pushover=lambda value: _fits(value, _PUSHOVER),
    mqtt=lambda value: value is None or _fits(value, _MQTT),
    node=lambda value: value is None or _fits(value, _NODE),
    gpio=lambda value: _fits(value, _shape(factory=_is_text)),
    clock=_one_of("synchronised", "always"),
    hand=_is_text,
    secrets=lambda value: _fits(value, _shape(token=_is_text, users=_object, mqtt_password=_is_text)),
)
_SENSOR = _shape(
    name=_is_text,
    kind=_one_of("contact", "counter", "gauge", "text"),
    source=_one_of("gpio", "mqtt"),
    urgent=_flag,
    share=_is_positive,
    weight=_is_amount,
    retained=_one_of("baseline", "news", "ignore"),
)
_KINDS = {
    "contact": _shape(settle_open_ms=_is_amount, settle_closed_ms=_is_amount, open=_is_text, closed=_is_text),
    "counter": _shape(resets=_one_of("daily", "never"), significant_change=_is_positive),
    "gauge": _shape(
        decimals=lambda value: _is_amount(value) and value <= 6,
        deadband=_is_amount,
        significant_change=_is_positive,
        low=_is_number,
        high=_is_number,
        stale_ms=_is_amount,
    ),
    "text": _shape(length=_is_amount, stale_ms=_is_amount),
}
_SOURCES = {
    "gpio": _shape(gpio=_is_amount, pull=_one_of("up", "down", "none")),
    "mqtt": _shape(topic=_is_text, qos=_one_of(0, 1, 2), pointer=_is_text),
}
_KINDS_ON_SOURCES = {
    ("contact", "gpio"): _shape(open_level=_flag),
    ("contact", "mqtt"): _shape(open_payloads=_list_of(_is_text), closed_payloads=_list_of(_is_text)),
    ("counter", "gpio"): _shape(width_us=_is_amount, active_level=_flag),
    ("counter", "mqtt"): _shape(counts=_one_of("messages", "total")),
}
_RECEIVER = _shape(
    name=_is_text,
    account=_is_text,
    device=_is_text,
    fingerprint=_is_text,
    pushes=lambda value: _is_amount(value) and value <= _PUSHES_MAX,
)
_WATCH = _RECEIVER | _shape(
    spacing_ms=_is_amount,
    pacing=_one_of("price", "spacing"),
    resets_at_s=lambda value: _is_number(value) and -1 <= value < 86_400,
    fields=_list_of(_object),
)
_MESSAGES = _RECEIVER | _shape(left_open=_list_of(_object))
_LEFT_OPEN = _shape(
    sensor=_is_text, after_ms=_is_amount, message=_is_text, closed=_is_text, priority=_one_of(-2, -1, 0, 1)
)
_FIELD = _shape(name=_one_of(*FIELD_NAMES), parts=_list_of(_is_part))
