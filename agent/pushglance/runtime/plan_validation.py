"""Validate the Plan that the daemon receives: it may come from another version or be edited by hand.

`core/plan_types.py` describes the types. They are checked before anything is built from a Plan, so that an invalid one
gives one clear error at start.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pushglance.core.plan_types import PLAN_VERSION
from pushglance.core.push.glance import FIELD_NAMES
from pushglance.errors import PushglanceError

from .inputs.sources import SOURCES
from .plan_shapes import (
    Shape,
    fits_options,
    has_shape,
    is_amount,
    is_flag,
    is_number,
    is_object,
    is_positive,
    is_text,
    list_of,
    one_of,
    shape,
)

if TYPE_CHECKING:
    from pushglance.core.plan_types import Plan

_PUSHES_MAX = 50


def check_plan(plan: Any) -> "Plan":
    """Return `plan` if it is valid. Raises PushglanceError with a message that names what is wrong."""
    if not isinstance(plan, dict) or plan.get("version") != PLAN_VERSION:
        version = plan.get("version") if isinstance(plan, dict) else None
        raise PushglanceError(
            f"this plan has version {version!r}, this pushglance needs version {PLAN_VERSION}: compile it again"
        )
    _require(plan, _PLAN, "plan")
    if "log_level" in plan:
        _require(plan, shape(log_level=one_of("debug", "warning", "error")), "plan")
    if "page" in plan:
        _require(plan["page"], _PAGE, "page")
    if "cluster" in plan:
        _require(plan["cluster"], _CLUSTER, "cluster")
    for number, sensor in enumerate(plan["sensors"]):
        _check_sensor(sensor, f"sensors[{number}]")
    kinds = {sensor["name"]: sensor["kind"] for sensor in plan["sensors"]}
    _check_members(plan["sensors"], kinds)
    for number, watch in enumerate(plan["watches"]):
        _check_watch(watch, kinds, f"watches[{number}]")
    if plan["messages"] is not None:
        _check_messages(plan["messages"], kinds)
    for receiver in [*plan["watches"], *([plan["messages"]] if plan["messages"] else [])]:
        if not is_text(plan["secrets"]["users"].get(receiver["name"])):
            raise _error(f"{receiver['name']} has no user")
    valid: Plan = plan  # type: ignore[assignment]  # every key was checked
    return valid


def _check_sensor(sensor: Any, where: str) -> None:
    _require(sensor, _SENSOR, where)
    kind, source = sensor["kind"], sensor["source"]
    expected = SOURCES[source].shape(kind)
    if expected is None:
        raise _error(f"{where} is a {kind}, which the source {source} cannot provide")
    _require(sensor, {**KIND_SHAPES[kind], **expected}, where)
    invalid = fits_options(sensor, {"age": is_flag, **KIND_OPTIONS.get(kind, {}), **SOURCES[source].options(kind)})
    if invalid:
        raise _error(f"{where} has no valid {invalid}")
    if "node" in sensor:
        _require(sensor, shape(node=is_text, status_topic=is_text), where)
    if kind == "gauge" and sensor["low"] >= sensor["high"]:
        raise _error(f"{where} has low above high")


def _check_members(sensors: Any, kinds: Mapping[str, str]) -> None:
    for number, sensor in enumerate(sensors):
        if any(kinds.get(name) in (None, "group") for name in sensor.get("members", ())):
            raise _error(f"sensors[{number}] is a group of an unknown sensor")


def _check_watch(watch: Any, kinds: Mapping[str, str], where: str) -> None:
    _require(watch, _WATCH, where)
    for field in watch["fields"]:
        _require(field, _FIELD, where)
        if not all(isinstance(part, str) or part[0] in kinds for part in field["parts"]):
            raise _error(f"{where} shows an unknown sensor")


def _check_messages(messages: Any, kinds: Mapping[str, str]) -> None:
    _require(messages, _MESSAGES, "messages")
    for rule in messages["left_open"]:
        _require(rule, _LEFT_OPEN, "messages")
        if kinds.get(rule["sensor"]) != "contact":
            raise _error("messages are about an unknown contact")


def _require(value: Any, shape: Shape, where: str) -> None:
    if not isinstance(value, dict):
        raise _error(f"{where} is not an object")
    for key, is_valid in shape.items():
        if key not in value or not is_valid(value[key]):
            raise _error(f"{where} has no valid {key}")


def _error(detail: str) -> PushglanceError:
    return PushglanceError(f"this plan cannot be used ({detail}): compile it again")


def _is_part(value: Any) -> bool:
    return is_text(value) or (isinstance(value, list) and len(value) in {2, 3} and all(is_text(item) for item in value))


_SECRETS = shape(token=is_text, users=is_object, mqtt_password=is_text)
_PUSHOVER = shape(url=is_text, connect_ms=is_amount, read_ms=is_amount, ca_file=is_text)
_MQTT = shape(
    host=is_text,
    port=is_amount,
    version=one_of("auto", "3.1.1", "5"),
    username=is_text,
    client_id=is_text,
    keepalive_s=is_amount,
    outage_ms=is_positive,
    tls=is_flag,
    ca_file=is_text,
    cert_file=is_text,
    key_file=is_text,
)
_NODE = shape(
    name=is_text,
    root=is_text,
    announcement_topic=is_text,
    announcement=lambda value: isinstance(value, str),
    birth_topic=is_text,
    commands=list_of(one_of("push-now", "pause", "set-total")),
)
_PAGE = shape(
    actions=list_of(one_of("push-now", "pause")),
    classes=lambda value: isinstance(value, dict) and all(map(is_text, value.values())),
    units=lambda value: isinstance(value, dict) and all(map(is_text, value.values())),
)
_CLUSTER = shape(
    url=is_text,
    username=is_text,
    hub=is_text,
    lease_ms=is_positive,
    trust=one_of("checked", "always"),
    replicas=is_amount,
    ca_file=is_text,
)
_PLAN = shape(
    sensors=list_of(is_object),
    watches=list_of(is_object),
    messages=lambda value: value is None or isinstance(value, dict),
    pushover=lambda value: has_shape(value, _PUSHOVER) and is_text(value.get("proxy", "")),
    mqtt=lambda value: value is None or has_shape(value, _MQTT),
    node=lambda value: value is None or has_shape(value, _NODE),
    gpio=lambda value: has_shape(value, shape(factory=is_text)),
    clock=one_of("synchronised", "always"),
    hand=is_text,
    secrets=lambda value: has_shape(value, _SECRETS) and is_text(value.get("proxy", "")),
)
# One row for each kind: the keys that it adds to a sensor's Plan. Those of the sources are in inputs/sources.py.
KIND_SHAPES: dict[str, Shape] = {
    "contact": shape(settle_open_ms=is_amount, settle_closed_ms=is_amount, open=is_text, closed=is_text),
    "counter": shape(resets=one_of("daily", "never"), significant_change=is_positive),
    "gauge": shape(
        decimals=lambda value: is_amount(value) and value <= 6,
        deadband=is_amount,
        significant_change=is_positive,
        low=is_number,
        high=is_number,
    ),
    "text": shape(length=is_amount),
    "group": shape(
        combine=one_of("any_open", "count", "names", "sum", "min", "max", "mean", "door"),
        ignores_unknown=is_flag,
        open=is_text,
        closed=is_text,
        decimals=lambda value: is_amount(value) and value <= 6,
        significant_change=is_amount,
    ),
}
_VALID = shape(min=is_number, max=is_number, max_step=is_positive)
_RATE = shape(
    per_ms=is_positive,
    over_ms=is_positive,
    factor=is_number,
    divisor=is_positive,
    decimals=lambda value: is_amount(value) and value <= 6,
)
_NUMBER_OPTIONS = shape(
    decimals=lambda value: is_amount(value) and value <= 6,
    linear=lambda value: list_of(is_number)(value) and len(value) == 3 and value[2] > 0,
    valid=lambda value: isinstance(value, dict) and set(value) <= set(_VALID) and not fits_options(value, _VALID),
)
_TEXT_OPTIONS = shape(map=lambda value: isinstance(value, dict) and all(is_text(word) for word in value.values()))
# Keys that a kind adds to a sensor's Plan only where they change something.
KIND_OPTIONS: dict[str, Shape] = {
    "contact": shape(
        threshold=lambda value: list_of(is_number)(value) and len(value) == 3, hold_ms=is_positive, since=is_text
    ),
    "counter": _NUMBER_OPTIONS | shape(rate=lambda value: has_shape(value, _RATE)),
    "gauge": _NUMBER_OPTIONS,
    "text": _TEXT_OPTIONS,
    "group": shape(moving=is_text, open_one=is_text),
}
_SENSOR = shape(
    name=is_text,
    kind=one_of(*KIND_SHAPES),
    source=one_of(*SOURCES),
    urgent=is_flag,
    share=is_positive,
    weight=is_amount,
    retained=one_of("baseline", "news", "ignore"),
)
_RECEIVER = shape(
    name=is_text,
    account=is_text,
    device=is_text,
    fingerprint=is_text,
    pushes=lambda value: is_amount(value) and value <= _PUSHES_MAX,
)
_WATCH = _RECEIVER | shape(
    spacing_ms=is_amount,
    pacing=one_of("price", "spacing"),
    resets_at_s=lambda value: is_number(value) and -1 <= value < 86_400,
    fields=list_of(is_object),
)
_MESSAGES = _RECEIVER | shape(left_open=list_of(is_object))
_LEFT_OPEN = shape(sensor=is_text, after_ms=is_amount, message=is_text, closed=is_text, priority=one_of(-2, -1, 0, 1))
_FIELD = shape(name=one_of(*FIELD_NAMES), parts=list_of(_is_part))
