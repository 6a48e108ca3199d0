"""A paho client made from a Plan, and sentences for what a broker answers."""

import ssl
from typing import TYPE_CHECKING, Any, TypeVar

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from .publish_packets import MqttStream

if TYPE_CHECKING:
    from pushglance.core.plan_types import MqttPlan
    from pushglance.runtime.node.publish_queue import Message

_Kind = TypeVar("_Kind", bound=Client)
_AUTO = "auto"  # 5, and 3.1.1 where the broker refuses that
_PROTOCOLS = {
    "3.1.1": MQTTProtocolVersion.MQTTv311,
    "5": MQTTProtocolVersion.MQTTv5,
    _AUTO: MQTTProtocolVersion.MQTTv5,
}
_RECEIVE_MAX = 65_535  # MQTT 5, 3.1.2.11.3
_CONNECT_TIMEOUT_S = 5.0  # for TCP, and again for the TLS handshake
_BAD_PASSWORD, _NOT_AUTHORIZED, _BANNED = 134, 135, 138  # MQTT 5, table 3-1; paho translates 3.1.1 to them
SESSION_TAKEN_OVER = 142
_BAD_CLIENT_ID, _BAD_VERSION, _BAD_METHOD = 133, 132, 140

# What only a person can mend is asked again slowly.
NEEDS_A_PERSON = frozenset({_BAD_PASSWORD, _NOT_AUTHORIZED, _BANNED, _BAD_CLIENT_ID, _BAD_VERSION, _BAD_METHOD})


class StreamClient(Client):
    """A client whose socket is an `MqttStream`: paho has no other way to put anything between itself and its socket."""

    def _create_socket(self) -> Any:
        return MqttStream(super()._create_socket(), has_properties=self.protocol == MQTTProtocolVersion.MQTTv5)

    def stream(self) -> MqttStream | None:
        """Return the connection, or None while there is none."""
        stream: Any = self.socket()
        assert stream is None or isinstance(stream, MqttStream), stream
        return stream


def build_client(mqtt: "MqttPlan", password: str, will: "Message | None" = None) -> StreamClient:
    """Return a client that knows where to connect, as whom and with which last will; TLS is added by `tls_context`."""
    return _build(StreamClient, mqtt, password, will)


def build_plain_client(mqtt: "MqttPlan", password: str) -> Client:
    """Return paho's own client, which its `loop` serves: for a command's short look at a broker."""
    return _build(Client, mqtt, password, None)


def _build(kind: type[_Kind], mqtt: "MqttPlan", password: str, will: "Message | None") -> _Kind:
    client = kind(
        CallbackAPIVersion.VERSION2,
        client_id=mqtt["client_id"],
        protocol=_PROTOCOLS[mqtt["version"]],
        reconnect_on_failure=False,  # or paho reconnects by itself inside a read, to downgrade to MQTT 3.1
    )
    client.connect_timeout = _CONNECT_TIMEOUT_S
    if mqtt["username"]:
        client.username_pw_set(mqtt["username"], password or None)
    if will is not None:
        client.will_set(will.topic, will.payload, qos=1, retain=will.is_retained)
    client.connect_async(mqtt["host"], mqtt["port"], mqtt["keepalive_s"], properties=_window(client))
    return client


def _window(client: Client) -> Properties | None:
    """Return what lets the broker have as many messages on their way to us as there are numbers for.

    With MQTT 3.1.1 there is no such word: mosquitto's 20, and the 1000 that wait behind them, are full within
    milliseconds of a burst, and what it then drops are the newest.
    """
    if client.protocol != MQTTProtocolVersion.MQTTv5:
        return None
    connect = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    connect.ReceiveMaximum = _RECEIVE_MAX
    return connect


def tls_context(mqtt: "MqttPlan") -> ssl.SSLContext:
    """Return a context that verifies the broker's certificate and name; raises OSError for files it cannot use."""
    context = ssl.create_default_context(cafile=mqtt["ca_file"] or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2  # Python's default, but a system may have lowered it
    if mqtt["cert_file"]:
        # With a password given, a key that has one fails; without, OpenSSL would ask for it on the terminal.
        context.load_cert_chain(mqtt["cert_file"], mqtt["key_file"] or None, password="")
    return context


def fallback_version(mqtt: "MqttPlan", answer: ReasonCode | None) -> "MqttPlan | None":
    """Return what to try next at a broker that refused MQTT 5, where the version was left to us; else None.

    `answer` is None of a broker that hung up without one, as those do that have never heard of MQTT 5.
    """
    is_refused = answer is None or answer.value == _BAD_VERSION
    return {**mqtt, "version": "3.1.1"} if is_refused and mqtt["version"] == _AUTO else None


def why_refused(mqtt: "MqttPlan", answer: ReasonCode) -> str:
    """Return a sentence about a CONNACK that was a refusal."""
    broker = f"The MQTT broker {mqtt['host']}:{mqtt['port']}"
    if answer.value in {_BAD_PASSWORD, _NOT_AUTHORIZED}:
        who = f"user {mqtt['username']!r}" if mqtt["username"] else "a client without a user name"
        return f"{broker} refuses {who} ({answer}): check [mqtt] username and password."
    if answer.value == _BAD_VERSION:
        return f'{broker} does not speak MQTT {mqtt["version"]}: write another [mqtt] version, "3.1.1" or "5".'
    if answer.value == _BAD_CLIENT_ID:
        return f"{broker} refuses the client id {mqtt['client_id']!r}: write another [mqtt] client_id."
    return f"{broker} refuses the connection: {answer}."


def disconnect_reason(mqtt: "MqttPlan") -> str:
    """Return a sentence about connections that the broker takes and ends at once."""
    broker = f"The MQTT broker {mqtt['host']}:{mqtt['port']}"
    return (
        f"{broker} ends each connection of {mqtt['client_id']!r} soon after it was made: another client seems to have "
        "the same id. Give each its own name in [node], or its own [mqtt] client_id."
    )


def why_unreachable(mqtt: "MqttPlan", error: Exception) -> str:
    """Return a sentence about a connection that could not be made."""
    broker = f"the MQTT broker {mqtt['host']}:{mqtt['port']}"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"The certificate of {broker} cannot be trusted: {error.verify_message}. Check [mqtt] ca_file and host."
    if isinstance(error, ssl.SSLError):
        return f"TLS with {broker} fails: {error}. Check [mqtt] port, tls, ca_file, cert_file and key_file."
    return f"There is no way to {broker}: {error}."
