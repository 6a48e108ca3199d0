"""A third party at the broker: hears everything, remembers it in order, and knows what a newcomer would be told."""

import threading

from paho.mqtt.client import CallbackAPIVersion, Client
from paho.mqtt.enums import MQTTProtocolVersion

WAIT_S = 40  # a board on a busy machine takes its time


class Listener:
    """Subscribe to everything and keep every message as (topic, payload)."""

    def __init__(self, broker, topic="#", version=MQTTProtocolVersion.MQTTv311):
        self.heard = []
        self.last = {}
        self._changed = threading.Condition()
        self._is_subscribed = threading.Event()
        self._client = Client(CallbackAPIVersion.VERSION2, protocol=version)
        self._client.on_connect = lambda client, *_: client.subscribe(topic, 1)
        self._client.on_subscribe = lambda *_: self._is_subscribed.set()
        self._client.on_message = self._hear
        self._client.reconnect_delay_set(0.1, 0.5)
        self._client.connect(broker.host, broker.port)
        self._client.loop_start()
        assert self._is_subscribed.wait(WAIT_S)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._client.disconnect()
        self._client.loop_stop()

    def _hear(self, _client, _userdata, message):
        with self._changed:
            self.heard.append((message.topic, message.payload.decode()))
            self.last[message.topic] = message.payload.decode()
            self._changed.notify_all()

    def say(self, topic, payload, *, retain=False):
        """Publish one message as somebody else would."""
        self._client.publish(topic, payload, qos=1, retain=retain).wait_for_publish(WAIT_S)

    def wait(self, topic, payload):
        """Wait until the newest message of a topic is this one."""
        self.wait_until(lambda: self.last.get(topic) == payload)

    def wait_until(self, is_so):
        """Wait until something is so that only messages change."""
        with self._changed:
            assert self._changed.wait_for(is_so, WAIT_S), self.heard[-40:]

    def of(self, topic):
        """Return all payloads of one topic in order."""
        with self._changed:
            return [payload for heard, payload in self.heard if heard == topic]

    def forget(self):
        """Drop everything heard so far."""
        with self._changed:
            self.heard.clear()
            self.last.clear()
