"""A short search, on a separate connection, for topics that are near those on which nothing arrives.

A separate connection, because some brokers end a connection that subscribes to what it may not read.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING

from pushglance.runtime.diagnostics.near_topics import NearTopics
from pushglance.runtime.inputs.mqtt.client.mqtt_client import build_client
from pushglance.runtime.inputs.mqtt.client.short_session import serve

if TYPE_CHECKING:
    import ssl

    from pushglance.core.plan_types import MqttPlan
    from pushglance.runtime.inputs.mqtt.packets.mqtt_packets import PublishPacket

    from .topic_router import TopicRouter

_AGAIN_MS = 6 * 3_600_000
SECONDS = 10.0
MESSAGES_MAX = 20_000


class TopicSearch:
    """Search in a thread, at most every six hours, and report what was found."""

    def __init__(self, router: "TopicRouter", password: str, now_ms: Callable[[], int]) -> None:
        self._router = router
        self._password = password
        self._now_ms = now_ms
        self._next_ms: int | None = None
        self._is_cancelled = False

    def start_if_due(self, mqtt: "MqttPlan", tls: "ssl.SSLContext | None") -> None:
        """Start a search unless there was one in the last hours."""
        now_ms = self._now_ms()
        if (self._next_ms is None or now_ms >= self._next_ms) and not self._is_cancelled:
            self._next_ms = now_ms + _AGAIN_MS
            Thread(target=self._run, args=(mqtt, tls), name="mqtt-search", daemon=True).start()

    def cancel(self) -> None:
        """End a search within a moment."""
        self._is_cancelled = True

    def _run(self, mqtt: "MqttPlan", tls: "ssl.SSLContext | None") -> None:
        wanted = self._router.unheard_topics()
        near = search_near_topics(mqtt, self._password, tls, wanted, is_cancelled=lambda: self._is_cancelled)
        if not self._is_cancelled:
            self._router.on_search(near, mqtt)


def search_near_topics(
    mqtt: "MqttPlan",
    password: str,
    tls: "ssl.SSLContext | None",
    wanted: Iterable[str],
    seconds: float = SECONDS,
    is_cancelled: Callable[[], bool] = lambda: False,
    on_message: "Callable[[PublishPacket], None]" = lambda _: None,
) -> NearTopics:
    """Listen to all topics for some seconds; without a connection, or without the right, nothing is heard."""
    near = NearTopics(wanted)

    def add(message: "PublishPacket") -> None:
        if message.topic is not None:
            near.add(message.topic)
            on_message(message)

    client = build_client({**mqtt, "client_id": f"{mqtt['client_id']}-search"}, password)
    if tls is not None:
        client.tls_set_context(tls)
    client.on_connect = lambda client, _data, _flags, reason, _properties: (
        None if reason.is_failure else client.subscribe("#")
    )
    # An error ends the search: this connection must not disturb anything, and the other one reports errors.
    with suppress(Exception):
        client.reconnect()
        serve(client, seconds, lambda: is_cancelled() or near.heard >= MESSAGES_MAX, add)
    with suppress(Exception):
        client.disconnect()
    return near
