"""The state as JSON-able values for users and pages: no tokens, and only the first characters of user keys."""

import time
from itertools import islice
from typing import Any

from pushglance.watchface import draw_complications, draw_watch

from .records import Arrival, ReceivedMessage, Request, shorten
from .state_store import StateStore
from .watch_screen import WatchScreen

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


def describe_state(store: StateStore) -> dict[str, Any]:
    """Return the content of `state.json`, with every arrival and request."""
    store.refresh()
    with store.lock:
        return _describe(store) | {
            "now_ms": store.now_ms(),
            "messages": [describe_message(message) for message in store.messages],
            "arrivals": [describe_arrival(arrival) for arrival in store.arrivals],
            "requests": [_describe_request(request) for request in store.requests],
        }


def describe_page(store: StateStore) -> dict[str, Any]:
    """Return what the page shows: each watch with its drawings and last pushes."""
    store.refresh()
    with store.lock:
        state = _describe(store)
        clock = time.strftime("%H:%M", time.localtime(store.now_ms() / 1000))
        for entry, ((user, device), watch) in zip(state["watches"], store.watches.items(), strict=True):
            entry["face"] = draw_watch(watch.screen, clock=clock)
            entry["complications"] = [drawing._asdict() for drawing in draw_complications(watch.screen)]
            entry["pushes"] = _last_pushes(store, user, device)
        state["blank"] = draw_watch({}, clock=clock)
        state["messages"] = [describe_message(message) for message in store.messages][: -PUSHES_SHOWN - 1 : -1]
        state["failures"] = _last_failures(store)
        return state


def describe_arrival(arrival: Arrival) -> dict[str, Any]:
    """Return one arrival, with its user key shortened."""
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


def describe_message(message: ReceivedMessage) -> dict[str, Any]:
    """Return one message, with its user key shortened."""
    return {
        "at_ms": message.at_ms,
        "user": shorten(message.user),
        "device": message.device,
        "text": message.text,
        "title": message.title,
        "priority": message.priority,
    }


def describe_totals(store: StateStore) -> dict[str, int]:
    """Return the counts since the start."""
    return {name: store.totals[name] for name in TOTALS}


def _describe(store: StateStore) -> dict[str, Any]:
    now_ms = store.now_ms()
    watches = store.watches.items()
    return {
        "limit": store.limit,
        "resets_at": store.resets_at,
        "quota_left": store.quota_left(),
        "watches": [_describe_watch(user, device, watch, now_ms) for (user, device), watch in watches],
        "warnings": [
            {"text": warning, "times": times, "at_ms": at_ms}
            for warning, (times, at_ms) in reversed(store.warnings.items())
        ],
        "faults": store.queued_faults(),
        "held": store.held,
        "connections_open": store.connections_open,
        "totals": describe_totals(store),
    }


def _describe_watch(user: str, device: str, watch: WatchScreen, now_ms: int) -> dict[str, Any]:
    return {
        "user": shorten(user),
        "device": device,
        "fields": dict(watch.screen),
        "spent": watch.spent(now_ms),
        "most": watch.most_spent,
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


def _last_pushes(store: StateStore, user: str, device: str) -> list[dict[str, Any]]:
    pushes = (push for push in reversed(store.arrivals) if push.user == user and push.device in ("", device))
    return [describe_arrival(push) for push in islice(pushes, PUSHES_SHOWN)]


def _last_failures(store: StateStore) -> list[dict[str, Any]]:
    failures = (request for request in reversed(store.requests) if request.fault or request.errors)
    return [_describe_request(request) for request in islice(failures, PUSHES_SHOWN)]
