"""Proposals made of the messages themselves, for whatever is not announced to Home Assistant."""

from collections.abc import Iterator

from .availability import availability_of, says_availability
from .details import is_detail_name
from .known_values import keys_of_known, known_value, payload_keys
from .payload_values import decimals_of, tree_of, values_in, words_of
from .proposal import Heard, Keys, Proposal
from .topic_devices import device_namer, is_discovery, is_hidden
from .words import class_of_name

SEPARATOR = "\0"  # between a topic and the id of one of several devices that share it; no topic contains it
_ONLY_VALUE = ("/value", "/val", "/v")  # pointers that say nothing: the topic has the name


def proposals_from_messages(heard: Heard) -> Iterator[Proposal]:
    """Yield a proposal for each value of each message."""
    name = device_namer(heard)
    for key, payload in heard.items():
        topic, _, identity = key.partition(SEPARATOR)
        if is_hidden(topic) or is_discovery(topic, payload) or says_availability(topic, payload):
            continue
        where, shared_device = _where(payload, identity)
        for pointer, text in values_in(payload):
            device, rest = name(topic)
            if rest is None:
                device, rest = _device_of(topic, pointer)
            named = "" if rest and pointer in _ONLY_VALUE else pointer
            aspect = " ".join(part for part in (rest, *named.split("/")) if part)
            yield _proposal(topic, pointer, text, shared_device or device, aspect, where, heard)


def _device_of(topic: str, pointer: str) -> tuple[str, str]:
    """Return the device of a topic of no known scheme, and the rest of the topic.

    A topic with a JSON object is a device, others are its values; a number alone does not name a device.
    """
    *above, last = topic.split("/")
    if not above or (pointer and pointer not in _ONLY_VALUE):
        return last, ""
    names = [level for level in above if not level.isdecimal()]
    return (names or above)[-1], last


def _where(payload: bytes, identity: str) -> tuple[Keys, str]:
    """Return the rule that selects one of several devices on a topic, and what it is called."""
    tree = tree_of(payload) if identity else None
    if not isinstance(tree, dict):
        return {}, ""
    number = str(tree["id"])
    return {"where": {"/id": int(number) if number.isdecimal() else number}}, f"{tree['model']} {number}"


def _proposal(topic: str, pointer: str, text: str, device: str, aspect: str, where: Keys, heard: Heard) -> Proposal:
    availability = availability_of(topic, heard)
    extra = where | ({"availability": availability} if availability else {})
    parts = topic.split("/")
    if len(parts) == 4 and parts[0] == "pushglance" and parts[2] == "sensor":
        kind = "contact" if text in ("open", "closed") else "text" if decimals_of(text) is None else "gauge"
        keys: Keys = {"kind": kind, "node": parts[1], "sensor": parts[3]}
        if kind == "gauge" and (decimals := decimals_of(text)):
            keys["decimals"] = decimals
        return Proposal(parts[1], parts[3], keys, text)
    known = known_value(topic, pointer, text)
    if known is not None:
        return Proposal(device, aspect, keys_of_known(known, topic, pointer, text) | extra, text, known.is_detail)
    keys = {"mqtt": topic} | ({"value": pointer} if pointer else {})
    words = words_of(text)
    decimals = decimals_of(text)
    name = aspect.rpartition("/")[2] if not pointer else aspect
    is_detail = is_detail_name(name)
    device_class = class_of_name(aspect, text) or class_of_name(f"{device} {aspect}", text)
    if text in ("0", "1") and pointer and not class_of_name(aspect, text):
        words = None  # a number in a report is rather a count than a state
    if words is not None:
        keys = {"kind": "contact"} | keys | payload_keys(*words)
        keys |= {"device_class": device_class} if device_class else {}
    elif decimals is not None:
        keys = {"kind": "gauge"} | keys | ({"decimals": decimals} if decimals else {})
    else:
        keys = {"kind": "text"} | keys
        is_detail = is_detail or bool(pointer)
    is_meaning_known = words is None or text.lower() in ("open", "close", "closed")
    return Proposal(device, aspect, keys | extra, text, is_detail, is_meaning_known)
