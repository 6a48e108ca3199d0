"""Another MQTT client at the broker, which records every message in order."""

import threading

from paho.mqtt.client import CallbackAPIVersion, Client
from paho.mqtt.enums import MQTTProtocolVersion

TIMEOUT_S = 40  # an emulated board is slow on a busy machine


class Listener:
    """An MQTT client that records each message as (topic, payload), and the last payload of each topic."""

    def __init__(self, broker, topic="#", version=MQTTProtocolVersion.MQTTv311):
        self.messages = []
        self.last = {}
        self._changed = threading.Condition()
        self._is_subscribed = threading.Event()
        self._client = Client(CallbackAPIVersion.VERSION2, protocol=version)
        self._client.on_connect = lambda client, *_: client.subscribe(topic, 1)
        self._client.on_subscribe = lambda *_: self._is_subscribed.set()
        self._client.on_message = self._on_message
        self._client.reconnect_delay_set(0.1, 0.5)  # type: ignore[arg-type] # paho accepts floats
        self._client.connect(broker.host, broker.port)
        self._client.loop_start()
        assert self._is_subscribed.wait(TIMEOUT_S)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._client.disconnect()
        self._client.loop_stop()

    def _on_message(self, _client, _userdata, message):
        with self._changed:
            self.messages.append((message.topic, message.payload.decode()))
            self.last[message.topic] = message.payload.decode()
            self._changed.notify_all()

    def publish(self, topic, payload, *, retain=False):
        """Publish one message and wait until the broker has it."""
        self._client.publish(topic, payload, qos=1, retain=retain).wait_for_publish(TIMEOUT_S)

    def wait_for(self, topic, payload):
        """Wait until the newest message of a topic is this one."""
        self.wait_until(lambda: self.last.get(topic) == payload)

    def wait_until(self, condition):
        """Wait until a condition on the messages is true."""
        with self._changed:
            assert self._changed.wait_for(condition, TIMEOUT_S), self.messages[-40:]

    def payloads_of(self, topic):
        """Return all payloads of one topic in order."""
        with self._changed:
            return [payload for name, payload in self.messages if name == topic]

    def clear(self):
        """Discard all recorded messages."""
        with self._changed:
            self.messages.clear()
            self.last.clear()
