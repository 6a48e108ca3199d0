"""The book as JSON-able values for people and pages: no token, and of a user key only its first characters."""

import time
from typing import Any

from pushglance.watchface import draw_complications, draw_watch

from .records import Arrival, Message, Request, shorten
from .state_store import StateStore
from .watch import Watch

PUSHES_SHOWN = 12
TOTALS = (
    "requests",
    "arrived",
    "messages",
    "shown",
    "not_shown",
    "refused",
    "faults",
    "connections",
    "connections_most",
)


def describe_everything(book: StateStore) -> dict[str, Any]:
    """Return all that `state.json` tells, every arrival and request included."""
    with book.lock:
        return _describe(book) | {
            "now_ms": book.now_ms(),
            "messages": [describe_message(message) for message in book.messages],
            "arrivals": [describe_arrival(arrival) for arrival in book.arrivals],
            "requests": [_describe_request(request) for request in book.requests],
        }


def describe_live(book: StateStore) -> dict[str, Any]:
    """Return what the page shows: each watch with its drawing and its last pushes."""
    with book.lock:
        state = _describe(book)
        clock = time.strftime("%H:%M", time.localtime(book.now_ms() / 1000))
        for shown, ((user, device), watch) in zip(state["watches"], book.watches.items(), strict=True):
            shown["face"] = draw_watch(watch.screen, clock=clock)
            shown["complications"] = [one._asdict() for one in draw_complications(watch.screen)]
            shown["pushes"] = _last_pushes(book, user, device)
        state["blank"] = draw_watch({}, clock=clock)
        state["messages"] = [describe_message(message) for message in book.messages][: -PUSHES_SHOWN - 1 : -1]
        state["troubles"] = _last_troubles(book)
        return state


def describe_arrival(arrival: Arrival) -> dict[str, Any]:
    """Return one arrival with its user shortened."""
    return {
        "at_ms": arrival.at_ms,
        "user": shorten(arrival.user),
        "device": arrival.device,
        "fields": arrival.fields,
        "has_changed": arrival.has_changed,
        "was_shown": arrival.was_shown,
        "spent": arrival.spent,
        "request": arrival.request_id,
    }


def describe_message(message: Message) -> dict[str, Any]:
    """Return one message with its user shortened."""
    return {
        "at_ms": message.at_ms,
        "user": shorten(message.user),
        "device": message.device,
        "text": message.text,
        "title": message.title,
        "priority": message.priority,
    }


def describe_totals(book: StateStore) -> dict[str, int]:
    """Return what was counted since the start."""
    return {name: book.totals[name] for name in TOTALS}


def _describe(book: StateStore) -> dict[str, Any]:
    now_ms = book.now_ms()
    watches = book.watches.items()
    return {
        "limit": book.limit,
        "watches": [_describe_watch(user, device, watch, now_ms) for (user, device), watch in watches],
        "warnings": [
            {"sentence": sentence, "times": times, "at_ms": at_ms}
            for sentence, (times, at_ms) in reversed(book.warnings.items())
        ],
        "faults": book.waiting_faults(),
        "held": book.held,
        "connections_open": book.connections_open,
        "totals": describe_totals(book),
    }


def _describe_watch(user: str, device: str, watch: Watch, now_ms: int) -> dict[str, Any]:
    return {
        "user": shorten(user),
        "device": device,
        "fields": dict(watch.screen),
        "spent": watch.spent(now_ms),
        "most": watch.most,
        "shows_again_ms": watch.shows_again_ms(now_ms),
    }


def _describe_request(request: Request) -> dict[str, Any]:
    return {
        "at_ms": request.at_ms,
        "path": request.path,
        "connection": request.connection,
        "status": request.status,
        "errors": list(request.errors),
        "fault": request.fault,
        "arrived": request.arrival is not None,
    }


def _last_pushes(book: StateStore, user: str, device: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for arrival in reversed(book.arrivals):
        if arrival.user == user and arrival.device in ("", device):
            found.append(describe_arrival(arrival))
            if len(found) == PUSHES_SHOWN:
                break
    return found


def _last_troubles(book: StateStore) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for request in reversed(book.requests):
        if request.fault or request.errors:
            found.append(_describe_request(request))
            if len(found) == PUSHES_SHOWN:
                break
    return found
